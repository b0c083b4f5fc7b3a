//! A model as a list of named arrays, and back.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bytes, DType, Shape, Tensor, TensorData};

use super::clip::Clip;

/// One parameter's values on the host, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

/// Walks over a model's parameters and notes something about each by its path.
struct Collect<T, F> {
    path: Vec<String>,
    found: BTreeMap<String, T>,
    note: F,
}

/// What there is to know about a parameter, whatever its rank.
trait AnyTensor {
    fn shape(&self) -> Vec<usize>;
    fn values(&self) -> Vec<f32>;
}

impl<const D: usize> AnyTensor for Param<Tensor<D>> {
    fn shape(&self) -> Vec<usize> {
        self.dims().to_vec()
    }

    fn values(&self) -> Vec<f32> {
        let data = self.val().into_data();
        data.try_into_vec::<f32>().expect("parameters are f32")
    }
}

impl<T, F: Fn(&dyn AnyTensor) -> T> ModuleVisitor for Collect<T, F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.insert(self.path.join("."), (self.note)(param));
    }
}

fn collect<T>(model: &Clip, note: impl Fn(&dyn AnyTensor) -> T) -> BTreeMap<String, T> {
    let mut collect = Collect {
        path: Vec::new(),
        found: BTreeMap::new(),
        note,
    };
    model.visit(&mut collect);
    collect.found
}

/// Every parameter by open_clip's name.
#[must_use]
pub fn parameters(model: &Clip) -> BTreeMap<String, NamedTensor> {
    collect(model, |tensor| NamedTensor {
        shape: tensor.shape(),
        values: tensor.values(),
    })
}

/// Every parameter's name and shape, without its values.
#[must_use]
pub fn names_and_shapes(model: &Clip) -> BTreeMap<String, Vec<usize>> {
    collect(model, |tensor| tensor.shape())
}

/// The model with the values of `parameters`, which must hold every name at its shape.
///
/// # Panics
/// When a name is missing or its values do not fill the shape: callers check with
/// [`names_and_shapes`] first.
#[must_use]
pub fn with_parameters(model: Clip, mut parameters: BTreeMap<String, NamedTensor>) -> Clip {
    let value = |name: &str| {
        let new = parameters
            .remove(name)
            .expect("the caller checked the names");
        Ok::<_, std::convert::Infallible>(Bytes::from_elems(new.values))
    };
    match replaced(model, value) {
        Ok(model) => model,
        Err(never) => match never {},
    }
}

/// The model with the values (f32) that `value` gives for each name, one parameter in memory at a time.
///
/// # Errors
/// The first of `value`'s.
pub(super) fn replaced<E>(
    model: Clip,
    value: impl FnMut(&str) -> Result<Bytes, E>,
) -> Result<Clip, E> {
    struct Replace<F, E> {
        path: Vec<String>,
        value: F,
        failed: Option<E>,
    }
    impl<E, F: FnMut(&str) -> Result<Bytes, E>> ModuleMapper for Replace<F, E> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if self.failed.is_some() {
                return param;
            }
            match (self.value)(&self.path.join(".")) {
                Ok(values) => param.map(|old| {
                    let shape = Shape::from(old.dims().to_vec());
                    let data = TensorData::from_bytes(values, shape, DType::F32);
                    Tensor::from_data(data, &old.device()).set_require_grad(old.is_require_grad())
                }),
                Err(error) => {
                    self.failed = Some(error);
                    param
                }
            }
        }
    }
    let mut replace = Replace {
        path: Vec::new(),
        value,
        failed: None,
    };
    let model = model.map(&mut replace);
    match replace.failed {
        None => Ok(model),
        Some(error) => Err(error),
    }
}
