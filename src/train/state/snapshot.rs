//! A snapshot: all that a state holds, taken between two updates and written while training goes on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn::backend::Flex;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;

use super::Position;
use crate::model::{Clip, NamedTensor, on_flex};
use crate::train::Learner;

/// The file of weights, without its ending.
pub(super) const WEIGHTS: &str = "weights";
/// The file of the optimiser's moments.
pub(super) const MOMENTS: &str = "moments";

/// Position and tensors of one moment.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) position: Position,
    /// By the name of their file, without its ending.
    pub(super) files: BTreeMap<String, BTreeMap<String, Held>>,
}

/// One tensor as it was.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) shape: Vec<usize>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// Shared with training on the CPU: the next update finds them shared and changes a copy.
    Shared(FlexTensor),
    /// Of a GPU, where a second copy may have no room; or somebody's who gave them away.
    Own(Vec<f32>),
}

impl Snapshot {
    /// The learner as it is at `position`.
    #[must_use]
    pub fn new(position: &Position, learner: &Learner) -> Self {
        let empty = Self {
            position: position.clone(),
            files: BTreeMap::new(),
        };
        let moments = learner.adamw.tensors();
        empty
            .with_model(WEIGHTS, learner.model())
            .with_tensors(MOMENTS, moments)
    }

    /// The same with a model in a further file.
    ///
    /// # Panics
    /// When a file of that name is there.
    #[must_use]
    pub fn with_model(self, name: &str, model: &Clip) -> Self {
        let mut walk = Walk {
            path: Vec::new(),
            found: BTreeMap::new(),
        };
        model.visit(&mut walk);
        self.with(name, walk.found)
    }

    /// The same with tensors of any device in a further file.
    ///
    /// # Panics
    /// As [`with_model`](Self::with_model).
    #[must_use]
    pub fn with_tensors(
        self,
        name: &str,
        tensors: impl IntoIterator<Item = (String, Tensor<1>)>,
    ) -> Self {
        let held = tensors
            .into_iter()
            .map(|(name, tensor)| (name, Held::new(tensor)));
        self.with(name, held.collect())
    }

    /// The same with arrays of the host in a further file.
    ///
    /// # Panics
    /// As [`with_model`](Self::with_model).
    #[must_use]
    pub fn with_arrays(self, name: &str, arrays: BTreeMap<String, NamedTensor>) -> Self {
        let held = arrays.into_iter().map(|(name, array)| {
            let values = Values::Own(array.values);
            let shape = array.shape;
            (name, Held { shape, values })
        });
        self.with(name, held.collect())
    }

    fn with(mut self, name: &str, tensors: BTreeMap<String, Held>) -> Self {
        let before = self.files.insert(name.to_owned(), tensors);
        assert!(before.is_none(), "a state has one file {name}");
        self
    }
}

impl Held {
    fn new<const D: usize>(tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        let tensor = tensor.inner();
        let values = if on_flex(&tensor.device()) {
            let tensor = tensor.try_into_primitive::<Flex>();
            Values::Shared(tensor.expect("it is on that backend").to_contiguous())
        } else {
            let values = tensor.into_data().try_into_vec();
            Values::Own(values.expect("what is trained is f32"))
        };
        Self { shape, values }
    }

    fn values(&self) -> &[f32] {
        match &self.values {
            Values::Shared(tensor) => tensor.as_slice().expect("it is contiguous f32"),
            Values::Own(values) => values,
        }
    }

    pub(super) fn byte_count(&self) -> usize {
        size_of_val(self.values())
    }

    /// The values, little-endian.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        if cfg!(target_endian = "little") {
            return Cow::Borrowed(bytemuck::cast_slice(self.values()));
        }
        let bytes = self.values().iter().flat_map(|value| value.to_le_bytes());
        Cow::Owned(bytes.collect())
    }
}

/// Holds every parameter of a model by its path.
struct Walk {
    path: Vec<String>,
    found: BTreeMap<String, Held>,
}

impl ModuleVisitor for Walk {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found
            .insert(self.path.join("."), Held::new(param.val()));
    }
}
