//! `P A = L U` with partial pivoting, in place: L below the diagonal, which is 1, U on and above it.

use num_traits::Zero;

use crate::block::{Block, BlockMut, Multiply, Workspace, copy_of};
use crate::number::Number;
use crate::poll::stops;
use crate::triangular::{Diagonal, Triangle, solve_columns};
use crate::vector::{add_scaled, two_rows};

/// Columns of a panel of large matrices.
const PANEL: usize = 32;

/// Factors an `m x n` matrix. Row `i` was exchanged with row `pivots[i]`, counted from 1, in that order. Returns the number of the
/// first pivot that is zero, counted from 1; 0 if there is none.
pub fn factor<T: Number>(
    a: &mut [T],
    [m, n]: [usize; 2],
    pivots: &mut [i32],
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) -> usize {
    match [m, n] {
        [2, 2] => return factor_in_registers::<T, 2>(a, pivots),
        [3, 3] => return factor_in_registers::<T, 3>(a, pivots),
        [4, 4] => return factor_in_registers::<T, 4>(a, pivots),
        _ => {}
    }
    let k = m.min(n);
    if k <= 2 * PANEL {
        return factor_panel(a, [m, n], [0, k], n, pivots);
    }
    let mut info = 0;
    for start in (0..k).step_by(PANEL) {
        if stops(k) {
            break;
        }
        let end = k.min(start + PANEL);
        let zero = factor_panel(a, [m, n], [start, end], end, pivots);
        info = if info == 0 { zero } else { info };
        if end == n {
            continue;
        }
        let (above, below) = a.split_at_mut(end * n);
        let rows = &mut above[start * n..];
        let mut diagonal = [T::zero(); PANEL * PANEL];
        let width = end - start;
        copy_of(Block::columns(rows, n, start..end), &mut diagonal[..width * width]);
        let lower = Diagonal { a: &diagonal, n: width, upper: false, unit: true };
        solve_columns(lower, rows, n, end..n, products);
        let left = workspace.zeros(below.len() / n * width);
        copy_of(Block::columns(below, n, start..end), left);
        let top = Block::columns(rows, n, end..n);
        products.multiply_add(-T::one(), Block::whole(left, width), top, BlockMut::columns(below, n, end..n));
    }
    info
}

/// [`factor`] of a matrix of a size that is known when it is compiled.
fn factor_in_registers<T: Number, const N: usize>(a: &mut [T], pivots: &mut [i32]) -> usize {
    let mut rows: [[T; N]; N] = std::array::from_fn(|i| std::array::from_fn(|j| a[i * N + j]));
    let mut info = 0;
    for k in 0..N {
        let mut pivot = k;
        for i in k + 1..N {
            if rows[i][k].size() > rows[pivot][k].size() {
                pivot = i;
            }
        }
        pivots[k] = pivot as i32 + 1;
        if rows[pivot][k].is_zero() {
            info = if info == 0 { k + 1 } else { info };
            continue;
        }
        rows.swap(k, pivot);
        let row = rows[k];
        let inverse = T::one() / row[k];
        for other in &mut rows[k + 1..] {
            let factor = other[k] * inverse;
            other[k] = factor;
            (k + 1..N).for_each(|j| other[j] -= factor * row[j]);
        }
    }
    a.chunks_exact_mut(N).zip(&rows).for_each(|(to, row)| to.copy_from_slice(row));
    info
}

/// Factors columns `start..end`, changing columns up to `last`; rows are exchanged whole.
fn factor_panel<T: Number>(a: &mut [T], [m, n]: [usize; 2], [start, end]: [usize; 2], last: usize, pivots: &mut [i32]) -> usize {
    let mut info = 0;
    for k in start..end {
        let mut pivot = k;
        for i in k + 1..m {
            if a[i * n + k].size() > a[pivot * n + k].size() {
                pivot = i;
            }
        }
        pivots[k] = pivot as i32 + 1;
        if a[pivot * n + k].is_zero() {
            info = if info == 0 { k + 1 } else { info };
            continue;
        }
        if pivot != k {
            let (x, y) = two_rows(a, n, k, pivot);
            x.swap_with_slice(y);
        }
        let (above, below) = a.split_at_mut((k + 1) * n);
        let row = &above[k * n..];
        let inverse = T::one() / row[k];
        for other in below.chunks_exact_mut(n) {
            let factor = other[k] * inverse;
            other[k] = factor;
            add_scaled(-factor, &row[k + 1..last], &mut other[k + 1..last]);
        }
    }
    info
}

/// Exchanges rows of a matrix of `n` columns as a factorisation did, or in the opposite order.
pub fn exchange_rows<T>(b: &mut [T], n: usize, pivots: &[i32], backwards: bool) {
    let mut exchange = |i: usize| {
        let other = (pivots[i] as usize).wrapping_sub(1);
        if other > i && (other + 1) * n <= b.len() {
            let (x, y) = two_rows(b, n, i, other);
            x.swap_with_slice(y);
        }
    };
    if backwards { (0..pivots.len()).rev().for_each(&mut exchange) } else { (0..pivots.len()).for_each(&mut exchange) }
}

/// Solves `A X = B` in place, given the factors of A.
pub fn solve<T: Number>(lu: &[T], n: usize, pivots: &[i32], b: &mut [T], cols: usize, products: &impl Multiply<T>) {
    let triangle = |upper| Triangle { a: lu, n, upper, unit: !upper, transposed: false };
    exchange_rows(b, cols, pivots, false);
    triangle(false).solve(b, cols, products);
    triangle(true).solve(b, cols, products);
}

/// Solves `A^T X = B` in place, given the factors of A.
pub fn solve_transposed<T: Number>(lu: &[T], n: usize, pivots: &[i32], b: &mut [T], cols: usize, products: &impl Multiply<T>) {
    let triangle = |upper| Triangle { a: lu, n, upper, unit: !upper, transposed: true };
    triangle(true).solve(b, cols, products);
    triangle(false).solve(b, cols, products);
    exchange_rows(b, cols, pivots, true);
}

/// The product of the diagonal of U, with the sign of the exchanges.
pub fn determinant<T: Number>(lu: &[T], n: usize, pivots: &[i32]) -> T {
    let product = (0..n).fold(T::one(), |product, i| product * lu[i * n + i]);
    if is_odd(&pivots[..n]) { -product } else { product }
}

/// The determinant over its modulus, and the logarithm of the modulus: 0 and minus infinity of a singular matrix.
pub fn sign_and_logarithm<T: Number>(lu: &[T], n: usize, pivots: &[i32]) -> (T, T::Real) {
    use num_traits::Float;
    let (mut sign, mut logarithm) = (if is_odd(&pivots[..n]) { -T::one() } else { T::one() }, T::Real::zero());
    for i in 0..n {
        let pivot = lu[i * n + i];
        let modulus = pivot.modulus();
        logarithm += Float::ln(modulus);
        sign *= direction(pivot, modulus);
    }
    (sign, logarithm)
}

/// A number over its modulus: of a real one the sign, which NaN has none of.
fn direction<T: Number>(x: T, modulus: T::Real) -> T {
    if T::IS_COMPLEX && !modulus.is_zero() {
        return T::of_parts(x.re() / modulus, x.im() / modulus);
    }
    let re = x.re();
    if re > T::Real::zero() {
        T::one()
    } else if re < T::Real::zero() {
        -T::one()
    } else {
        T::zero()
    }
}

/// Were rows exchanged an odd number of times?
fn is_odd(pivots: &[i32]) -> bool {
    pivots.iter().enumerate().filter(|&(i, &pivot)| pivot != i as i32 + 1).count() % 2 == 1
}
