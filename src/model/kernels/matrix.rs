//! Matrix products on slices: bounds are checked once, then the `gemm` crate's kernels run.

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
    /// Whether the product is added to what is there, or replaces it.
    pub(super) add: bool,
}

/// Who computes a product.
#[derive(Clone, Copy)]
pub(super) enum Threads {
    /// The calling thread alone.
    One,
    /// All threads of the pool.
    All,
}

/// `target ← [target +] scale · a · b`.
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
    let parallelism = match threads {
        Threads::One => gemm::Parallelism::None,
        Threads::All => gemm::Parallelism::Rayon(0),
    };
    #[expect(unsafe_code, reason = "the gemm crate has no safe interface")]
    // SAFETY: the assertions above show that every element of a and b that is read lies inside its
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
            target.add,
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

    #[test]
    fn a_product_into_a_strided_target_leaves_the_gaps_alone() {
        let a = [1.0, 2.0, 3.0, 4.0];
        let b = [1.0, 0.0, 1.0, 1.0];
        let mut target = [9.0; 8];
        multiply(
            Target {
                values: &mut target,
                row_stride: 4,
                add: false,
            },
            Matrix::new(&a, 2, 2, 2),
            Matrix::new(&b, 2, 2, 2).transposed(),
            2.0,
            Threads::One,
        );
        assert_eq!(target, [2.0, 6.0, 9.0, 9.0, 6.0, 14.0, 9.0, 9.0]);
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
                add: false,
            },
            Matrix::new(&short, 2, 2, 2),
            Matrix::new(&[1.0; 4], 2, 2, 2),
            1.0,
            Threads::One,
        );
    }
}
