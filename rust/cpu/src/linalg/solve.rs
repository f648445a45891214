//! Systems of equations, inverses, exponentials.

use ferrotorch_kernel::dtype::{c32, c64};
use ferrotorch_kernel::memory::zeros_for;
use ferrotorch_kernel::{Array, Error, Result, match_dtype};
use ferrotorch_linalg::triangular::Triangle;
use ferrotorch_linalg::{Workspace, exponential, ldl, lu};

use super::products::Products;
use super::together::{self, Triangular};
use super::{Items, Scalar, cost, for_each, lines, parts, size, slice};
use crate::parallel::Cost;

/// What solving for `cols` columns takes beside a factorisation.
fn solving(n: usize, cols: usize) -> Cost {
    Cost::streamed(2 * n * n * cols).plus(Cost::single(n))
}

/// The matrices of an array of which each lies column by column, as rows of the transposed ones.
fn transposed(a: &Array) -> Option<Array> {
    let last = a.layout.ndim().checked_sub(1)?;
    let rows = a.with_layout(a.layout.transpose(last.checked_sub(1)?, last));
    (!a.layout.is_contiguous() && rows.layout.is_contiguous()).then_some(rows)
}

/// Runs [`Linalg::SolveTriangular`].
pub(super) fn triangular(upper: bool, unit: bool, a: &Array, b: &Array, outputs: &[Array]) -> Result<()> {
    let (transposed, a) = match transposed(a) {
        Some(rows) => (true, rows),
        None => (false, a.contiguous()?),
    };
    // Which triangle it is in the rows as they lie.
    let triangular = Triangular { upper: upper != transposed, unit, transposed };
    let inputs = [a, b.contiguous()?];
    let small =
        match_dtype!(b.dtype, T in [f32, f64] => together::solve_triangular::<T>(&triangular, &inputs, outputs), else => None);
    match small {
        Some(done) => done,
        None => {
            match_dtype!(@ b.dtype, T, one_by_one::<T>(&triangular, &inputs, outputs), Err(Error::dtype("linalg", b.dtype, "")),
            [Float32 f32, Float64 f64, Complex64 c32, Complex128 c64])
        }
    }
}

fn one_by_one<T: Scalar>(triangular: &Triangular, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let ([n, cols], &Triangular { upper, unit, transposed }) = (size(&inputs[1]), triangular);
    let (a, b, out) = (Items::<T>::of(inputs, 0, 2)?, Items::<T>::of(inputs, 1, 2)?, lines(outputs, 0, 2)?);
    for_each(parts::<T>(&out)?, solving(n, cols), |(): &mut (), i, x| {
        let x = slice(x);
        x.copy_from_slice(b.get(i));
        let triangle = Triangle { a: a.get(i), n, upper, unit, transposed };
        Products::with(|products| triangle.solve(x, cols, products))
    })
}

pub(super) fn lu_solve<T: Scalar>(transposed: bool, conjugated: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, cols] = size(&inputs[2]);
    let (lu, pivots) = (Items::<T>::of(inputs, 0, 2)?, Items::<i32>::of(inputs, 1, 1)?);
    let (b, out) = (Items::<T>::of(inputs, 2, 2)?, lines(outputs, 0, 2)?);
    for_each(parts::<T>(&out)?, solving(n, cols), |other: &mut Workspace<T>, i, x| {
        let (x, mut lu, pivots) = (slice(x), lu.get(i), pivots.get(i));
        x.copy_from_slice(b.get(i));
        if conjugated {
            let changed = other.zeros(n * n);
            changed.iter_mut().zip(lu).for_each(|(to, entry)| *to = entry.conj());
            lu = changed;
        }
        Products::with(|products| {
            let solve = if transposed { lu::solve_transposed } else { lu::solve };
            solve(lu, n, pivots, x, cols, products);
        })
    })
}

/// Factors that are used once.
struct Scratch<T> {
    lu: Vec<T>,
    pivots: Vec<i32>,
    workspace: Workspace<T>,
}

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Scratch { lu: Vec::new(), pivots: Vec::new(), workspace: Workspace::default() }
    }
}

impl<T: Scalar> Scratch<T> {
    /// Solves `A X = B` in place; returns the number of the first pivot that is zero.
    fn solve(&mut self, a: &[T], n: usize, x: &mut [T], cols: usize) -> Result<i32> {
        if self.pivots.len() != n {
            (self.lu, self.pivots) = (zeros_for("linalg.solve", n * n)?, zeros_for("linalg.solve", n)?);
        }
        let Scratch { lu, pivots, workspace } = self;
        lu.copy_from_slice(a);
        Products::with(|products| {
            let info = lu::factor(lu, [n, n], pivots, workspace, products);
            lu::solve(lu, n, pivots, x, cols, products);
            info as i32
        })
    }
}

pub(super) fn solve<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, cols] = size(&inputs[1]);
    let (a, b) = (Items::<T>::of(inputs, 0, 2)?, Items::<T>::of(inputs, 1, 2)?);
    let (out, info) = (lines(outputs, 0, 2)?, lines(outputs, 1, 0)?);
    let cost = cost([n, n]).plus(solving(n, cols));
    for_each((parts::<T>(&out)?, parts::<i32>(&info)?), cost, |scratch: &mut Scratch<T>, i, (x, info)| {
        let x = slice(x);
        x.copy_from_slice(b.get(i));
        slice(info)[0] = scratch.solve(a.get(i), n, x, cols)?;
        Ok(())
    })
}

pub(super) fn inverse<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let (a, out, info) = (Items::<T>::of(inputs, 0, 2)?, lines(outputs, 0, 2)?, lines(outputs, 1, 0)?);
    let cost = cost([n, n]).plus(solving(n, n));
    for_each((parts::<T>(&out)?, parts::<i32>(&info)?), cost, |scratch: &mut Scratch<T>, i, (x, info)| {
        let x = slice(x);
        x.fill(T::zeroed());
        x.iter_mut().step_by(n + 1).for_each(|x| *x = T::UNIT);
        slice(info)[0] = scratch.solve(a.get(i), n, x, n)?;
        Ok(())
    })
}

pub(super) fn ldl_solve<T: Scalar>(hermitian: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, cols] = size(&inputs[2]);
    let (ld, pivots) = (Items::<T>::of(inputs, 0, 2)?, Items::<i32>::of(inputs, 1, 1)?);
    let (b, out) = (Items::<T>::of(inputs, 2, 2)?, lines(outputs, 0, 2)?);
    for_each(parts::<T>(&out)?, solving(n, cols), |workspace: &mut Workspace<T>, i, x| {
        let x = slice(x);
        x.copy_from_slice(b.get(i));
        Products::with(|products| ldl::solve(ld.get(i), n, hermitian, pivots.get(i), x, cols, workspace, products))
    })
}

pub(super) fn exponential<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let (a, out) = (Items::<T>::of(inputs, 0, 2)?, lines(outputs, 0, 2)?);
    let cost = cost([n, n]).times(10);
    for_each(parts::<T>(&out)?, cost, |workspace: &mut Workspace<T>, i, x| {
        let x = slice(x);
        x.copy_from_slice(a.get(i));
        Products::with(|products| exponential::exponential(x, n, workspace, products))
    })
}
