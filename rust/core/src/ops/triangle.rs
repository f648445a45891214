//! Triangles and diagonals of matrices.

use crate::array::Array;
use crate::autograd::{Linear, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::shape;
use crate::tensor::Tensor;

use super::window_scatter::diagonal_scatter;
use super::{creation, reduce, view};

/// The elements on and below a diagonal of the last two dimensions, zeros above it.
pub fn tril(input: &Tensor, diagonal: i64) -> Result<Tensor> {
    triangle("tril", "TrilBackward0", input, diagonal, false)
}

/// The elements on and above a diagonal of the last two dimensions, zeros below it.
pub fn triu(input: &Tensor, diagonal: i64) -> Result<Tensor> {
    triangle("triu", "TriuBackward0", input, diagonal, true)
}

fn triangle(op: &'static str, node: &'static str, input: &Tensor, diagonal: i64, upper: bool) -> Result<Tensor> {
    let array = input.array();
    ensure!(
        array.layout.ndim() >= 2,
        Runtime,
        "{op}: input tensor must have at least 2 dimensions, got shape {:?}",
        array.shape()
    );
    let out = Array::empty(array.shape(), array.dtype, array.device())?;
    backend::launch(op, &Kernel::Triangle { diagonal, upper }, &[array.into()], std::slice::from_ref(&out))?;
    let out = Tensor::from_array(out);
    let same = move |x: &Tensor| triangle(op, node, x, diagonal, upper);
    let rule = || telling([("diagonal", diagonal.into())], Linear::new(move |g: &Tensor, _| same(g), same));
    record(node, &[input], &[&out], rule)?;
    Ok(out)
}

/// Of a vector the matrix with it on a diagonal; of a matrix a copy of a diagonal.
pub fn diag(input: &Tensor, diagonal: i64) -> Result<Tensor> {
    match input.ndim() {
        1 => diag_embed(input, diagonal, 0, 1),
        2 => super::cast::clone_contiguous(&view::diagonal(input, diagonal, 0, 1)?),
        n => crate::bail!(Runtime, "diag(): Supports 1D or 2D tensors. Got {n}D"),
    }
}

/// The elements on a diagonal of a new matrix.
pub fn diagflat(input: &Tensor, offset: i64) -> Result<Tensor> {
    diag(&view::ravel(input)?, offset)
}

/// The last dimension laid on a diagonal of two new dimensions, zeros elsewhere.
pub fn diag_embed(input: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let ndim = input.ndim();
    ensure!(ndim > 0, Runtime, "diag_embed(): a 0-dim tensor has no dimension to lay on a diagonal");
    let (a, b) = (shape::wrap_dim("diag_embed", dim1, ndim + 1)?, shape::wrap_dim("diag_embed", dim2, ndim + 1)?);
    ensure!(a != b, Runtime, "diag_embed(): diagonal dimensions cannot be identical {dim1}, {dim2}");
    let side = input.size(ndim - 1) + offset.unsigned_abs() as usize;
    let mut shape: shape::Shape = shape::Shape::from_slice(&input.shape()[..ndim - 1]);
    for d in [a.min(b), a.max(b)] {
        shape.insert(d, side);
    }
    shape::checked_numel(&shape)?;
    diagonal_scatter(&creation::zeros_with(input, &shape)?, input, offset, a as i64, b as i64)
}

/// The sum of the main diagonal of a matrix.
pub fn trace(input: &Tensor) -> Result<Tensor> {
    ensure!(input.ndim() == 2, Runtime, "trace: expected a matrix, but got tensor with dim {}", input.ndim());
    if input.dtype() == DType::Bool {
        return Err(Error::dtype("trace", DType::Bool, "convert to an integer dtype first"));
    }
    reduce::sum(&view::diagonal(input, 0, 0, 1)?, None, false, None)
}
