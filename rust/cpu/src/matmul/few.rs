//! Products of few rows with a factor that is not worth packing: each of its elements is used a few times only.

use ferrotorch_kernel::Result;
use ferrotorch_kernel::scalar::Scalar;

use super::blocked;
use super::dots::{FEW_ROWS, dots};
use super::matrix::{Matrix, MatrixMut, Scratch};
use super::number::Number;
use super::pack::Source;
use super::vector;

/// Elements of a factor that are widened together, which stay in the first-level cache.
const WIDENED: usize = 1 << 12;

/// So many rows of a half type take less time in the dtype of the arithmetic.
const FEW_WIDENED: usize = 8;

/// `c (+)= a @ b`, on the caller's thread.
pub(crate) fn few_rows<S: Source<T>, T: Number>(a: Matrix<S>, b: Matrix<S>, c: MatrixMut<T>, accumulate: bool) -> Result<()> {
    let by_columns = b.step()[0] == 1 && a.cols() > 1;
    if a.rows() == 1 && b.step()[1] == 1 {
        return sums_of_rows(a, b, c, accumulate);
    }
    match (a.same_type::<T>(), b.same_type::<T>()) {
        (Ok(a), Ok(b)) => {
            if by_columns && a.step()[1] == 1 && a.rows() <= FEW_ROWS && T::DTYPE.is_float() {
                dots_of_any_length(a, b.t(), c, accumulate)
            } else {
                blocked::product(T::from_scalar(Scalar::Int(1)), a, b, c, accumulate)
            }
        }
        _ if a.rows() <= FEW_WIDENED && (by_columns || b.step()[1] == 1) => widened(a, b, by_columns, c, accumulate),
        _ => blocked::product(T::from_scalar(Scalar::Int(1)), a, b, c, accumulate),
    }
}

/// `c (+)= a @ b` of one row and a matrix whose rows are contiguous.
fn sums_of_rows<S: Source<T>, T: Number>(a: Matrix<S>, b: Matrix<S>, mut c: MatrixMut<T>, accumulate: bool) -> Result<()> {
    let (mut factors, mut sums) = (Scratch::new::<T>(a.cols())?, Scratch::new::<T>(b.cols())?);
    factors.with(|factors: &mut [T]| {
        sums.with(|sums: &mut [T]| {
            factors.iter_mut().zip(a.row(0).iter()).for_each(|(f, x)| *f = x.widen());
            vector::sums(b, factors, sums);
            let zero = T::zeroed();
            for (j, &sum) in sums.iter().enumerate() {
                c.set(0, j, if accumulate { c.get(0, j) } else { zero }.plus(sum));
            }
        })
    })?
}

/// `c (+)= a @ b` of a half type, of which some rows or columns of B at a time are widened.
fn widened<S: Source<T>, T: Number>(
    a: Matrix<S>,
    b: Matrix<S>,
    by_columns: bool,
    mut c: MatrixMut<T>,
    accumulate: bool,
) -> Result<()> {
    let ([rows, terms], lines) = (a.size(), if by_columns { b.t() } else { b });
    let [count, length] = lines.size();
    let step = (WIDENED / length.max(1)).clamp(1, count.max(1));
    Scratch::new::<T>(rows * terms + step * length)?.with(|room: &mut [T]| {
        let (left, right) = room.split_at_mut(rows * terms);
        for (i, wide) in left.chunks_exact_mut(terms).enumerate() {
            wide.iter_mut().zip(a.row(i).iter()).for_each(|(wide, x)| *wide = x.widen());
        }
        let left = Matrix::from_slice(left, rows, terms);
        for part in (0..count).step_by(step).map(|start| start..count.min(start + step)) {
            for (i, wide) in part.clone().zip(right.chunks_exact_mut(length)) {
                S::widen_all(lines.row_slice(i).unwrap_or_default(), wide);
            }
            let right = Matrix::from_slice(right, part.len(), length);
            if by_columns {
                few_rows(left, right.t(), c.part([0..rows, part]), accumulate)?;
            } else {
                let accumulate = accumulate || part.start > 0;
                few_rows(left.block([0..rows, part]), right, c.reborrow(), accumulate)?;
            }
        }
        Ok(())
    })?
}

/// `c (+)= a @ b^T` of rows whose elements are neighbours.
pub(super) fn dots_of_any_length<T: Number>(a: Matrix<T>, b: Matrix<T>, mut c: MatrixMut<T>, accumulate: bool) -> Result<()> {
    let (k, kernel, [rows, cols]) = (a.cols(), T::kernel(), c.size());
    let len = k - k % kernel.lanes;
    if len > 0 {
        dots(&kernel, a.block([0..rows, 0..len]), b.block([0..cols, 0..len]), c.reborrow(), accumulate);
    }
    if len == k {
        return Ok(());
    }
    // The ends of the rows, filled with zeros.
    let lanes = kernel.lanes;
    Scratch::new::<T>((rows + cols) * lanes)?.with(|ends: &mut [T]| {
        ends.fill(T::zeroed());
        let every_row = (0..rows).map(|i| a.row_slice(i)).chain((0..cols).map(|j| b.row_slice(j)));
        for (row, end) in every_row.zip(ends.chunks_exact_mut(lanes)) {
            end[..k - len].copy_from_slice(&row.unwrap_or_default()[len..]);
        }
        let (a, b) = ends.split_at(rows * lanes);
        dots(&kernel, Matrix::from_slice(a, rows, lanes), Matrix::from_slice(b, cols, lanes), c, accumulate || len > 0);
    })
}
