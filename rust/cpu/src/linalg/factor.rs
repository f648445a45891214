//! Factorisations: Cholesky, LU, QR, LDL, and determinants.

use ferrotorch_kernel::memory::zeros_for;
use ferrotorch_kernel::{Array, Result};
use ferrotorch_linalg::householder::{self, Reflectors};
use ferrotorch_linalg::{Workspace, cholesky, ldl, lu};

use super::products::Products;
use super::{Items, Scalar, cost, for_each, lines, parts, size, slice};
use crate::parallel::Cost;

pub(super) fn cholesky<T: Scalar>(upper: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (l, info) = (lines(outputs, 0, 2)?, lines(outputs, 1, 0)?);
    for_each((parts::<T>(&l)?, parts::<i32>(&info)?), cost([n, n]), |workspace: &mut Workspace<T>, i, (l, info)| {
        slice(info)[0] = cholesky_of(a.get(i), slice(l), n, upper, workspace)?;
        Ok(())
    })
}

/// Writes the factor of one matrix, and returns the order of the first leading minor that is not positive.
pub(super) fn cholesky_of<T: Scalar>(a: &[T], l: &mut [T], n: usize, upper: bool, workspace: &mut Workspace<T>) -> Result<i32> {
    copy_triangle(a, l, n, upper);
    let info = Products::with(|products| cholesky::factor(l, n, workspace, products))?;
    for i in 0..n {
        for j in 0..i {
            let x = l[i * n + j];
            (l[i * n + j], l[j * n + i]) = if upper { (T::zeroed(), x.conj()) } else { (x, T::zeroed()) };
        }
    }
    Ok(info as i32)
}

/// Copies a triangle, the upper one as its adjoint, to the lower triangle.
fn copy_triangle<T: Scalar>(a: &[T], l: &mut [T], n: usize, upper: bool) {
    for (i, row) in l.chunks_exact_mut(n.max(1)).enumerate() {
        if upper {
            row[..=i].iter_mut().zip(a[i..].iter().step_by(n)).for_each(|(to, x)| *to = x.conj());
        } else {
            row[..=i].copy_from_slice(&a[i * n..i * n + i + 1]);
        }
    }
}

pub(super) fn lu<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let size = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (lu, pivots, info) = (lines(outputs, 0, 2)?, lines(outputs, 1, 1)?, lines(outputs, 2, 0)?);
    let parts = ((parts::<T>(&lu)?, parts::<i32>(&pivots)?), parts::<i32>(&info)?);
    for_each(parts, cost(size), |workspace: &mut Workspace<T>, i, ((lu, pivots), info)| {
        let lu = slice(lu);
        lu.copy_from_slice(a.get(i));
        slice(info)[0] = Products::with(|products| lu::factor(lu, size, slice(pivots), workspace, products))? as i32;
        Ok(())
    })
}

/// Where the rows of `L U` stand in A.
pub(super) fn permutation(pivots: &Array, outputs: &[Array]) -> Result<()> {
    let inputs = [pivots.clone()];
    let pivots = Items::<i32>::of(&inputs, 0, 1)?;
    let order = lines(outputs, 0, 1)?;
    for_each(parts::<i64>(&order)?, Cost::single(order.shape()[1]), |(): &mut (), i, order| {
        let order = slice(order);
        order.iter_mut().enumerate().for_each(|(i, place)| *place = i as i64);
        lu::exchange_rows(order, 1, pivots.get(i), false);
        Ok(())
    })
}

/// Factors of a matrix that are looked at and forgotten.
pub(super) struct Scratch<T> {
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
    pub(super) fn factor(&mut self, a: &[T], n: usize) -> Result<(&[T], &[i32])> {
        if self.pivots.len() != n {
            (self.lu, self.pivots) = (zeros_for("linalg.det", n * n)?, zeros_for("linalg.det", n)?);
        }
        self.lu.copy_from_slice(a);
        Products::with(|products| lu::factor(&mut self.lu, [n, n], &mut self.pivots, &mut self.workspace, products))?;
        Ok((&self.lu, &self.pivots))
    }
}

pub(super) fn determinant<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let (a, out) = (Items::<T>::of(inputs, 0, 2)?, lines(outputs, 0, 0)?);
    for_each(parts::<T>(&out)?, cost([n, n]), |scratch: &mut Scratch<T>, i, out| {
        let (lu, pivots) = scratch.factor(a.get(i), n)?;
        slice(out)[0] = lu::determinant(lu, n, pivots);
        Ok(())
    })
}

pub(super) fn log_determinant<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let (a, sign, logarithm) = (Items::<T>::of(inputs, 0, 2)?, lines(outputs, 0, 0)?, lines(outputs, 1, 0)?);
    let parts = (parts::<T>(&sign)?, parts::<T::Part>(&logarithm)?);
    for_each(parts, cost([n, n]), |scratch: &mut Scratch<T>, i, (sign, logarithm)| {
        let (lu, pivots) = scratch.factor(a.get(i), n)?;
        (slice(sign)[0], slice(logarithm)[0]) = lu::sign_and_logarithm(lu, n, pivots);
        Ok(())
    })
}

pub(super) fn ldl<T: Scalar>(hermitian: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (ld, pivots, info) = (lines(outputs, 0, 2)?, lines(outputs, 1, 1)?, lines(outputs, 2, 0)?);
    let parts = ((parts::<T>(&ld)?, parts::<i32>(&pivots)?), parts::<i32>(&info)?);
    for_each(parts, cost([n, n]), |workspace: &mut Workspace<T>, i, ((ld, pivots), info)| {
        let ld = slice(ld);
        ld.copy_from_slice(a.get(i));
        (0..n).for_each(|i| ld[i * n + i + 1..(i + 1) * n].fill(T::zeroed()));
        slice(info)[0] = Products::with(|products| ldl::factor(ld, n, hermitian, slice(pivots), workspace, products))? as i32;
        Ok(())
    })
}

pub(super) fn reflectors<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let size = size(&inputs[0]);
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (out, tau) = (lines(outputs, 0, 2)?, lines(outputs, 1, 1)?);
    for_each((parts::<T>(&out)?, parts::<T>(&tau)?), cost(size), |workspace: &mut Workspace<T>, i, (out, tau)| {
        let out = slice(out);
        out.copy_from_slice(a.get(i));
        Products::with(|products| householder::factor(out, size, slice(tau), workspace, products))
    })
}

pub(super) fn form_q<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let (of_a, [_, cols]) = (size(&inputs[0]), size(&outputs[0]));
    let (a, tau, q) = (Items::<T>::of(inputs, 0, 2)?, Items::<T>::of(inputs, 1, 1)?, lines(outputs, 0, 2)?);
    for_each(parts::<T>(&q)?, cost(of_a), |workspace: &mut Workspace<T>, i, q| {
        let reflectors = Reflectors { a: a.get(i), size: of_a, tau: tau.get(i) };
        Products::with(|products| reflectors.form_q(slice(q), cols, workspace, products))
    })
}

pub(super) fn apply_q<T: Scalar>(left: bool, adjoint: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let (of_a, [_, cols]) = (size(&inputs[0]), size(&outputs[0]));
    let (a, tau) = (Items::<T>::of(inputs, 0, 2)?, Items::<T>::of(inputs, 1, 1)?);
    let (c, out) = (Items::<T>::of(inputs, 2, 2)?, lines(outputs, 0, 2)?);
    for_each(parts::<T>(&out)?, cost(of_a), |workspace: &mut Workspace<T>, i, out| {
        let out = slice(out);
        out.copy_from_slice(c.get(i));
        let reflectors = Reflectors { a: a.get(i), size: of_a, tau: tau.get(i) };
        Products::with(|products| {
            if left {
                reflectors.apply(out, cols, adjoint, workspace, products)
            } else {
                reflectors.apply_from_right(out, adjoint, workspace, products)
            }
        })
    })
}

/// Reflectors of a matrix whose Q and R are written out.
pub(super) struct QrScratch<T> {
    a: Workspace<T>,
    tau: Workspace<T>,
    rest: Workspace<T>,
}

impl<T> Default for QrScratch<T> {
    fn default() -> Self {
        QrScratch { a: Workspace::default(), tau: Workspace::default(), rest: Workspace::default() }
    }
}

pub(super) fn qr<T: Scalar>(inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let ([m, n], [_, cols]) = (size(&inputs[0]), size(&outputs[0]));
    let a = Items::<T>::of(inputs, 0, 2)?;
    let (q, r) = (lines(outputs, 0, 2)?, lines(outputs, 1, 2)?);
    for_each((parts::<T>(&q)?, parts::<T>(&r)?), cost([m, n]), |scratch: &mut QrScratch<T>, i, (q, r)| {
        qr_of(a.get(i), [m, n], slice(q), cols, slice(r), scratch)
    })
}

/// Writes the first columns of Q, if any, and R of one matrix.
pub(super) fn qr_of<T: Scalar>(
    a: &[T],
    [m, n]: [usize; 2],
    q: &mut [T],
    cols: usize,
    r: &mut [T],
    scratch: &mut QrScratch<T>,
) -> Result<()> {
    let (factors, tau) = (scratch.a.zeros(m * n), scratch.tau.zeros(m.min(n)));
    factors.copy_from_slice(a);
    Products::with(|products| householder::factor(factors, [m, n], tau, &mut scratch.rest, products))?;
    for (i, row) in r.chunks_exact_mut(n.max(1)).enumerate() {
        let zeros = i.min(n);
        row[..zeros].fill(T::zeroed());
        row[zeros..].copy_from_slice(factors.get(i * n + zeros..(i + 1) * n).unwrap_or_default());
    }
    if cols == 0 {
        return Ok(());
    }
    let reflectors = Reflectors { a: factors, size: [m, n], tau };
    Products::with(|products| reflectors.form_q(q, cols, &mut scratch.rest, products))
}
