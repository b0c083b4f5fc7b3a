//! The k most similar candidates of every query.

use std::ops::Range;

use crate::best::Best;
use crate::embeddings::{Embeddings, EmbeddingsError};
use crate::product::{Division, PANEL, Tile, any_above, panels};
use crate::similarity::slack;

/// For every query the indices of its `k` most similar candidates and their similarities, the best first; all
/// candidates if there are fewer. Equal similarities rank by lower index. The lists are the same for any number of threads.
///
/// Beside the lists, memory of about one MiB a thread is taken, however many queries and candidates there are.
///
/// # Shapes
/// queries `[n, dim]`, candidates `[m, dim]`; the result `[n][min(k, m)]`.
///
/// # Errors
/// [`EmbeddingsError::Width`] when the widths differ.
pub fn top_k(
    queries: &Embeddings,
    candidates: &Embeddings,
    k: usize,
) -> Result<Vec<Vec<(usize, f32)>>, EmbeddingsError> {
    divided(queries, candidates, k, Division::USUAL)
}

fn divided(
    queries: &Embeddings,
    candidates: &Embeddings,
    k: usize,
    division: Division,
) -> Result<Vec<Vec<(usize, f32)>>, EmbeddingsError> {
    let slack = slack(queries.dim());
    let start = |range: Range<usize>| Panel {
        bars: [if k == 0 {
            f32::INFINITY
        } else {
            f32::NEG_INFINITY
        }; PANEL],
        best: vec![Best::new(k); range.len()],
        first: range.start,
    };
    let visit = |panel: &mut Panel, tile: Tile<'_>| {
        let candidates_of_tile = tile.first..;
        for (candidate, scores) in candidates_of_tile.zip(tile.rows) {
            if any_above(scores, &panel.bars) {
                let exact = |query| queries.similarity(query, candidates, candidate);
                panel.admit(candidate, scores, exact, slack);
            }
        }
    };
    let finish = |panel: Panel| -> Vec<_> {
        let best = panel.best.into_iter();
        best.map(Best::into_sorted).collect()
    };
    let lists = panels(queries, candidates, division, start, visit, finish)?;
    Ok(lists.into_iter().flatten().collect())
}

struct Panel {
    first: usize,
    best: Vec<Best>,
    /// Scores up to which a candidate cannot be among the best of a query.
    bars: [f32; PANEL],
}

impl Panel {
    fn admit(
        &mut self,
        candidate: usize,
        scores: &[f32; PANEL],
        exact: impl Fn(usize) -> f32,
        slack: f32,
    ) {
        for (query, best) in self.best.iter_mut().enumerate() {
            if scores[query] > self.bars[query] {
                best.offer(candidate, exact(self.first + query));
                self.bars[query] = best.bar() - slack;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Rows, on_threads, rows};
    use proptest::prelude::*;

    fn of_naive(queries: &Embeddings, candidates: &Embeddings, k: usize) -> Vec<Vec<usize>> {
        let all = (0..queries.rows()).map(|query| naive::order(queries.row(query), candidates));
        all.map(|order| order.into_iter().take(k).collect())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn the_lists_are_heads_of_full_sorts(
            kind in prop::sample::select(Rows::ALL.to_vec()),
            (queries, candidates) in (0_usize..150, 0_usize..200),
            dim in prop::sample::select(vec![1, 2, 3, 7, 64, 130, 515]),
            k in prop::sample::select(vec![0, 1, 5, 64, 300]),
            seed in 0_u64..1000,
        ) {
            let queries = rows(Rows::Random, queries, dim, seed + 1000);
            let candidates = rows(kind, candidates, dim, seed);
            let wanted = of_naive(&queries, &candidates, k);
            let found = top_k(&queries, &candidates, k).expect("the same width");
            let indices: Vec<Vec<usize>> = found
                .iter()
                .map(|found| found.iter().map(|(index, _)| *index).collect())
                .collect();
            prop_assert_eq!(indices, wanted);
            for (query, found) in found.into_iter().enumerate() {
                for (index, similarity) in found {
                    let exact = naive::similarity(queries.row(query), candidates.row(index));
                    prop_assert_eq!(similarity, exact);
                }
            }
        }
    }

    #[test]
    fn the_lists_do_not_depend_on_threads_or_divisions() {
        for kind in Rows::ALL {
            for dim in [2, 65, 512] {
                let (queries, candidates) = (rows(kind, 400, dim, 1), rows(kind, 333, dim, 2));
                let usual =
                    on_threads(|| top_k(&queries, &candidates, 10).expect("the same width"));
                for division in Division::OTHERS {
                    let other = on_threads(|| divided(&queries, &candidates, 10, division));
                    assert_eq!(other.as_ref(), Ok(&usual), "{kind:?} {dim} {division:?}");
                }
            }
        }
    }

    #[test]
    fn equal_candidates_come_by_index() {
        let (queries, candidates) = (
            rows(Rows::Equal, 70, 100, 0),
            rows(Rows::Equal, 500, 100, 0),
        );
        for found in top_k(&queries, &candidates, 7).expect("the same width") {
            let indices: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
            assert_eq!(indices, [0, 1, 2, 3, 4, 5, 6]);
        }
    }
}
