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
pub fn with_parameters(model: Clip, parameters: BTreeMap<String, NamedTensor>) -> Clip {
    let values = parameters
        .into_iter()
        .map(|(name, tensor)| (name, Bytes::from_elems(tensor.values)));
    with_values(model, values.collect())
}

/// The model with these values, f32 each.
///
/// # Panics
/// As [`with_parameters`].
pub(super) fn with_values(model: Clip, values: BTreeMap<String, Bytes>) -> Clip {
    struct Replace {
        path: Vec<String>,
        values: BTreeMap<String, Bytes>,
    }
    impl ModuleMapper for Replace {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let values = self.values.remove(&self.path.join("."));
            let values = values.expect("the caller checked the names");
            param.map(|old| {
                let shape = Shape::from(old.dims().to_vec());
                let data = TensorData::from_bytes(values, shape, DType::F32);
                Tensor::from_data(data, &old.device()).set_require_grad(old.is_require_grad())
            })
        }
    }
    model.map(&mut Replace {
        path: Vec::new(),
        values,
    })
}
