//! A zero-shot head: one vector a class.

use std::ops::Range;

use rayon::prelude::*;

use super::ClassifyError;
use crate::embeddings::Embeddings;

/// One vector a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    classes: Embeddings,
}

impl Head {
    /// Averages each class's unit vectors and scales the mean to length one again.
    ///
    /// # Shapes
    /// prompts `[classes · templates, dim]`, a class's templates one after the other.
    ///
    /// # Errors
    /// [`ClassifyError`] when the prompts do not divide into classes or a mean has no direction.
    pub fn new(prompts: &Embeddings, templates: usize) -> Result<Self, ClassifyError> {
        if templates == 0 || prompts.rows() == 0 || !prompts.rows().is_multiple_of(templates) {
            return Err(ClassifyError::Prompts {
                prompts: prompts.rows(),
                templates,
            });
        }
        let class_of_prompt = (0..prompts.rows()).map(|prompt| prompt / templates);
        averaged(prompts, class_of_prompt, prompts.rows() / templates)
    }

    /// The same for classes with prompts of their own, of which each may have another number, in any order.
    ///
    /// # Shapes
    /// prompts `[prompts, dim]`, class_of_prompt `[prompts]`, names `[classes]`.
    ///
    /// # Errors
    /// [`ClassifyError`] naming the class without a prompt or a direction, or the prompt without a class.
    pub fn of_prompts(
        prompts: &Embeddings,
        class_of_prompt: &[usize],
        names: &[impl AsRef<str>],
    ) -> Result<Self, ClassifyError> {
        if prompts.rows() != class_of_prompt.len() {
            return Err(ClassifyError::Described {
                prompts: prompts.rows(),
                classes: class_of_prompt.len(),
            });
        }
        let classes = names.len();
        let mut described = vec![false; classes];
        for (prompt, &class) in class_of_prompt.iter().enumerate() {
            let unknown = ClassifyError::NoSuchClass {
                prompt,
                class,
                classes,
            };
            *described.get_mut(class).ok_or(unknown)? = true;
        }
        if let Some(class) = described.iter().position(|described| !described) {
            let name = names[class].as_ref().to_owned();
            return Err(ClassifyError::NoPrompt { class, name });
        }
        averaged(prompts, class_of_prompt.iter().copied(), classes)
    }

    /// A head whose vectors are known already.
    ///
    /// # Shapes
    /// vectors `[classes, dim]`.
    #[must_use]
    pub fn from_vectors(vectors: Embeddings) -> Self {
        Self { classes: vectors }
    }

    /// The vectors, `[classes, dim]`.
    #[must_use]
    pub fn vectors(&self) -> &Embeddings {
        &self.classes
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes.rows()
    }

    /// Cosines of some images with every class, for metrics that look at all of them; as large as the rows asked for.
    ///
    /// # Shapes
    /// images `[samples, dim]`; the result `[rows, classes]`, row-major.
    ///
    /// # Errors
    /// [`ClassifyError`] when the rows are not there or the widths differ.
    pub fn similarities(
        &self,
        images: &Embeddings,
        rows: Range<usize>,
    ) -> Result<Vec<f32>, ClassifyError> {
        self.classes.same_width(images)?;
        if rows.start > rows.end || rows.end > images.rows() {
            return Err(ClassifyError::Rows {
                first: rows.start,
                end: rows.end,
                samples: images.rows(),
            });
        }
        let mut matrix = vec![0.0; rows.len() * self.classes()];
        if !matrix.is_empty() {
            let lines = matrix.par_chunks_exact_mut(self.classes());
            lines.zip(rows).for_each(|(line, image)| {
                for (class, similarity) in line.iter_mut().enumerate() {
                    *similarity = images.similarity(image, &self.classes, class);
                }
            });
        }
        Ok(matrix)
    }
}

/// Sums are taken in f64: a class may have a thousand prompts. A sum has the direction of the mean.
fn averaged(
    prompts: &Embeddings,
    class_of_prompt: impl Iterator<Item = usize>,
    classes: usize,
) -> Result<Head, ClassifyError> {
    /// Length of a sum of unit vectors below which its direction is what rounding left.
    const SHORTEST: f64 = 1e-6;
    let dim = prompts.dim();
    let mut sums = vec![0.0_f64; classes * dim];
    for (prompt, class) in class_of_prompt.enumerate() {
        let sum = &mut sums[class * dim..(class + 1) * dim];
        for (sum, value) in sum.iter_mut().zip(prompts.row(prompt)) {
            *sum += f64::from(*value);
        }
    }
    for (class, sum) in sums.chunks_exact_mut(dim).enumerate() {
        let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length < SHORTEST {
            return Err(ClassifyError::NoDirection { class });
        }
        sum.iter_mut().for_each(|value| *value /= length);
    }
    let data = sums.into_iter().map(|value| value as f32).collect();
    Ok(Head::from_vectors(Embeddings::new(data, dim)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embeddings::EmbeddingsError;
    use crate::naive::{self, Rows, rows};

    const NAMES: [&str; 3] = ["cat", "dog", "emu"];

    #[test]
    fn classes_may_have_different_numbers_of_prompts_in_any_order() {
        let prompts = rows(Rows::Random, 6, 40, 1);
        let head = Head::of_prompts(&prompts, &[2, 0, 1, 2, 2, 0], &NAMES).expect("three classes");
        for (class, own) in [vec![1, 5], vec![2], vec![0, 3, 4]].into_iter().enumerate() {
            let mean = |at: usize| -> f64 {
                let values = own.iter().map(|prompt| f64::from(prompts.row(*prompt)[at]));
                values.sum::<f64>() / own.len() as f64
            };
            let length = (0..40).map(|at| mean(at).powi(2)).sum::<f64>().sqrt();
            for at in 0..40 {
                let wanted = mean(at) / length;
                assert!((f64::from(head.vectors().row(class)[at]) - wanted).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn templates_are_prompts_of_equal_number() {
        let prompts = rows(Rows::Random, 6, 17, 2);
        assert_eq!(
            Head::new(&prompts, 2),
            Head::of_prompts(&prompts, &[0, 0, 1, 1, 2, 2], &NAMES)
        );
        assert!(matches!(
            Head::new(&prompts, 4),
            Err(ClassifyError::Prompts {
                prompts: 6,
                templates: 4
            })
        ));
    }

    #[test]
    fn a_head_is_its_vectors() {
        let head = Head::new(&rows(Rows::Random, 6, 17, 2), 2).expect("three classes");
        let values = head.vectors().values().to_vec();
        let vectors = Embeddings::new(values, 17).expect("unit rows");
        assert_eq!(Head::from_vectors(vectors), head);
    }

    #[test]
    fn prompts_that_describe_no_class_and_classes_without_a_prompt_are_named() {
        let prompts = rows(Rows::Random, 3, 8, 2);
        let of =
            |classes: &[usize]| Head::of_prompts(&prompts, classes, &NAMES).expect_err("wrong");
        assert_eq!(of(&[0, 2, 0]).to_string(), "class 1 (dog) has no prompt");
        let (class, classes) = (3, 3);
        let unknown = ClassifyError::NoSuchClass {
            prompt: 1,
            class,
            classes,
        };
        assert_eq!(of(&[0, 3, 0]), unknown);
        let missing = ClassifyError::Described {
            prompts: 3,
            classes: 2,
        };
        assert_eq!(of(&[0, 1]), missing);
    }

    #[test]
    fn opposite_prompts_are_no_class() {
        let prompts = Embeddings::new(vec![1.0, 0.0, 0.6, 0.8, -0.6, -0.8], 2).expect("unit rows");
        let error = Head::of_prompts(&prompts, &[0, 1, 1], &NAMES[..2]).expect_err("no direction");
        assert_eq!(error, ClassifyError::NoDirection { class: 1 });
    }

    #[test]
    fn similarities_are_those_of_the_rows_asked_for() {
        let (images, classes) = (rows(Rows::Random, 9, 50, 1), rows(Rows::Random, 4, 50, 2));
        let head = Head::from_vectors(classes.clone());
        let matrix = head.similarities(&images, 3..8).expect("they are there");
        assert_eq!(matrix.len(), 5 * 4);
        for (line, row) in matrix.chunks_exact(4).zip(3..) {
            for (class, value) in line.iter().enumerate() {
                let exact = naive::similarity(images.row(row), classes.row(class));
                assert_eq!(*value, exact);
            }
        }
        assert_eq!(head.similarities(&images, 4..4), Ok(Vec::new()));
        let (first, end, samples) = (8, 10, 9);
        assert_eq!(
            head.similarities(&images, 8..10),
            Err(ClassifyError::Rows {
                first,
                end,
                samples
            })
        );
        let narrow = rows(Rows::Equal, 1, 3, 0);
        assert_eq!(
            head.similarities(&narrow, 0..1),
            Err(EmbeddingsError::Width { left: 50, right: 3 }.into())
        );
    }
}
