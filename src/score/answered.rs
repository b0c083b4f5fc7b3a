//! Answered samples: those of a set that have both an image's vector and what was asked of them.

use ticclip_eval::embeddings::Embeddings;

use super::ScoreError;
use super::features::Rows;
use super::marks::LeftOut;
use super::source::{Answer, Set};

/// The samples that count, in the order of the set.
#[derive(Debug)]
pub(super) struct Answered<T> {
    /// Their numbers in the set.
    pub(super) samples: Vec<usize>,
    /// Their images' vectors.
    pub(super) images: Embeddings,
    /// What is asked of them.
    pub(super) targets: Vec<T>,
    /// How many others there are.
    pub(super) left_out: LeftOut,
}

impl<T> Answered<T> {
    /// Joins images with what is asked of them; `ask` says what is wrong with a sample that does not count.
    pub(super) fn join<U>(
        set: &Set,
        rows: Rows,
        targets: &[Answer<U>],
        mut ask: impl FnMut(usize, &U) -> Result<T, String>,
    ) -> Result<Self, ScoreError> {
        let (mut samples, mut kept, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        let mut left_out = LeftOut::default();
        let mut next = 0;
        let mut leave_out = |sample: usize, reason: &str| {
            left_out.samples += 1;
            left_out
                .first
                .get_or_insert_with(|| (set.source.key(sample), reason.to_owned()));
        };
        for (sample, target) in targets.iter().enumerate() {
            let row = next;
            if rows.samples.get(row) != Some(&sample) {
                leave_out(sample, "its image cannot be read");
                continue;
            }
            next += 1;
            let answer = target.as_ref().map_err(Clone::clone);
            match answer.and_then(|target| ask(sample, target)) {
                Ok(target) => {
                    samples.push(sample);
                    kept.push(row);
                    asked.push(target);
                }
                Err(reason) => leave_out(sample, &reason),
            }
        }
        if samples.is_empty() {
            return Err(ScoreError::Unreadable {
                path: set.path.clone(),
                samples: targets.len(),
                first: left_out
                    .first
                    .map_or_else(String::new, |(key, reason)| format!("; `{key}`: {reason}")),
            });
        }
        let images = if kept.len() == rows.vectors.rows() {
            rows.vectors
        } else {
            let values = kept.iter().flat_map(|row| rows.vectors.row(*row)).copied();
            Embeddings::new(values.collect(), rows.vectors.dim())?
        };
        Ok(Self {
            samples,
            images,
            targets: asked,
            left_out,
        })
    }

    /// Keys of the samples.
    pub(super) fn keys(&self, set: &Set) -> Vec<String> {
        self.samples
            .iter()
            .map(|sample| set.source.key(*sample))
            .collect()
    }
}
