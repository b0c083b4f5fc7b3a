//! A pass over a set: every image is decoded once, for all models that have not seen it.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::ScoreError;
use super::source::{Answer, Source, SourceError};
use crate::encode::{BATCH, Encoder};
use crate::preprocess::{Preprocess, Scratch};

/// Samples between two records of progress.
pub(super) const CHUNK: usize = 16 * BATCH;

/// The vectors of a run of samples, of those whose image can be read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Numbers of the samples that have a vector.
    pub(super) samples: Vec<usize>,
    /// Their vectors, `[samples, dim]`.
    pub(super) features: Vec<f32>,
    /// Numbers of the others, and what is wrong with them.
    pub(super) broken: Vec<(usize, String)>,
}

/// One of the models that look at the images of a pass.
pub(super) struct Viewer<'a> {
    /// The model.
    pub(super) encoder: &'a Encoder,
    /// The first sample that it has not seen: a multiple of [`CHUNK`], or the number of all.
    pub(super) from: usize,
}

/// The samples of a batch, prepared for every way in which models want to see them.
struct Prepared {
    samples: Range<usize>,
    /// `[readable, 3, side, side]` for each of the ways.
    pixels: Vec<Vec<f32>>,
    readable: Vec<usize>,
    broken: Vec<(usize, String)>,
}

/// Shows the samples of `source` to all viewers; `seen` is given what viewer number .. made of each chunk.
///
/// Models that want images prepared in the same way share the pixels. Memory: two batches of pixels for each way.
pub(super) fn pass<E: From<ScoreError>>(
    source: &dyn Source,
    viewers: &[Viewer<'_>],
    mut seen: impl FnMut(usize, Seen) -> Result<(), E>,
) -> Result<(), E> {
    let mut ways: Vec<Preprocess> = Vec::new();
    let way: Vec<usize> = viewers
        .iter()
        .map(|viewer| {
            let wanted = viewer.encoder.preprocess();
            ways.iter()
                .position(|way| *way == wanted)
                .unwrap_or_else(|| {
                    ways.push(wanted);
                    ways.len() - 1
                })
        })
        .collect();
    let first = viewers.iter().map(|viewer| viewer.from).min();
    let (first, end) = (first.unwrap_or(0), source.len());
    let run = |begin: usize| begin..end.min(begin + BATCH);
    let mut chunks: Vec<Seen> = viewers.iter().map(|_| Seen::default()).collect();
    let mut next = (first < end).then(|| prepare(source, run(first), &ways));
    while let Some(prepared) = next.take() {
        let mut prepared = prepared.map_err(ScoreError::from)?;
        let samples = prepared.samples.clone();
        let ways = &ways;
        let next = &mut next;
        // The next batch is prepared by whatever threads the models leave free; with a single one, in turn.
        rayon::in_place_scope(|scope| {
            if samples.end < end {
                let run = run(samples.end);
                scope.spawn(move |_| *next = Some(prepare(source, run, ways)));
            }
            for (number, (viewer, chunk)) in viewers.iter().zip(&mut chunks).enumerate() {
                if samples.start < viewer.from {
                    continue;
                }
                if !prepared.readable.is_empty() {
                    let pixels = &mut prepared.pixels[way[number]];
                    let is_last = !way[number + 1..].contains(&way[number]);
                    let pixels = if is_last {
                        std::mem::take(pixels)
                    } else {
                        pixels.clone()
                    };
                    chunk.features.extend(viewer.encoder.images(pixels));
                }
                chunk.samples.extend(&prepared.readable);
                chunk.broken.extend_from_slice(&prepared.broken);
            }
        });
        if samples.end.is_multiple_of(CHUNK) || samples.end == end {
            for (number, (viewer, chunk)) in viewers.iter().zip(&mut chunks).enumerate() {
                if samples.start >= viewer.from {
                    seen(number, std::mem::take(chunk))?;
                }
            }
        }
    }
    Ok(())
}

/// Reads and decodes a batch. A sample that one of the ways cannot show counts as broken for all.
fn prepare(
    source: &dyn Source,
    samples: Range<usize>,
    ways: &[Preprocess],
) -> Result<Prepared, SourceError> {
    let images = source.images(samples.clone())?;
    let mut outcomes: Vec<Answer<()>> = images
        .iter()
        .map(|image| image.as_ref().map(|_| ()).map_err(Clone::clone))
        .collect();
    let mut pixels: Vec<Vec<f32>> = Vec::with_capacity(ways.len());
    for way in ways {
        let mut values = vec![0.0; images.len() * way.values()];
        let shown: Vec<Answer<()>> = images
            .par_iter()
            .zip(values.par_chunks_exact_mut(way.values()))
            .map_init(Scratch::default, |scratch, (image, out)| {
                let image = image.as_ref().map_err(Clone::clone)?;
                let shown = way.score_bytes(image, scratch, out);
                shown.map_err(|error| error.to_string())
            })
            .collect();
        for (outcome, shown) in outcomes.iter_mut().zip(shown) {
            if outcome.is_ok() {
                *outcome = shown;
            }
        }
        pixels.push(values);
    }
    for (values, way) in pixels.iter_mut().zip(ways) {
        keep(values, way.values(), &outcomes);
    }
    let (mut readable, mut broken) = (Vec::new(), Vec::new());
    for (sample, outcome) in samples.clone().zip(outcomes) {
        match outcome {
            Ok(()) => readable.push(sample),
            Err(reason) => broken.push((sample, reason)),
        }
    }
    Ok(Prepared {
        samples,
        pixels,
        readable,
        broken,
    })
}

/// Closes the gaps of rows that cannot be shown.
fn keep(values: &mut Vec<f32>, width: usize, outcomes: &[Answer<()>]) {
    let mut rows = 0;
    for (row, outcome) in outcomes.iter().enumerate() {
        if outcome.is_ok() {
            if rows < row {
                values.copy_within(row * width..(row + 1) * width, rows * width);
            }
            rows += 1;
        }
    }
    values.truncate(rows * width);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_closed_and_order_stays() {
        let mut values: Vec<f32> = (0..8).map(|value| value as f32).collect();
        let bad = || Err("unreadable".to_owned());
        keep(&mut values, 2, &[bad(), Ok(()), bad(), Ok(())]);
        assert_eq!(values, [2.0, 3.0, 6.0, 7.0]);
    }
}
