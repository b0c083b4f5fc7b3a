//! The text tower's ends: tokens in, one vector a caption out.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::config::TextPooling;
use super::kernels::{Runs, on_flex};

/// The table of token vectors.
#[derive(Module, Debug)]
pub(super) struct TokenEmbedding {
    /// `[vocabulary, width]`.
    pub(super) weight: Param<Tensor<2>>,
}

/// Lengths that captions are padded to, at most, where samples of one length go together.
const GROUPS: usize = 4;

/// Tokenized captions, ready for the text tower.
///
/// Under causal attention nothing behind the token that a caption is read off reaches its vector: it is cut off.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    captions: Vec<Vec<u32>>,
}

/// Captions as the tower takes them: flat, with each row's place in its caption.
#[derive(Clone, Debug)]
pub(super) struct TokenRows {
    pub(super) ids: Arc<[usize]>,
    pub(super) places: Arc<[usize]>,
    /// Rows of each caption.
    pub(super) runs: Runs,
    /// Rows that captions are read off.
    pub(super) ends: Arc<[usize]>,
}

impl TokenBatch {
    /// Cuts captions behind the token that they are read off.
    #[must_use]
    pub fn new(captions: &[Vec<u32>], pooling: TextPooling) -> Self {
        let cut = |ids: &Vec<u32>| ids[..=Self::end(ids, pooling)].to_vec();
        Self {
            captions: captions.iter().map(cut).collect(),
        }
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
        self.captions.len()
    }

    /// The rows that a device takes best: samples of many lengths are one operation on the CPU, and one each elsewhere.
    pub(super) fn rows_for(&self, device: &Device) -> TokenRows {
        if on_flex(device) {
            self.cut()
        } else {
            self.padded()
        }
    }

    /// Every caption as long as it is.
    fn cut(&self) -> TokenRows {
        self.rows(self.captions.iter().map(Vec::len))
    }

    /// Neighbours padded to one length, in a few groups. Captions that come sorted by length are padded least.
    fn padded(&self) -> TokenRows {
        let groups = self
            .captions
            .chunks(self.captions.len().div_ceil(GROUPS).max(1));
        self.rows(groups.flat_map(|captions| {
            let longest = captions.iter().map(Vec::len).max().unwrap_or(0);
            std::iter::repeat_n(longest, captions.len())
        }))
    }

    fn rows(&self, lengths: impl Iterator<Item = usize>) -> TokenRows {
        let runs = Runs::new(lengths);
        let (mut ids, mut places, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (caption, &length) in self.captions.iter().zip(runs.tokens()) {
            ends.push(ids.len() + caption.len() - 1);
            let padding = std::iter::repeat_n(0, length - caption.len());
            ids.extend(caption.iter().map(|&id| id as usize).chain(padding));
            places.extend(0..length);
        }
        TokenRows {
            ids: ids.into(),
            places: places.into(),
            runs,
            ends: ends.into(),
        }
    }
}
