//! A guess: the classes that a head finds most likely for an image, and those that it prefers to the right one.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::softmax::{self, weight};
use super::{ClassifyError, Head};
use crate::answer::Answer;
use crate::best::Best;
use crate::embeddings::{Embeddings, EmbeddingsError};
use crate::product::{Division, PANEL, Tile, panels};
use crate::similarity::slack;

/// Guesses that are kept of each sample.
pub const GUESSES: usize = 5;

/// The answer to one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// Up to five classes, the best first; equal similarities rank by lower class.
    pub classes: Vec<usize>,
    /// All classes that come before the label, by ascending index: those more similar, and those as similar with a
    /// lower index. A guess restricted to some classes is right if none of them is here.
    /// Empty for guesses that are made without knowing the label.
    pub above: Vec<u32>,
    /// Probability of the first under the softmax of 100 · similarity.
    pub confidence: f64,
}

/// Guesses of every image's class, after checking that its label can be guessed at all. They are the same for any
/// number of threads.
///
/// Beside the guesses, memory of about one MiB a thread is taken.
///
/// # Shapes
/// images `[samples, dim]`, labels `[samples]`.
///
/// # Errors
/// [`ClassifyError`] naming the sample whose label no class has, or the widths that differ.
pub fn classify(
    images: &Embeddings,
    labels: &[usize],
    head: &Head,
) -> Result<Vec<Guess>, ClassifyError> {
    if images.rows() != labels.len() || labels.is_empty() {
        return Err(ClassifyError::Samples {
            samples: images.rows(),
            labels: labels.len(),
        });
    }
    let classes = head.classes();
    if let Some(sample) = labels.iter().position(|label| *label >= classes) {
        return Err(ClassifyError::Label {
            sample,
            label: labels[sample],
            classes,
        });
    }
    Ok(divided(images, labels, head.vectors(), Division::USUAL)?)
}

fn divided(
    images: &Embeddings,
    labels: &[usize],
    classes: &Embeddings,
    division: Division,
) -> Result<Vec<Guess>, EmbeddingsError> {
    images.same_width(classes)?;
    let slack = slack(images.dim());
    let start = |range: Range<usize>| {
        let label = |sample: usize| Answer {
            similarity: images.similarity(sample, classes, labels[sample]),
            index: labels[sample],
        };
        Panel::new(range.start, range.map(label).collect(), slack)
    };
    let visit = |panel: &mut Panel, tile: Tile<'_>| {
        for (class, scores) in (tile.first..).zip(tile.rows) {
            softmax::add(&mut panel.sums, scores);
            let exact = |sample: usize| images.similarity(sample, classes, class);
            panel.look(class, scores, slack, exact);
        }
    };
    let guesses = panels(images, classes, division, start, visit, Panel::guesses)?;
    Ok(guesses.into_iter().flatten().collect())
}

/// What is known of some samples.
struct Panel {
    first: usize,
    samples: Vec<Sample>,
    bounds: Bounds,
    /// For every class so far a bit for each sample: whether it comes before the sample's label.
    above: Vec<u64>,
    /// Of the weights under the softmax.
    sums: [f64; PANEL],
}

struct Sample {
    label: Answer,
    best: Best,
    /// The best class's similarity, and its weight under the softmax.
    first: (f32, f64),
}

/// Scores that tell something without the true similarity.
struct Bounds {
    /// Up to which a class is not among the best.
    best: [f32; PANEL],
    /// Below which a class is behind the label, and above which it is before it.
    low: [f32; PANEL],
    high: [f32; PANEL],
}

impl Panel {
    fn new(first: usize, labels: Vec<Answer>, slack: f32) -> Self {
        let mut bounds = Bounds {
            best: [f32::NEG_INFINITY; PANEL],
            low: [f32::INFINITY; PANEL],
            high: [f32::INFINITY; PANEL],
        };
        for (lane, label) in labels.iter().enumerate() {
            bounds.low[lane] = label.similarity - slack;
            bounds.high[lane] = label.similarity + slack;
        }
        let sample = |label| Sample {
            label,
            best: Best::new(GUESSES),
            first: (f32::NEG_INFINITY, 0.0),
        };
        Self {
            first,
            samples: labels.into_iter().map(sample).collect(),
            bounds,
            above: Vec::new(),
            sums: [0.0; PANEL],
        }
    }

    fn look(
        &mut self,
        class: usize,
        scores: &[f32; PANEL],
        slack: f32,
        exact: impl Fn(usize) -> f32,
    ) {
        let (mut above, mut unclear) = Arch::new().dispatch(Compare {
            scores,
            bounds: &self.bounds,
        });
        while unclear != 0 {
            let lane = unclear.trailing_zeros() as usize;
            unclear &= unclear - 1;
            let sample = &mut self.samples[lane];
            let similarity = exact(self.first + lane);
            if similarity > sample.first.0 {
                sample.first = (similarity, weight(scores[lane]));
            }
            sample.best.offer(class, similarity);
            self.bounds.best[lane] = sample.best.bar() - slack;
            let is_above = sample.label.is_behind(similarity, class);
            above = above & !(1 << lane) | u64::from(is_above) << lane;
        }
        self.above.push(above);
    }

    fn guesses(self) -> Vec<Guess> {
        let guess = |(lane, sample): (usize, Sample)| {
            let is_above = |of_class: &u64| *of_class >> lane & 1 == 1;
            let number = self
                .above
                .iter()
                .filter(|of_class| is_above(of_class))
                .count();
            let mut above = Vec::with_capacity(number);
            let classes = (0..).zip(&self.above);
            above.extend(
                classes
                    .filter(|(_, of_class)| is_above(of_class))
                    .map(|(class, _)| class),
            );
            let best = sample.best.into_sorted().into_iter();
            Guess {
                classes: best.map(|(class, _)| class).collect(),
                above,
                confidence: sample.first.1 / self.sums[lane],
            }
        };
        self.samples.into_iter().enumerate().map(guess).collect()
    }
}

/// Compares a class's scores with the bounds.
struct Compare<'a> {
    scores: &'a [f32; PANEL],
    bounds: &'a Bounds,
}

impl WithSimd for Compare<'_> {
    type Output = (u64, u64);

    /// A bit for each sample whose label the class is certainly before, and one for each that needs the true similarity.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (u64, u64) {
        let (mut above, mut unclear) = (0, 0);
        for lane in 0..PANEL {
            let score = self.scores[lane];
            let is_above = score > self.bounds.high[lane];
            let is_near = (score >= self.bounds.low[lane]) & !is_above;
            above |= u64::from(is_above) << lane;
            unclear |= u64::from(is_near | (score > self.bounds.best[lane])) << lane;
        }
        (above, unclear)
    }
}

const _: () = assert!(PANEL == u64::BITS as usize);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Rows, on_threads, rows};
    use proptest::prelude::*;

    /// Guesses by full sorts, and a softmax over exact similarities.
    fn of_naive(images: &Embeddings, labels: &[usize], head: &Head) -> Vec<Guess> {
        let guess = |(sample, label): (usize, &usize)| {
            let (image, classes) = (images.row(sample), head.vectors());
            let order = naive::order(image, classes);
            let place = order
                .iter()
                .position(|class| class == label)
                .expect("a class");
            let mut above: Vec<u32> = order[..place].iter().map(|class| *class as u32).collect();
            above.sort_unstable();
            let similarity = |class| f64::from(naive::similarity(image, classes.row(class)));
            let best = similarity(order[0]);
            let terms = (0..classes.rows()).map(|class| (100.0 * (similarity(class) - best)).exp());
            let confidence = 1.0 / terms.sum::<f64>();
            let classes = order.into_iter().take(GUESSES).collect();
            Guess {
                classes,
                above,
                confidence,
            }
        };
        labels.iter().enumerate().map(guess).collect()
    }

    fn some_labels(samples: usize, classes: usize, seed: usize) -> Vec<usize> {
        (0..samples)
            .map(|sample| (sample * 7919 + seed) % classes)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn guesses_are_those_of_full_sorts(
            kind in prop::sample::select(Rows::ALL.to_vec()),
            (samples, classes) in (1_usize..150, 1_usize..200),
            dim in prop::sample::select(vec![1, 2, 3, 7, 64, 130, 515]),
            seed in 0_usize..1000,
        ) {
            let images = rows(Rows::Random, samples, dim, seed as u64 + 1000);
            let head = Head::from_vectors(rows(kind, classes, dim, seed as u64));
            let labels = some_labels(samples, classes, seed);
            let found = classify(&images, &labels, &head).expect("they fit");
            for (found, wanted) in found.into_iter().zip(of_naive(&images, &labels, &head)) {
                prop_assert_eq!(&found.classes, &wanted.classes);
                prop_assert_eq!(&found.above, &wanted.above);
                // The factor 100 makes an f32's rounding 100 times as large.
                prop_assert!((found.confidence / wanted.confidence - 1.0).abs() < 1e-4);
                prop_assert!(found.confidence <= 1.0);
            }
        }
    }

    #[test]
    fn the_guesses_do_not_depend_on_threads_or_divisions() {
        for kind in Rows::ALL {
            for dim in [2, 65, 512] {
                let images = rows(kind, 400, dim, 1);
                let head = Head::from_vectors(rows(kind, 333, dim, 2));
                let labels = some_labels(400, 333, 0);
                let usual = on_threads(|| classify(&images, &labels, &head).expect("they fit"));
                for division in Division::OTHERS {
                    let other = on_threads(|| divided(&images, &labels, head.vectors(), division));
                    assert_eq!(other.as_ref(), Ok(&usual), "{kind:?} {dim} {division:?}");
                }
            }
        }
    }

    #[test]
    fn a_guess_does_not_depend_on_the_other_samples() {
        let images = rows(Rows::Random, 130, 200, 1);
        let head = Head::from_vectors(rows(Rows::Random, 77, 200, 2));
        let labels = some_labels(130, 77, 0);
        let all = classify(&images, &labels, &head).expect("they fit");
        let tail = Embeddings::new(images.rows_of(101..130).to_vec(), 200).expect("unit rows");
        let alone = classify(&tail, &labels[101..], &head).expect("they fit");
        assert_eq!(alone, all[101..]);
    }

    fn plane(rows: &[[f32; 2]]) -> Embeddings {
        Embeddings::normalised(rows.concat(), 2).expect("rows")
    }

    #[test]
    fn a_class_is_the_mean_of_its_prompts() {
        let prompts = plane(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [-1.0, 0.0]]);
        let head = Head::new(&prompts, 2).expect("two classes");
        let images = plane(&[[1.0, 1.0], [-1.0, 0.1]]);
        let guesses = classify(&images, &[0, 0], &head).expect("scored");
        assert_eq!(guesses[0].classes, [0, 1]);
        assert_eq!(guesses[1].classes, [1, 0]);
        assert!(guesses[0].above.is_empty());
        assert_eq!(guesses[1].above, [1]);
        assert!(guesses[0].confidence > 0.99);
    }

    #[test]
    fn equal_similarities_rank_by_lower_class() {
        let classes = plane(&[[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
        let head = Head::new(&classes, 1).expect("four classes");
        let guesses = classify(&plane(&[[0.0, 1.0]]), &[1], &head).expect("scored");
        assert_eq!(guesses[0].classes, [0, 1, 3, 2]);
        assert_eq!(guesses[0].above, [0]);
        assert!((guesses[0].confidence - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_label_beyond_the_classes_is_named() {
        let head = Head::new(&plane(&[[0.0, 1.0]]), 1).expect("a class");
        let images = plane(&[[0.0, 1.0], [1.0, 0.0]]);
        let error = classify(&images, &[0, 1], &head).expect_err("one class");
        let (sample, label, classes) = (1, 1, 1);
        assert_eq!(
            error,
            ClassifyError::Label {
                sample,
                label,
                classes
            }
        );
    }
}
