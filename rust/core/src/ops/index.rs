//! Reading and writing by index.

use smallvec::smallvec;

use crate::autograd::{self, Context, Gradients, SavedTensor, inplace};
use crate::backend;
use crate::error::Result;
use crate::kernel::{Combine, Kernel};
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::arithmetic;

/// `target[.., index[i], ..] += alpha * source[.., i, ..]` along `dim`, in place.
pub fn index_add_(target: &Tensor, dim: i64, index: &Tensor, source: &Tensor, alpha: Scalar) -> Result<()> {
    inplace::check("index_add_", target, &[source])?;
    let sum = index_add(target, dim, index, source, alpha)?;
    inplace::assign("index_add_", target, &sum)
}

/// [`index_add_`] on a copy.
pub fn index_add(input: &Tensor, dim: i64, index: &Tensor, source: &Tensor, alpha: Scalar) -> Result<Tensor> {
    let d = shape::wrap_dim("index_add", dim, input.ndim())?;
    let scaled = if alpha.to_f64() == 1.0 { source.clone() } else { arithmetic::mul(source, alpha)? };
    let array = input.array();
    let out = array.to_dtype(array.dtype)?;
    // The indexed dimension comes first in both the target and the values.
    let front = |t: &crate::Array| {
        let order: Vec<usize> = std::iter::once(d).chain((0..t.layout.ndim()).filter(|&i| i != d)).collect();
        if t.layout.ndim() == 0 { t.with_layout(t.layout.unsqueeze(0)) } else { t.with_layout(t.layout.permute(&order)) }
    };
    let kernel = Kernel::IndexPut { combine: Combine::Add };
    backend::launch(
        "index_add",
        &kernel,
        &[front(&scaled.array()).into(), super::gather::at_least_1d(&index.array()).into()],
        &[front(&out)],
    )?;
    let out = Tensor::from_array(out);
    autograd::record("IndexAddBackward0", &[input, &scaled], &[&out], || {
        let index = SavedTensor::input(index);
        move |cx: &Context, mut grads: Gradients| {
            let Some(g) = grads[0].take() else { return Ok(smallvec![None, None]) };
            let of_source = if cx.needs[1] { Some(index_select(&g, dim, &index.get(cx)?)?) } else { None };
            Ok(smallvec![Some(g), of_source])
        }
    });
    Ok(out)
}

/// The slices of `dim` that a 1-D index names.
pub fn index_select(input: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let d = shape::wrap_dim("index_select", dim, input.ndim())?;
    let (array, idx) = (input.array(), super::gather::at_least_1d(&index.array()));
    let mut shape = input.shape();
    if !shape.is_empty() {
        shape[d] = idx.numel();
    }
    let out = crate::Array::empty(&shape, array.dtype, array.device())?;
    let front = |t: &crate::Array| {
        let order: Vec<usize> = std::iter::once(d).chain((0..t.layout.ndim()).filter(|&i| i != d)).collect();
        if t.layout.ndim() == 0 { t.with_layout(t.layout.unsqueeze(0)) } else { t.with_layout(t.layout.permute(&order)) }
    };
    backend::launch("index_select", &Kernel::Index, &[front(&array).into(), idx.into()], &[front(&out)])?;
    let out = Tensor::from_array(out);
    autograd::record_one("IndexSelectBackward0", &[input], &out, || {
        let (index, shape) = (SavedTensor::input(index), input.shape());
        move |cx: &Context, g: &Tensor| {
            let zeros = Tensor::full(&shape, Scalar::Int(0), g.dtype(), g.device())?;
            Ok(smallvec![Some(index_add(&zeros, dim, &index.get(cx)?, g, Scalar::Int(1))?)])
        }
    });
    Ok(out)
}
