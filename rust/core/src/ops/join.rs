//! Tensors put together.

use smallvec::SmallVec;

use crate::array::Array;
use crate::autograd::{Context, Gradients, record};
use crate::backend;
use crate::ensure;
use crate::error::{Kind, Result};
use crate::kernel::Kernel;
use crate::promote::Promotion;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::{cast, view};

/// Tensors one behind the other along `dim`. Dtypes promote; 1-D tensors of size 0 are passed over, as in PyTorch.
pub fn cat(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "cat(): expected a non-empty list of Tensors");
    let arrays: Vec<Array> = tensors.iter().map(Tensor::array).collect();
    let skipped = |a: &Array| a.shape() == [0];
    let Some(model) = arrays.iter().find(|a| !skipped(a)).or(arrays.first()) else { return Ok(tensors[0].clone()) };
    ensure!(model.layout.ndim() > 0, Runtime, "cat(): zero-dimensional tensors cannot be concatenated");
    let d = shape::wrap_dim("cat", dim, model.layout.ndim())?;
    let mut out_shape = Shape::from_slice(model.shape());
    out_shape[d] = 0;
    for (i, array) in arrays.iter().enumerate() {
        if array.device() != model.device() {
            return Err(Kind::Devices { op: "cat", lhs: model.device(), rhs: array.device() }.into());
        }
        if skipped(array) {
            continue;
        }
        check_fit(i, d, array.shape(), model.shape())?;
        out_shape[d] += array.shape()[d];
    }
    let dtype = arrays.iter().fold(Promotion::default(), |p, a| p.tensor(a.dtype, a.layout.ndim())).result();
    let out = Array::empty(&out_shape, dtype, model.device())?;
    let mut start = 0;
    let mut lengths: SmallVec<[usize; 4]> = SmallVec::new();
    for array in &arrays {
        let length = if skipped(array) { 0 } else { array.shape()[d] };
        if length > 0 {
            let window = out.with_layout(out.layout.slice(d, start, length, 1));
            backend::launch("cat", &Kernel::Copy, &[array.clone().into()], std::slice::from_ref(&window))?;
        }
        start += length;
        lengths.push(length);
    }
    let out = Tensor::from_array(out);
    let inputs: SmallVec<[&Tensor; 4]> = tensors.iter().collect();
    record("CatBackward0", &inputs, &[&out], || {
        let skipped: Vec<bool> = arrays.iter().map(skipped).collect();
        move |cx: &Context, mut grads: Gradients| cat_backward(cx, grads[0].take(), d, &lengths, &skipped)
    });
    Ok(out)
}

fn check_fit(i: usize, dim: usize, shape: &[usize], model: &[usize]) -> Result<()> {
    ensure!(
        shape.len() == model.len(),
        Runtime,
        "cat(): Tensors must have same number of dimensions: got {} and {} (tensor number {i})",
        model.len(),
        shape.len()
    );
    for d in (0..model.len()).filter(|&d| d != dim) {
        ensure!(
            shape[d] == model[d],
            Runtime,
            "cat(): Sizes of tensors must match except in dimension {dim}. Expected size {} but got size {} for tensor number {i} in the list.",
            model[d],
            shape[d]
        );
    }
    Ok(())
}

fn cat_backward(cx: &Context, grad: Option<Tensor>, dim: usize, lengths: &[usize], skipped: &[bool]) -> Result<Gradients> {
    let Some(grad) = grad else { return Ok(SmallVec::from_elem(None, lengths.len())) };
    let mut start = 0;
    lengths
        .iter()
        .zip(skipped)
        .enumerate()
        .map(|(i, (&length, &skipped))| {
            let piece =
                (cx.needs[i] && !skipped).then(|| view::narrow(&grad, dim as i64, start as i64, length as i64)).transpose();
            start += length;
            piece
        })
        .collect()
}

/// Tensors of one shape along a new dimension.
pub fn stack(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "stack(): expected a non-empty list of Tensors");
    let shape = tensors[0].shape();
    let d = shape::wrap_dim("stack", dim, shape.len() + 1)?;
    let mut wide: SmallVec<[i64; 5]> = shape.iter().map(|&n| n as i64).collect();
    wide.insert(d, 1);
    let rows = tensors
        .iter()
        .enumerate()
        .map(|(i, t)| {
            ensure!(
                t.shape() == shape,
                Runtime,
                "stack(): expects each tensor to be equal size, but got {:?} at entry 0 and {:?} at entry {i}",
                &shape[..],
                &t.shape()[..]
            );
            view::reshape(t, &wide)
        })
        .collect::<Result<Vec<_>>>()?;
    cat(&rows, d as i64).and_then(|t| cast::contiguous(&t))
}
