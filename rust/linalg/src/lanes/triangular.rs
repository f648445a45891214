//! Systems of equations with triangular matrices.

use super::{Lanes, subtract, zip};
use crate::number::Real;

/// Solves `A X = B` in place for the upper or lower triangle of `n x n` matrices, whose diagonal counts as 1 where `unit`.
#[inline(always)]
pub fn solve_triangular<T: Real, const L: usize>(
    a: &[Lanes<T, L>],
    n: usize,
    b: &mut [Lanes<T, L>],
    cols: usize,
    [upper, unit]: [bool; 2],
) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        for j in if upper { i + 1..n } else { 0..i } {
            subtract(b, [j * cols, i * cols], cols, &a[i * n + j]);
        }
        if !unit {
            let pivot = a[i * n + i];
            b[i * cols..(i + 1) * cols].iter_mut().for_each(|x| *x = zip(x, &pivot, |x, pivot| x / pivot));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_triangle_is_solved_with_and_without_its_diagonal() {
        let a = [[2.0f64], [3.0], [5.0], [4.0]];
        for (upper, unit, expected) in
            [(false, false, [1.0, 0.75]), (true, false, [-2.0, 2.0]), (false, true, [2.0, -2.0]), (true, true, [-22.0, 8.0])]
        {
            let mut x = [[2.0], [8.0]];
            solve_triangular(&a, 2, &mut x, 1, [upper, unit]);
            assert_eq!(x, expected.map(|x| [x]), "{upper} {unit}");
        }
    }
}
