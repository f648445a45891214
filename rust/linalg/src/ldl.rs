//! `A = L D L^T` of symmetric, or `L D L^H` of Hermitian matrices by the pivoting of Bunch and Kaufman (LAPACK's `sytf2`, lower). Rows of
//! L to the left of an exchange are not exchanged with the rest.

use num_traits::{Float, Zero};

use crate::block::{Multiply, Workspace};
use crate::loops::Loop;
use crate::number::{Number, Real};
use crate::poll::stops;
use crate::triangular::Triangle;
use crate::vector::two_rows;

/// Of a symmetric matrix the element itself, of a Hermitian one its conjugate.
fn mirror<T: Number>(x: T, hermitian: bool) -> T {
    if hermitian { x.conj() } else { x }
}

/// Factors an `n x n` matrix, of which the lower triangle is read and written. Pivots are counted from 1; those of a 2 x 2 block of D
/// are negative. Returns the number of the first block that is zero; 0 if there is none.
pub fn factor<T: Number>(
    a: &mut [T],
    n: usize,
    hermitian: bool,
    pivots: &mut [i32],
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) -> usize {
    let columns = workspace.zeros(2 * n);
    let alpha = (T::Real::of(1.0) + Float::sqrt(T::Real::of(17.0))) / T::Real::of(8.0);
    let (mut k, mut info) = (0, 0);
    while k < n && !stops(n) {
        let (width, pivot, zero) = choose(a, n, k, alpha, hermitian);
        if zero {
            info = if info == 0 { k + 1 } else { info };
            pivots[k] = k as i32 + 1;
            k += 1;
            continue;
        }
        let at = k + width - 1;
        if pivot != at {
            exchange(a, n, at, pivot, k, hermitian);
        }
        if width == 1 {
            pivots[k] = pivot as i32 + 1;
        } else {
            pivots[k] = -(pivot as i32 + 1);
            pivots[k + 1] = pivots[k];
        }
        products.vectorized(Eliminate { a: &mut *a, n, k, width, hermitian, columns: &mut *columns });
        k += width;
    }
    info
}

/// The modulus of a diagonal element, which is real in a Hermitian matrix.
fn diagonal<T: Number>(x: T, hermitian: bool) -> T::Real {
    if hermitian { x.re().size() } else { x.size() }
}

/// Rows of the next block, the row to be exchanged with its last, and whether the column is zero.
fn choose<T: Number>(a: &mut [T], n: usize, k: usize, alpha: T::Real, hermitian: bool) -> (usize, usize, bool) {
    let own = diagonal(a[k * n + k], hermitian);
    let largest = |best: usize, i: usize| if a[i * n + k].size() > a[best * n + k].size() { i } else { best };
    let Some(row) = (k + 1..n).reduce(largest) else { return (1, k, own.is_zero() || own.is_nan()) };
    let in_column = a[row * n + k].size();
    if Float::max(own, in_column).is_zero() || own.is_nan() {
        return (1, k, true);
    }
    if own >= alpha * in_column {
        return (1, k, false);
    }
    let left = a[row * n + k..row * n + row].iter().map(|x| x.size());
    let below = (row + 1..n).map(|i| a[i * n + row].size());
    let in_row = left.chain(below).fold(T::Real::zero(), Float::max);
    if own >= alpha * in_column * (in_column / in_row) {
        (1, k, false)
    } else if diagonal(a[row * n + row], hermitian) >= alpha * in_row {
        (1, row, false)
    } else {
        (2, row, false)
    }
}

/// Exchanges rows and columns `i < j` of what is not yet factored, which begins with column `k`.
fn exchange<T: Number>(a: &mut [T], n: usize, i: usize, j: usize, k: usize, hermitian: bool) {
    for row in j + 1..n {
        a.swap(row * n + i, row * n + j);
    }
    for between in i + 1..j {
        let (x, y) = (a[between * n + i], a[j * n + between]);
        a[between * n + i] = mirror(y, hermitian);
        a[j * n + between] = mirror(x, hermitian);
    }
    a[j * n + i] = mirror(a[j * n + i], hermitian);
    a.swap(i * n + i, j * n + j);
    let (x, y) = two_rows(a, n, i, j);
    x[k..i].swap_with_slice(&mut y[k..i]);
}

/// An elimination of column `k`, or of it and the next one; there is memory for both.
struct Eliminate<'a, T> {
    a: &'a mut [T],
    n: usize,
    k: usize,
    width: usize,
    hermitian: bool,
    columns: &'a mut [T],
}

impl<T: Number> Loop for Eliminate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Eliminate { a, n, k, width, hermitian, columns } = self;
        let next = k + width;
        let (first, second) = columns.split_at_mut(n);
        for i in next..n {
            first[i] = mirror(a[i * n + k], hermitian);
            second[i] = if width == 2 { mirror(a[i * n + k + 1], hermitian) } else { T::zero() };
        }
        let block = Pivot::of(a, n, k, width, hermitian);
        a[k * n + k] = block.d11;
        for (i, row) in a.chunks_exact_mut(n).enumerate().skip(next) {
            let (p, q) = (&first[next..i + 1], &second[next..i + 1]);
            if width == 1 {
                row[k] /= block.d11;
                let factor = row[k];
                row[next..i + 1].iter_mut().zip(p).for_each(|(x, &p)| *x -= factor * p);
            } else {
                let (x, y) = (row[k], row[k + 1]);
                let (l1, l2) =
                    ((x * block.d22 - y * block.d21) / block.determinant, (y * block.d11 - x * block.d12) / block.determinant);
                row[next..i + 1].iter_mut().zip(p.iter().zip(q)).for_each(|(x, (&p, &q))| *x -= l1 * p + l2 * q);
                (row[k], row[k + 1]) = (l1, l2);
            }
        }
    }
}

/// A block of D; of a single number the rest is nothing.
struct Pivot<T> {
    d11: T,
    d21: T,
    d12: T,
    d22: T,
    determinant: T,
}

impl<T: Number> Pivot<T> {
    /// The block of rows from `k` on.
    #[inline(always)]
    fn of(a: &[T], n: usize, k: usize, width: usize, hermitian: bool) -> Self {
        let on = |i: usize| if hermitian { T::of_real(a[i * n + i].re()) } else { a[i * n + i] };
        let (d11, zero) = (on(k), T::zero());
        if width == 1 {
            return Pivot { d11, d21: zero, d12: zero, d22: zero, determinant: d11 };
        }
        let (d21, d22) = (a[(k + 1) * n + k], on(k + 1));
        let d12 = mirror(d21, hermitian);
        Pivot { d11, d21, d12, d22, determinant: d11 * d22 - d21 * d12 }
    }

    /// Divides rows `k` and following of a matrix of `cols` columns by the block.
    fn divide(&self, b: &mut [T], cols: usize, k: usize, width: usize) {
        if width == 1 {
            b[k * cols..(k + 1) * cols].iter_mut().for_each(|x| *x /= self.d11);
            return;
        }
        let (x, y) = two_rows(b, cols, k, k + 1);
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = ((self.d22 * *x - self.d12 * *y) / self.determinant, (self.d11 * *y - self.d21 * *x) / self.determinant);
        }
    }
}

/// The first row, the number of rows and the pivot of each block of D.
fn blocks(pivots: &[i32]) -> Vec<(usize, usize, i32)> {
    let (mut blocks, mut k) = (Vec::with_capacity(pivots.len()), 0);
    while k < pivots.len() {
        let width = if pivots[k] > 0 || k + 1 == pivots.len() { 1 } else { 2 };
        blocks.push((k, width, pivots[k]));
        k += width;
    }
    blocks
}

/// Solves `A X = B` in place for a matrix of `cols` columns.
pub fn solve<T: Number>(
    ld: &[T],
    n: usize,
    hermitian: bool,
    pivots: &[i32],
    b: &mut [T],
    cols: usize,
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) {
    let (l, blocks) = (workspace.zeros(n * n), blocks(&pivots[..n]));
    l.copy_from_slice(ld);
    for &(k, width, pivot) in &blocks {
        // Rows of L as later exchanges have them, and what belongs to D.
        swap_rows(l, n, k + width - 1, pivot, k);
        swap_rows(b, cols, k + width - 1, pivot, cols);
        l[(k + width - 1) * n + k..(k + width - 1) * n + k + width - 1].fill(T::zero());
    }
    Triangle { a: l, n, upper: false, unit: true, transposed: false }.solve(b, cols, products);
    for &(k, width, _) in &blocks {
        Pivot::of(ld, n, k, width, hermitian).divide(b, cols, k, width);
    }
    if hermitian {
        l.iter_mut().for_each(|x| *x = x.conj());
    }
    Triangle { a: l, n, upper: false, unit: true, transposed: true }.solve(b, cols, products);
    for &(k, width, pivot) in blocks.iter().rev() {
        swap_rows(b, cols, k + width - 1, pivot, cols);
    }
}

/// Exchanges the first `count` elements of row `i` and that of a pivot.
fn swap_rows<T>(b: &mut [T], stride: usize, i: usize, pivot: i32, count: usize) {
    let other = (pivot.unsigned_abs() as usize).wrapping_sub(1);
    if other > i && other < b.len() / stride.max(1) {
        let (x, y) = two_rows(b, stride, i, other);
        x[..count].swap_with_slice(&mut y[..count]);
    }
}
