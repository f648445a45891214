//! `A = L D L^T` of symmetric, or `L D L^H` of Hermitian matrices by the pivoting of Bunch and Kaufman (LAPACK's `sytf2`, lower).

use num_traits::{Float, Zero};

use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::{add_scaled, two_rows};

/// Of a symmetric matrix the element itself, of a Hermitian one its conjugate.
fn mirror<T: Number>(x: T, hermitian: bool) -> T {
    if hermitian { x.conj() } else { x }
}

/// Factors an `n x n` matrix, of which the lower triangle is read and written. Pivots are counted from 1; those of a 2 x 2 block of D
/// are negative. Returns the number of the first block that is zero; 0 if there is none.
pub fn factor<T: Number>(a: &mut [T], n: usize, hermitian: bool, pivots: &mut [i32]) -> usize {
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
            eliminate_one(a, n, k, hermitian);
            pivots[k] = pivot as i32 + 1;
        } else {
            eliminate_two(a, n, k, hermitian);
            pivots[k] = -(pivot as i32 + 1);
            pivots[k + 1] = pivots[k];
        }
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

/// Eliminates column `k`.
fn eliminate_one<T: Number>(a: &mut [T], n: usize, k: usize, hermitian: bool) {
    let pivot = if hermitian { T::of_real(a[k * n + k].re()) } else { a[k * n + k] };
    a[k * n + k] = pivot;
    for i in (k + 1..n).rev() {
        let factor = a[i * n + k] / pivot;
        for j in k + 1..=i {
            let other = mirror(a[j * n + k], hermitian);
            a[i * n + j] -= factor * other;
        }
    }
    (k + 1..n).for_each(|i| a[i * n + k] /= pivot);
}

/// Eliminates columns `k` and `k + 1`.
fn eliminate_two<T: Number>(a: &mut [T], n: usize, k: usize, hermitian: bool) {
    let (d11, d21, d22) = (a[k * n + k], a[(k + 1) * n + k], a[(k + 1) * n + k + 1]);
    let d12 = mirror(d21, hermitian);
    let determinant = d11 * d22 - d21 * d12;
    // Rows of L from the last on: what a row is updated with has not been replaced yet.
    for i in (k + 2..n).rev() {
        let (x, y) = (a[i * n + k], a[i * n + k + 1]);
        let (l1, l2) = ((x * d22 - y * d21) / determinant, (y * d11 - x * d12) / determinant);
        for j in k + 2..=i {
            let (p, q) = (mirror(a[j * n + k], hermitian), mirror(a[j * n + k + 1], hermitian));
            a[i * n + j] -= l1 * p + l2 * q;
        }
        a[i * n + k] = l1;
        a[i * n + k + 1] = l2;
    }
}

/// Solves `A X = B` in place for a matrix of `cols` columns.
pub fn solve<T: Number>(ld: &[T], n: usize, hermitian: bool, pivots: &[i32], b: &mut [T], cols: usize) {
    let mut k = 0;
    while k < n {
        let width = if pivots[k] > 0 { 1 } else { 2 };
        swap_rows(b, cols, k + width - 1, pivots[k]);
        for i in k + width..n {
            for j in k..k + width {
                let (x, y) = two_rows(b, cols, j, i);
                add_scaled(-ld[i * n + j], x, y);
            }
        }
        divide(ld, n, hermitian, b, cols, k, width);
        k += width;
    }
    let mut end = n;
    while end > 0 {
        let width = if pivots[end - 1] > 0 { 1 } else { 2 };
        let k = end.saturating_sub(width);
        for i in end..n {
            for j in k..end {
                let (x, y) = two_rows(b, cols, j, i);
                add_scaled(-mirror(ld[i * n + j], hermitian), y, x);
            }
        }
        swap_rows(b, cols, end - 1, pivots[k]);
        end = k;
    }
}

fn swap_rows<T>(b: &mut [T], cols: usize, i: usize, pivot: i32) {
    let other = (pivot.unsigned_abs() as usize).wrapping_sub(1);
    if other > i && (other + 1) * cols <= b.len() {
        let (x, y) = two_rows(b, cols, i, other);
        x.swap_with_slice(y);
    }
}

/// Divides by a block of D.
fn divide<T: Number>(ld: &[T], n: usize, hermitian: bool, b: &mut [T], cols: usize, k: usize, width: usize) {
    if width == 1 {
        let pivot = ld[k * n + k];
        b[k * cols..(k + 1) * cols].iter_mut().for_each(|x| *x /= pivot);
        return;
    }
    let (d11, d21, d22) = (ld[k * n + k], ld[(k + 1) * n + k], ld[(k + 1) * n + k + 1]);
    let d12 = mirror(d21, hermitian);
    let determinant = d11 * d22 - d21 * d12;
    let (x, y) = two_rows(b, cols, k, k + 1);
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = ((d22 * *x - d12 * *y) / determinant, (d11 * *y - d21 * *x) / determinant);
    }
}
