//! Dimensions in another order.

use crate::autograd::{Fact, Facts};
use crate::ensure;
use crate::error::Result;
use crate::shape::{self, Dims};
use crate::tensor::Tensor;

use super::super::complex::conj;
use super::view_with;

/// Dimensions in the given order.
pub fn permute(input: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(
        dims.len() == ndim,
        Runtime,
        "permute(): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. \
         input.dim() = {ndim} is not equal to len(dims) = {}",
        dims.len()
    );
    let mut order = Dims::new();
    for &dim in dims {
        let d = shape::wrap_dim("permute", dim, ndim)?;
        ensure!(!order.contains(&d), Runtime, "permute(): duplicate dims are not allowed.");
        order.push(d);
    }
    Ok(reordered(input, order))
}

fn reordered(input: &Tensor, order: Dims) -> Tensor {
    let facts = [("dims", Fact::list(&order))];
    permuted("PermuteBackward0", input, order, facts)
}

fn permuted<const N: usize>(node: &'static str, input: &Tensor, order: Dims, facts: Facts<N>) -> Tensor {
    let mut inverse = order.clone();
    for (i, &d) in order.iter().enumerate() {
        inverse[d] = i;
    }
    let layout = input.with_array(|a| a.layout.permute(&order));
    view_with(node, input, layout, facts, move |g, lead| {
        let order = (0..lead).chain(inverse.iter().map(|&d| d + lead)).collect();
        Ok(permuted(node, g, order, []))
    })
}

/// Two dimensions exchanged.
pub fn transpose(input: &Tensor, dim0: i64, dim1: i64) -> Result<Tensor> {
    let ndim = input.ndim();
    let (a, b) = (shape::wrap_dim("transpose", dim0, ndim)?, shape::wrap_dim("transpose", dim1, ndim)?);
    Ok(exchanged("TransposeBackward0", input, a, b, [("dim0", Fact::of(a)), ("dim1", Fact::of(b))]))
}

/// [`transpose`], under NumPy's name.
pub fn swapaxes(input: &Tensor, axis0: i64, axis1: i64) -> Result<Tensor> {
    transpose(input, axis0, axis1)
}

fn exchanged<const N: usize>(node: &'static str, input: &Tensor, a: usize, b: usize, facts: Facts<N>) -> Tensor {
    let ndim = input.ndim();
    let mut order: Dims = (0..ndim).collect();
    if ndim > 0 {
        order.swap(a, b);
    }
    permuted(node, input, order, facts)
}

/// The transpose of a matrix; vectors and 0-dim tensors as they are.
pub fn t(input: &Tensor) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(ndim <= 2, Runtime, "t() expects a tensor with <= 2 dimensions, but self is {ndim}D");
    Ok(exchanged("TBackward0", input, 0, if ndim < 2 { 0 } else { 1 }, []))
}

/// All dimensions in reverse order (`Tensor.T`).
pub fn numpy_t(input: &Tensor) -> Result<Tensor> {
    Ok(reordered(input, (0..input.ndim()).rev().collect()))
}

/// The last two dimensions exchanged (`Tensor.mT`); a 0-dim tensor as it is.
pub fn matrix_transpose(input: &Tensor) -> Result<Tensor> {
    let ndim = input.ndim();
    if ndim == 0 {
        return t(input);
    }
    ensure!(ndim >= 2, Runtime, "tensor.mT is only supported on matrices or batches of matrices. Got {ndim}-D tensor.");
    transpose(input, -2, -1)
}

/// The last two dimensions exchanged, conjugated (`adjoint`, `Tensor.mH`); of a 0-dim tensor the conjugate.
pub fn adjoint(input: &Tensor) -> Result<Tensor> {
    let ndim = input.ndim();
    if ndim == 0 {
        return matrix_h(input);
    }
    ensure!(ndim >= 2, Runtime, "tensor.adjoint() is only supported on matrices or batches of matrices. Got {ndim}-D tensor.");
    conj(&transpose(input, -2, -1)?)
}

/// The conjugate transpose of a matrix (`Tensor.H`).
pub fn matrix_h(input: &Tensor) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(ndim == 2 || ndim == 0, Runtime, "tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.");
    conj(&t(input)?)
}

/// Some dimensions moved to other places, the rest keeping their order.
pub fn movedim(input: &Tensor, source: &[i64], destination: &[i64]) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(
        source.len() == destination.len(),
        Runtime,
        "movedim: Invalid source or destination dims: source ({source:?} dims) should contain the same number of dims as \
         destination ({destination:?} dims)"
    );
    let (from, to) = (distinct(source, "source", ndim)?, distinct(destination, "destination", ndim)?);
    if ndim == 0 {
        return permute(input, &[]);
    }
    let mut rest = (0..ndim).filter(|d| !from.contains(d));
    let order = (0..ndim).filter_map(|place| match to.iter().position(|&d| d == place) {
        Some(i) => Some(from[i]),
        None => rest.next(),
    });
    let order = order.collect();
    Ok(reordered(input, order))
}

fn distinct(dims: &[i64], what: &str, ndim: usize) -> Result<Dims> {
    let mut wrapped = Dims::new();
    for &dim in dims {
        let d = shape::wrap_dim("movedim", dim, ndim)?;
        ensure!(!wrapped.contains(&d), Runtime, "movedim: repeated dim in `{what}` ({dims:?})");
        wrapped.push(d);
    }
    Ok(wrapped)
}
