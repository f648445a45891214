//! Rows of a table by index.

use crate::array::Array;
use crate::autograd::{Context, Fact, SavedTensor, keeping_linear, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::{cast, creation, index, view};

/// Rows of `weight` `(V, D)` named by `indices` (int64 or int32, any shape): `(.., D)`. The row `padding_idx` gets no
/// gradient; with `scale_grad_by_freq` a row's gradient is divided by how often it was named.
pub fn embedding(weight: &Tensor, indices: &Tensor, padding_idx: Option<i64>, scale_grad_by_freq: bool) -> Result<Tensor> {
    ensure!(weight.ndim() == 2, Runtime, "embedding(): 'weight' must be 2-D, got shape {:?}", &weight.shape()[..]);
    ensure!(
        matches!(indices.dtype(), DType::Int64 | DType::Int32),
        Runtime,
        "embedding(): Expected tensor for argument 'indices' to have scalar types Long or Int; but got {} instead",
        indices.dtype().legacy_name()
    );
    let indices = cast::to_dtype(&cast::contiguous(indices)?, DType::Int64)?;
    let table = weight.array();
    let shape: Shape = indices.shape().iter().copied().chain([table.shape()[1]]).collect();
    let flat = indices.array();
    let flat = flat.with_layout(crate::Layout::strided(&[flat.numel()], &[1], flat.layout.offset()));
    let out = Array::empty(&shape, table.dtype, table.device())?;
    let rows = out.with_layout(crate::Layout::contiguous(&[flat.numel(), table.shape()[1]]));
    backend::launch("embedding", &Kernel::Index { wraps: false }, &[table.into(), flat.into()], &[rows])?;
    let out = Tensor::from_array(out);
    record("EmbeddingBackward0", &[weight], &[&out], || {
        let shape = weight.shape();
        let padding = padding_idx.map(|p| if p < 0 { p + shape[0] as i64 } else { p });
        let adjoint = move |cx: &Context, [indices]: &[SavedTensor; 1], g: &Tensor| {
            embedding_backward(g, &indices.get(cx)?, &shape, padding, scale_grad_by_freq)
        };
        let facts = [
            ("padding_idx", padding.unwrap_or(-1).into()),
            ("scale_grad_by_freq", scale_grad_by_freq.into()),
            ("sparse", false.into()),
            ("weight_sym_argsize_0", Fact::of(weight.size(0))),
        ];
        // Padding and frequencies concern what is learnt, and not the derivative.
        let kept = [("indices", SavedTensor::input(&indices))];
        let rule = keeping_linear(kept, adjoint, |cx, [indices], t| embedding(t, &indices.get(cx)?, None, false));
        telling(facts, rule)
    })?;
    Ok(out)
}

fn embedding_backward(g: &Tensor, indices: &Tensor, shape: &[usize], padding: Option<i64>, by_freq: bool) -> Result<Tensor> {
    let flat = view::reshape(indices, &[-1])?;
    let mut rows = Expr::from(view::reshape(g, &[flat.numel() as i64, shape[1] as i64])?);
    let column = || view::reshape(&flat, &[-1, 1]);
    if let Some(padding) = padding {
        rows = select(Expr::from(column()?).eq(Expr::from(Scalar::Int(padding))), 0.0, rows);
    }
    if by_freq {
        let ones = Tensor::full(&[flat.numel()], Scalar::Int(1), g.dtype(), g.device())?;
        let counts = creation::zeros_with(g, &shape[..1])?;
        index::index_add_(&counts, 0, &flat, &ones, Scalar::Int(1))?;
        rows = rows / Expr::from(view::reshape(&index::index_select(&counts, 0, &flat)?, &[-1, 1])?);
    }
    let sum = creation::zeros_with(g, shape)?;
    index::index_add_(&sum, 0, &flat, &rows.into_tensor()?, Scalar::Int(1))?;
    Ok(sum)
}
