//! Matrix products on slices, on the calling thread: bounds are checked once, the `gemm` crate multiplies.

use rayon::prelude::*;

/// Rows that are summed in f32 before they are added to a sum in f64.
const SUMMED_ROWS: usize = 1024;
/// Rows and columns of a part of a sum over rows, which is one thread's work.
const PART: (usize, usize) = (128, 256);

/// A read-only matrix inside a slice: element (r, c) at `r · row_stride + c · column_stride`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows of `columns` values, one after the other.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Self {
            values,
            rows: values.len().checked_div(columns).unwrap_or(0),
            columns,
            row_stride: columns,
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

    /// `rows` rows from `row` on and `columns` columns from `column` on.
    fn part(self, (row, rows): (usize, usize), (column, columns): (usize, usize)) -> Self {
        let start = row * self.row_stride + column * self.column_stride;
        Self {
            values: &self.values[start..],
            rows,
            columns,
            ..self
        }
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride
                < self.values.len()
    }
}

/// `target ← a · b`.
///
/// # Shapes
/// a `[m, k]`, b `[k, n]`, target `[m, n]`.
///
/// # Panics
/// When the shapes do not agree.
pub(super) fn multiply(target: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner dimensions of a product");
    assert_eq!(target.len(), m * n, "room for the product");
    assert!(a.fits() && b.fits(), "an operand reaches beyond its slice");
    #[expect(unsafe_code, reason = "the gemm crate has no safe interface")]
    // SAFETY: the assertions show that every element of a and b that is read lies inside its slice and
    // that `target`, whose rows lie one after the other, holds exactly the product. It is borrowed
    // mutably, so it aliases neither operand. The strides are bounded by the length of a slice, so
    // they fit `isize`. The target is not read.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            target.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// A sum of aᵀ · b over rows of a and b that come in pieces.
///
/// Products of [`SUMMED_ROWS`] rows are f32, their sum is f64. Parts of the sum are the threads' work,
/// and each part adds the rows in their order, so the bits do not depend on the number of threads.
pub(super) struct Sum {
    rows: usize,
    columns: usize,
    parts: Vec<Part>,
}

struct Part {
    rows: (usize, usize),
    columns: (usize, usize),
    total: Vec<f64>,
    piece: Vec<f32>,
}

impl Sum {
    /// Zero.
    ///
    /// # Shapes
    /// `[rows, columns]`.
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let cut = |length: usize, size: usize| {
            (0..length)
                .step_by(size)
                .map(move |start| (start, size.min(length - start)))
        };
        let parts = cut(rows, PART.0)
            .flat_map(|rows| cut(columns, PART.1).map(move |columns| (rows, columns)))
            .map(|(rows, columns)| Part {
                rows,
                columns,
                total: vec![0.0; rows.1 * columns.1],
                piece: vec![0.0; rows.1 * columns.1],
            })
            .collect();
        Self {
            rows,
            columns,
            parts,
        }
    }

    /// Back to zero.
    pub(super) fn clear(&mut self) {
        for part in &mut self.parts {
            part.total.fill(0.0);
        }
    }

    /// Adds aᵀ · b.
    ///
    /// # Shapes
    /// a `[n, rows]`, b `[n, columns]`.
    pub(super) fn add(&mut self, a: &[f32], b: &[f32]) {
        let (a, b) = (Matrix::new(a, self.rows), Matrix::new(b, self.columns));
        self.parts.par_iter_mut().for_each(|part| {
            for start in (0..a.rows).step_by(SUMMED_ROWS) {
                let piece = (start, SUMMED_ROWS.min(a.rows - start));
                multiply(
                    &mut part.piece,
                    a.part(piece, part.rows).transposed(),
                    b.part(piece, part.columns),
                );
                for (total, value) in part.total.iter_mut().zip(&part.piece) {
                    *total += f64::from(*value);
                }
            }
        });
    }

    /// Writes the sum down.
    ///
    /// # Shapes
    /// target `[rows, columns]`.
    pub(super) fn write(&self, target: &mut [f64]) {
        for part in &self.parts {
            let rows = part.total.chunks_exact(part.columns.1);
            for (row, values) in (part.rows.0..).zip(rows) {
                let start = row * self.columns + part.columns.0;
                target[start..start + values.len()].copy_from_slice(values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_a_transposed_operand_is_exact_on_small_integers() {
        let (a, b) = (
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            [1.0, 0.0, 1.0, 0.0, 1.0, 1.0],
        );
        let mut target = [9.0; 4];
        multiply(
            &mut target,
            Matrix::new(&a, 3),
            Matrix::new(&b, 3).transposed(),
        );
        assert_eq!(target, [4.0, 5.0, 10.0, 11.0]);
    }

    #[test]
    fn a_sum_over_pieces_of_rows_is_the_sum_over_all_rows() {
        let (rows, columns, n) = (130, 259, 1500);
        let value = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f32 - 5.0;
        let a: Vec<f32> = (0..n * rows)
            .map(|at| value(at / rows, at % rows))
            .collect();
        let b: Vec<f32> = (0..n * columns)
            .map(|at| value(at / columns, at % columns + 1))
            .collect();
        let mut sum = Sum::new(rows, columns);
        sum.add(&a, &b);
        sum.clear();
        sum.add(&a[..400 * rows], &b[..400 * columns]);
        sum.add(&a[400 * rows..], &b[400 * columns..]);
        let mut total = vec![0.0; rows * columns];
        sum.write(&mut total);
        for (row, column) in [(0, 0), (129, 258), (128, 256), (5, 255)] {
            let expected: f32 = (0..n).map(|i| value(i, row) * value(i, column + 1)).sum();
            assert_eq!(total[row * columns + column], f64::from(expected));
        }
    }
}
