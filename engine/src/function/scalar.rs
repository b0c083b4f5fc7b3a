//! A function of a row's values, computed for a batch of rows at a time.

use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// A function by its name, which is all that a plan carries to another machine.
#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) name: &'static str,
    pub(super) signature: Signature,
    pub(super) returns: DataType,
    pub(super) compute: fn(&[ArrayRef]) -> Result<ArrayRef>,
}

impl Scalar {
    /// A function of `arguments` values of any type.
    pub(super) fn of_any(
        name: &'static str,
        arguments: usize,
        returns: DataType,
        compute: fn(&[ArrayRef]) -> Result<ArrayRef>,
    ) -> Self {
        Self {
            name,
            signature: Signature::any(arguments, Volatility::Immutable),
            returns,
            compute,
        }
    }

    /// A function of one text.
    pub(super) fn of_text(
        name: &'static str,
        returns: DataType,
        compute: fn(&[ArrayRef]) -> Result<ArrayRef>,
    ) -> Self {
        Self {
            name,
            signature: Signature::string(1, Volatility::Immutable),
            returns,
            compute,
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Scalar {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let of_one = arguments
            .args
            .iter()
            .all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let result = (self.compute)(&arrays)?;
        if of_one && result.len() == 1 && rows != 1 {
            let one = datafusion::common::ScalarValue::try_from_array(&result, 0)?;
            return Ok(ColumnarValue::Scalar(one));
        }
        Ok(ColumnarValue::Array(result))
    }
}
