//! The text tower's ends: tokens in, one vector a caption out.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::TextPooling;

/// The table of token vectors.
#[derive(Module, Debug)]
pub(super) struct TokenEmbedding {
    /// `[vocabulary, width]`.
    pub(super) weight: Param<Tensor<2>>,
}

impl TokenEmbedding {
    /// # Shapes
    /// tokens `[samples · tokens]` → `[samples · tokens, width]`.
    pub(super) fn forward(&self, tokens: Tensor<1, Int>) -> Tensor<2> {
        self.weight.val().select(0, tokens)
    }
}

/// Groups of captions of like length that go through the tower together.
const GROUPS: usize = 4;

/// Tokenized captions, ready for the text tower: in groups that are each as long as their longest
/// caption.
///
/// Under causal attention nothing behind a caption's end reaches its vector: cutting what is behind
/// it changes nothing but the work. Captions that come sorted by length are cut most.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    /// The groups' tokens, each row-major `[captions, tokens]`.
    ids: Vec<u32>,
    groups: Vec<Group>,
}

/// Captions of one length.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Tokens in each row.
    pub(super) tokens: usize,
    /// Column of the token that each caption is read off.
    ends: Vec<usize>,
}

impl TokenBatch {
    /// Arranges captions, in the order they come in.
    #[must_use]
    pub fn new(captions: &[Vec<u32>], pooling: TextPooling) -> Self {
        let (mut ids, mut groups) = (Vec::new(), Vec::new());
        for captions in captions.chunks(captions.len().div_ceil(GROUPS).max(1)) {
            let ends: Vec<usize> = captions.iter().map(|ids| Self::end(ids, pooling)).collect();
            let tokens = ends.iter().max().map_or(0, |last| last + 1);
            ids.extend(captions.iter().flat_map(|ids| &ids[..tokens]));
            groups.push(Group { tokens, ends });
        }
        Self { ids, groups }
    }

    /// The column that a caption's vector is read off.
    #[must_use]
    pub fn end(ids: &[u32], pooling: TextPooling) -> usize {
        match pooling {
            TextPooling::Argmax => {
                let largest = ids.iter().max();
                ids.iter().position(|id| Some(id) == largest).unwrap_or(0)
            }
            TextPooling::Last => ids.len() - 1,
        }
    }

    /// Number of captions.
    #[must_use]
    pub fn captions(&self) -> usize {
        self.groups.iter().map(Group::captions).sum()
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All tokens of all groups.
    pub(super) fn to_ids(&self, device: &Device) -> Tensor<1, Int> {
        integers(self.ids.iter().map(|&id| id as i32), device)
    }
}

impl Group {
    pub(super) fn captions(&self) -> usize {
        self.ends.len()
    }

    /// Index of the tokens that captions are read off among all rows' tokens.
    pub(super) fn flat_ends(&self, device: &Device) -> Tensor<1, Int> {
        let ends = self.ends.iter().enumerate();
        integers(
            ends.map(|(caption, end)| (caption * self.tokens + end) as i32),
            device,
        )
    }
}

fn integers(values: impl Iterator<Item = i32>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
