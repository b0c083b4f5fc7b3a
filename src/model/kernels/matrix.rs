//! Matrix products on slices: bounds are checked once, then the processor's fastest unit multiplies
//! packed operands where there is one and enough to do, elsewhere the `gemm` crate's kernels.

#[cfg(target_arch = "x86_64")]
use super::packed;
use crate::model::Precision;

/// A read-only matrix inside a slice: element (r, c) at `r · row_stride + c · column_stride`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` rows of `columns` values, a row every `row_stride` values.
    pub(super) fn new(values: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self {
            values,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
    }

    /// The same values with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// The part that starts at an element.
    pub(super) fn from(self, row: usize, column: usize) -> Self {
        Self {
            values: &self.values[row * self.row_stride + column * self.column_stride..],
            rows: self.rows - row,
            columns: self.columns - column,
            ..self
        }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride
                < self.values.len()
    }
}

/// Where a product goes: rows of `columns` values, a row every `row_stride` values.
pub(super) struct Target<'a> {
    /// The memory the rows lie in.
    pub(super) values: &'a mut [f32],
    /// Distance between the starts of two rows, at least the number of columns.
    pub(super) row_stride: usize,
    /// What the product is added to.
    pub(super) start: Start<'a>,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Nothing: it replaces what is there.
    Zero,
    /// What is there.
    Sum,
    /// These values, the same for each row.
    Bias(&'a [f32]),
    /// A matrix that lies as the target does, and a bias.
    Onto {
        /// The matrix; rows as far apart as the target's.
        base: &'a [f32],
        /// The same for each row.
        bias: &'a [f32],
    },
}

#[cfg(target_arch = "x86_64")]
impl Start<'_> {
    /// What the part of the target starts from that begins `skipped` values behind the target.
    pub(super) fn behind(self, skipped: usize) -> Self {
        match self {
            Start::Onto { base, bias } => Start::Onto {
                base: &base[skipped..],
                bias,
            },
            same => same,
        }
    }
}

/// Who computes a product.
#[derive(Clone, Copy)]
pub(super) enum Threads {
    /// The calling thread alone.
    One,
    /// All threads of the pool.
    All,
}

/// `target ← start + scale · a · b`.
///
/// # Shapes
/// a `[m, k]`, b `[k, n]`, target `[m, n]`.
///
/// # Panics
/// When the shapes do not agree or a matrix does not fit its slice.
pub(super) fn multiply(
    target: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    scale: f32,
    precision: Precision,
    threads: Threads,
) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner dimensions of a product");
    assert!(a.fits() && b.fits(), "an operand reaches beyond its slice");
    assert!(target.row_stride >= n, "rows of the target overlap");
    assert!(
        m == 0 || (m - 1) * target.row_stride + n <= target.values.len(),
        "the target reaches beyond its slice"
    );
    if let Start::Bias(bias) | Start::Onto { bias, .. } = target.start {
        assert_eq!(bias.len(), n, "a bias for each column");
    }
    if let Start::Onto { base, .. } = target.start {
        assert!(base.len() >= target.values.len(), "the base is too small");
    }
    #[cfg(target_arch = "x86_64")]
    if m * n * k >= SMALLEST_TO_PACK
        && let Some(engine) = packed::Engine::find(precision)
    {
        return packed::multiply(engine, target, a, b, scale, threads);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = precision;
    vectors(target, a, b, scale, threads);
}

/// Multiplications below which packing costs more than it saves.
#[cfg(target_arch = "x86_64")]
const SMALLEST_TO_PACK: usize = 128 * 128 * 128;

/// The product by the `gemm` crate, in vector registers.
fn vectors(target: Target<'_>, a: Matrix<'_>, b: Matrix<'_>, scale: f32, threads: Threads) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    let rows = target.values.chunks_mut(target.row_stride).take(m);
    match target.start {
        Start::Zero | Start::Sum => {}
        Start::Bias(bias) => rows.for_each(|row| row[..n].copy_from_slice(bias)),
        Start::Onto { base, bias } => {
            for (row, base) in rows.zip(base.chunks(target.row_stride)) {
                for ((value, base), bias) in row.iter_mut().zip(base).zip(bias) {
                    *value = base + bias;
                }
            }
        }
    }
    let parallelism = match threads {
        Threads::One => gemm::Parallelism::None,
        Threads::All => gemm::Parallelism::Rayon(0),
    };
    #[expect(unsafe_code, reason = "the gemm crate has no safe interface")]
    // SAFETY: the assertions of the caller show that every element of a and b that is read lies inside its
    // slice, that every element of the target lies inside `target.values` and that no two of its
    // rows overlap. The target is borrowed mutably, so it aliases neither operand. The strides fit
    // `isize` because they are bounded by the length of a slice.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            target.values.as_mut_ptr(),
            1,
            target.row_stride as isize,
            !matches!(target.start, Start::Zero),
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scattered::scattered;

    #[test]
    fn a_product_into_a_strided_target_leaves_the_gaps_alone() {
        let a = [1.0, 2.0, 3.0, 4.0];
        let b = [1.0, 0.0, 1.0, 1.0];
        let mut target = [9.0; 8];
        multiply(
            Target {
                values: &mut target,
                row_stride: 4,
                start: Start::Zero,
            },
            Matrix::new(&a, 2, 2, 2),
            Matrix::new(&b, 2, 2, 2).transposed(),
            2.0,
            Precision::F32,
            Threads::One,
        );
        assert_eq!(target, [2.0, 6.0, 9.0, 9.0, 6.0, 14.0, 9.0, 9.0]);
    }

    /// The largest difference to the product in f64, over the largest value.
    fn error(target: &[f32], stride: usize, a: Matrix<'_>, b: Matrix<'_>, start: &[f32]) -> f64 {
        let (mut error, mut largest) = (0.0_f64, 0.0_f64);
        for row in 0..a.rows {
            for column in 0..b.columns {
                let product = |k| f64::from(a.at(row, k)) * f64::from(b.at(k, column));
                let exact =
                    f64::from(start[column]) - 0.5 * (0..a.columns).map(product).sum::<f64>();
                error = error.max((f64::from(target[row * stride + column]) - exact).abs());
                largest = largest.max(exact.abs());
            }
        }
        error / largest
    }

    /// Products of odd and even shapes, in all four orders of the operands' values.
    fn worst(multiply: impl Fn(Target<'_>, Matrix<'_>, Matrix<'_>, f32)) -> f64 {
        let mut worst = 0.0_f64;
        for (m, k, n) in [(1, 5, 3), (129, 131, 200), (64, 512, 96), (300, 40, 257)] {
            let (a, b) = (scattered(m * k, 1), scattered(k * n, 2));
            let bias = scattered(n, 3);
            for turned in 0..4 {
                let a = match turned & 1 {
                    0 => Matrix::new(&a, m, k, k),
                    _ => Matrix::new(&a, k, m, m).transposed(),
                };
                let b = match turned & 2 {
                    0 => Matrix::new(&b, k, n, n),
                    _ => Matrix::new(&b, n, k, k).transposed(),
                };
                let stride = n + 3;
                let mut values = vec![7.0; m * stride];
                let target = Target {
                    values: &mut values,
                    row_stride: stride,
                    start: Start::Bias(&bias),
                };
                multiply(target, a, b, -0.5);
                worst = worst.max(error(&values, stride, a, b, &bias));
                let gaps = values.chunks(stride).flat_map(|row| &row[n..]);
                assert!(
                    gaps.copied().all(|value| value == 7.0),
                    "the gaps between rows were written"
                );
                let target = Target {
                    values: &mut values,
                    row_stride: stride,
                    start: Start::Sum,
                };
                multiply(target, a, b, 0.5);
                let rest = values
                    .chunks(stride)
                    .flat_map(|row| row[..n].iter().zip(&bias));
                for (value, bias) in rest {
                    assert!(
                        (value - bias).abs() < 1e-4,
                        "adding the opposite leaves {value}, not {bias}"
                    );
                }
            }
        }
        worst
    }

    #[test]
    fn products_are_as_exact_as_f32() {
        for threads in [Threads::One, Threads::All] {
            let error = worst(|target, a, b, scale| {
                multiply(target, a, b, scale, Precision::F32, threads);
            });
            // Sums of up to 512 products, each rounded by 6e-8 of the sum.
            assert!(error < 2e-6, "{error:e}");
        }
    }

    #[test]
    fn products_in_bf16_keep_two_digits() {
        let error = worst(|target, a, b, scale| {
            multiply(target, a, b, scale, Precision::Bf16, Threads::All);
        });
        assert!(error < 5e-3, "{error:e}");
    }

    /// Not only the engine that [`multiply`] prefers.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn every_engine_of_this_processor_is_as_exact_as_its_operands() {
        for (engine, bound) in packed::Engine::all() {
            for threads in [Threads::One, Threads::All] {
                let error = worst(|target, a, b, scale| {
                    packed::multiply(engine, target, a, b, scale, threads);
                });
                assert!(error < bound, "{engine:?}: {error:e}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "reaches beyond")]
    fn an_operand_that_is_too_short_is_refused() {
        let mut target = [0.0; 4];
        let short = [1.0; 3];
        multiply(
            Target {
                values: &mut target,
                row_stride: 2,
                start: Start::Zero,
            },
            Matrix::new(&short, 2, 2, 2),
            Matrix::new(&[1.0; 4], 2, 2, 2),
            1.0,
            Precision::F32,
            Threads::One,
        );
    }
}
