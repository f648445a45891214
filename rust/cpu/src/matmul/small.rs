//! Products of few elements: sums that stay in registers, of factors as they lie. Packing would take longer.

use super::matrix::{Matrix, MatrixMut};
use super::number::Number;
use super::pack::Source;

/// Products of more multiplications gain from packed factors.
const MOST: usize = 1 << 11;
/// Rows that are summed together, so that sums need not wait for one another.
const ROWS: usize = 4;
/// Columns that are summed together.
const COLUMNS: usize = 16;

/// Is a product of this kind?
pub(super) fn is_small<S: Source<T>, T: Number>(a: Matrix<S>, b: Matrix<S>) -> bool {
    b.step()[1] == 1 && b.cols() >= COLUMNS / 2 && a.rows() * a.cols() * b.cols() <= MOST
}

crate::simd::dispatch!(add_product<'a; S: Source<T>, T: Number>(alpha: T, a: Matrix<'a, S>, b: Matrix<'a, S>, out: MatrixMut<'a, T>, adds: bool) => product_loop);

/// `out = alpha * a @ b`, or with `adds` `out += alpha * a @ b`; the rows of `b` are contiguous.
#[inline(always)]
fn product_loop<S: Source<T>, T: Number>(alpha: T, a: Matrix<S>, b: Matrix<S>, mut out: MatrixMut<T>, adds: bool) {
    let [rows, columns] = out.size();
    for row in (0..rows).step_by(ROWS) {
        let height = ROWS.min(rows - row);
        let a = a.block([row..row + height, 0..a.cols()]);
        let mut out = out.part([row..row + height, 0..columns]);
        let mut column = 0;
        while column + COLUMNS <= columns {
            tile::<S, T, COLUMNS>(alpha, a, b, column, out.part([0..height, column..column + COLUMNS]), adds);
            column += COLUMNS;
        }
        if column + COLUMNS / 2 <= columns {
            tile::<S, T, { COLUMNS / 2 }>(alpha, a, b, column, out.part([0..height, column..column + COLUMNS / 2]), adds);
            column += COLUMNS / 2;
        }
        (column..columns)
            .for_each(|column| tile::<S, T, 1>(alpha, a, b, column, out.part([0..height, column..column + 1]), adds));
    }
}

/// The sums of at most [`ROWS`] rows and the columns from `first` on.
#[inline(always)]
fn tile<S: Source<T>, T: Number, const C: usize>(
    alpha: T,
    a: Matrix<S>,
    b: Matrix<S>,
    first: usize,
    mut out: MatrixMut<T>,
    adds: bool,
) {
    // The last row stands in for those that are missing.
    let rows: [usize; ROWS] = std::array::from_fn(|i| i.min(a.rows() - 1));
    let [mut sums0, mut sums1, mut sums2, mut sums3] = [[T::zeroed(); C]; ROWS];
    for k in 0..a.cols() {
        let Some(b) = b.row_slice(k).and_then(|row| row[first..].first_chunk::<C>()) else { return };
        add(&mut sums0, a.get(rows[0], k).widen(), b);
        add(&mut sums1, a.get(rows[1], k).widen(), b);
        add(&mut sums2, a.get(rows[2], k).widen(), b);
        add(&mut sums3, a.get(rows[3], k).widen(), b);
    }
    for (i, sums) in [sums0, sums1, sums2, sums3].iter().enumerate().take(a.rows()) {
        for (j, sum) in sums.iter().enumerate() {
            let start = if adds { out.get(i, j) } else { T::zeroed() };
            out.set(i, j, sum.mul_add(alpha, start));
        }
    }
}

/// `sums += a * b`
#[inline(always)]
fn add<S: Source<T>, T: Number, const C: usize>(sums: &mut [T; C], a: T, b: &[S; C]) {
    for j in 0..C {
        sums[j] = a.mul_add(b[j].widen(), sums[j]);
    }
}
