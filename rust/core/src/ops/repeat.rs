//! Rearranged and repeated copies.

use smallvec::smallvec;

use crate::autograd::{Context, record_one};
use crate::error::Result;
use crate::shape;
use crate::tensor::Tensor;

/// Dimensions reversed, as a copy.
pub fn flip(input: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let array = input.array();
    let wrapped = shape::wrap_dims("flip", dims, array.layout.ndim())?;
    let wrapped: Vec<usize> = wrapped.into_iter().filter(|&d| d < array.layout.ndim()).collect();
    let out = Tensor::from_array(array.with_layout(array.layout.flip(&wrapped)).to_dtype(array.dtype)?);
    record_one("FlipBackward0", &[input], &out, || {
        let dims = dims.to_vec();
        move |_: &Context, g: &Tensor| Ok(smallvec![Some(flip(g, &dims)?)])
    });
    Ok(out)
}
