//! All similarities of two sets of embeddings, in tiles that never leave the nearest cache.
//!
//! A thread turns a few panels of queries on their side and multiplies them with a few candidates at a time. Whoever
//! asked looks at a tile before the next one takes its place, so that nothing of the size queries × candidates exists.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::embeddings::{Embeddings, EmbeddingsError};
use crate::similarity::similarity;

/// Queries in a panel: a multiple of every vector width.
pub(crate) const PANEL: usize = 64;
/// Candidates in a tile at most: as many as the kernels multiply without packing the panel again, which lies as they
/// want it already.
const TILE: usize = 48;

/// How work is divided, which no result depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Division {
    /// Panels that a thread holds at a time, for which candidates are read once.
    panels: usize,
    /// Candidates in a tile, at least 3.
    tile: usize,
}

impl Division {
    /// At 512 values a row, panels of 1 MiB, half a processor's nearest large cache.
    pub(crate) const USUAL: Self = Self {
        panels: 8,
        tile: TILE,
    };

    /// Some divisions that differ from the usual one in every way.
    #[cfg(test)]
    pub(crate) const OTHERS: [Self; 3] = [
        Self { panels: 1, tile: 3 },
        Self { panels: 3, tile: 8 },
        Self {
            panels: 50,
            tile: 31,
        },
    ];
}

/// Similarities of all queries of a panel to some candidates, within
/// [`slack`](crate::similarity::slack) of the true ones. The bits depend on the two rows alone.
pub(crate) struct Tile<'a> {
    /// Index of the first candidate.
    pub(crate) first: usize,
    /// A row a candidate; negative infinity where the panel has no query.
    pub(crate) rows: &'a [[f32; PANEL]],
}

/// Calls `start` for every panel of queries, `visit` with what it returned for every tile of its similarities, by
/// ascending candidates, and `finish` at last. Returns what that made of the panels, in the order of the queries.
///
/// # Errors
/// [`EmbeddingsError::Width`] when the widths differ.
pub(crate) fn panels<S, T: Send>(
    queries: &Embeddings,
    candidates: &Embeddings,
    division: Division,
    start: impl Fn(Range<usize>) -> S + Sync,
    visit: impl Fn(&mut S, Tile<'_>) + Sync,
    finish: impl Fn(S) -> T + Sync,
) -> Result<Vec<T>, EmbeddingsError> {
    queries.same_width(candidates)?;
    let panels = queries.rows().div_ceil(PANEL);
    // A few shares a thread, so that none waits long for the last.
    let fair = panels.div_ceil(4 * rayon::current_num_threads());
    let share = PANEL * division.panels.min(fair).max(1);
    let share_of = |number: usize| number * share..queries.rows().min((number + 1) * share);
    let answers = (0..queries.rows().div_ceil(share))
        .into_par_iter()
        .flat_map_iter(|number| {
            let mut panels: Vec<(Panel, S)> = share_of(number)
                .step_by(PANEL)
                .map(|first| first..share_of(number).end.min(first + PANEL))
                .map(|rows| (Panel::new(queries, rows.clone()), start(rows)))
                .collect();
            let mut scores = [[0.0; PANEL]; TILE];
            for tile in tiles(candidates.rows(), division.tile) {
                for (panel, state) in &mut panels {
                    panel.multiply(queries, candidates, tile.clone(), &mut scores);
                    let (first, rows) = (tile.start, &scores[..tile.len()]);
                    visit(state, Tile { first, rows });
                }
            }
            panels.into_iter().map(|(_, state)| finish(state))
        })
        .collect();
    Ok(answers)
}

/// Whether a candidate is worth a look for any query of a panel.
pub(crate) fn any_above(scores: &[f32; PANEL], bars: &[f32; PANEL]) -> bool {
    Arch::new().dispatch(AnyAbove { scores, bars })
}

struct AnyAbove<'a> {
    scores: &'a [f32; PANEL],
    bars: &'a [f32; PANEL],
}

impl WithSimd for AnyAbove<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        let mut any = false;
        for lane in 0..PANEL {
            any |= self.scores[lane] > self.bars[lane];
        }
        any
    }
}

/// Ranges of `size` candidates, cut so that none is alone in the last one.
fn tiles(candidates: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let left = candidates - from;
        let len = if left == size + 1 {
            size - 1
        } else {
            left.min(size)
        };
        from += len;
        (len > 0).then_some(from - len..from)
    })
}

/// Some queries on their side: a row a dimension, zeros where there is no query.
struct Panel {
    queries: Range<usize>,
    values: Vec<[f32; PANEL]>,
}

impl Panel {
    fn new(all: &Embeddings, queries: Range<usize>) -> Self {
        let mut values = vec![[0.0; PANEL]; all.dim()];
        for (lane, query) in queries.clone().enumerate() {
            for (row, value) in values.iter_mut().zip(all.row(query)) {
                row[lane] = *value;
            }
        }
        Self { queries, values }
    }

    /// Writes the similarities of the panel to some candidates, a row each.
    ///
    /// The kernels of the `gemm` crate sum over the dimensions in one order for every element of a tile,
    /// except that they have other ways for a single candidate and for rows of one or two values.
    fn multiply(
        &self,
        queries: &Embeddings,
        candidates: &Embeddings,
        tile: Range<usize>,
        scores: &mut [[f32; PANEL]; TILE],
    ) {
        let (dim, count) = (self.values.len(), tile.len());
        let others = candidates.rows_of(tile.clone());
        let scores = &mut scores[..count];
        if count < 2 || dim < 3 {
            for (row, candidate) in scores.iter_mut().zip(tile) {
                for (score, query) in row.iter_mut().zip(self.queries.clone()) {
                    *score = similarity(queries.row(query), candidates.row(candidate));
                }
            }
        } else {
            let panel = self.values.as_flattened();
            let target = scores.as_flattened_mut();
            assert!(others.len() == count * dim && panel.len() == PANEL * dim);
            assert_eq!(target.len(), PANEL * count);
            #[expect(unsafe_code, reason = "the gemm crate has no safe interface")]
            // SAFETY: element (i, j) of the target is at j·PANEL + i, with i < PANEL and j < count; (i, k) of the left
            // side at k·PANEL + i and (k, j) of the right side at j·dim + k, with k < dim. The assertions say that all of
            // them lie inside their slices. The target is borrowed mutably, so it aliases neither of the others. The
            // strides fit `isize` because they are bounded by the length of a slice.
            unsafe {
                gemm::gemm(
                    PANEL,
                    count,
                    dim,
                    target.as_mut_ptr(),
                    PANEL as isize,
                    1,
                    false,
                    panel.as_ptr(),
                    PANEL as isize,
                    1,
                    others.as_ptr(),
                    dim as isize,
                    1,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
        }
        for row in scores {
            row[self.queries.len()..].fill(f32::NEG_INFINITY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Rows, rows};
    use crate::similarity::slack;

    /// The bits of all scores, by query and candidate.
    fn all(queries: &Embeddings, candidates: &Embeddings, division: Division) -> Vec<Vec<u32>> {
        let panels = panels(
            queries,
            candidates,
            division,
            |range| vec![Vec::new(); range.len()],
            |scores, tile| {
                assert_eq!(scores[0].len(), tile.first);
                for row in tile.rows {
                    for (query, score) in row.iter().enumerate() {
                        match scores.get_mut(query) {
                            Some(scores) => scores.push(score.to_bits()),
                            None => assert_eq!(*score, f32::NEG_INFINITY),
                        }
                    }
                }
            },
            |scores| scores,
        );
        panels.expect("the same width").concat()
    }

    #[test]
    fn scores_do_not_depend_on_places_or_divisions() {
        for dim in [1, 2, 3, 16, 130, 513, 1030] {
            let queries = rows(Rows::Random, 131, dim, 1);
            for count in [1, 2, 3, 49, 97, 113] {
                let candidates = rows(Rows::Random, count, dim, 2);
                let usual = all(&queries, &candidates, Division::USUAL);
                for division in Division::OTHERS {
                    assert_eq!(all(&queries, &candidates, division), usual);
                }
                if count > 1 {
                    let turned = Embeddings::new(
                        (0..count)
                            .rev()
                            .flat_map(|row| candidates.row(row))
                            .copied()
                            .collect(),
                        dim,
                    );
                    let turned = all(&queries, &turned.expect("the same rows"), Division::USUAL);
                    for (mut scores, usual) in turned.into_iter().zip(usual) {
                        scores.reverse();
                        assert_eq!(scores, usual, "{dim} {count}");
                    }
                }
            }
        }
    }

    #[test]
    fn scores_are_within_the_slack() {
        for dim in [1, 3, 64, 513] {
            let (queries, candidates) = (
                rows(Rows::Random, 70, dim, 3),
                rows(Rows::Random, 60, dim, 4),
            );
            let scores = all(&queries, &candidates, Division::USUAL);
            for (query, scores) in scores.iter().enumerate() {
                for (candidate, score) in scores.iter().enumerate() {
                    let exact = similarity(queries.row(query), candidates.row(candidate));
                    assert!((f32::from_bits(*score) - exact).abs() < slack(dim));
                }
            }
        }
    }

    #[test]
    fn no_candidate_is_alone_and_none_is_missing() {
        for candidates in 0..200 {
            for size in [3, 8, TILE] {
                let mut next = 0;
                for tile in tiles(candidates, size) {
                    assert_eq!(tile.start, next);
                    assert!(tile.len() <= size && (tile.len() > 1 || candidates == 1));
                    next = tile.end;
                }
                assert_eq!(next, candidates);
            }
        }
    }

    #[test]
    fn rows_of_different_widths_are_not_compared() {
        let (narrow, wide) = (rows(Rows::Equal, 1, 1, 0), rows(Rows::Equal, 1, 2, 0));
        let answer = panels(&narrow, &wide, Division::USUAL, |_| (), |(), _| (), |()| ());
        assert_eq!(answer, Err(EmbeddingsError::Width { left: 1, right: 2 }));
    }
}
