//! Complex numbers and their parts.

use smallvec::smallvec;

use crate::autograd::{Context, record_one};
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::{Tensor, ViewKind};

use super::cast;
use super::expr::Expr;

/// Real part: a view of a complex tensor, a real tensor itself.
pub fn real(input: &Tensor) -> Result<Tensor> {
    part(input, 0, "RealBackward0")
}

/// Imaginary part, a view. Real tensors have none.
pub fn imag(input: &Tensor) -> Result<Tensor> {
    crate::ensure!(input.dtype().is_complex(), Type, "imag is not implemented for tensors with non-complex dtypes.");
    part(input, 1, "ImagBackward0")
}

fn part(input: &Tensor, which: usize, node: &'static str) -> Result<Tensor> {
    let array = input.array();
    if !array.dtype.is_complex() {
        return Ok(input.clone());
    }
    let dtype = array.dtype;
    let strides: Vec<isize> = array.layout.strides().iter().map(|s| s * 2).collect();
    let layout = Layout::strided(array.shape(), &strides, array.layout.offset() * 2 + which);
    let out = input.alias(layout, dtype.real(), ViewKind::Single);
    record_one(node, &[input], &out, || {
        move |_: &Context, g: &Tensor| {
            let unit = if which == 0 { num_complex::Complex::new(1.0, 0.0) } else { num_complex::Complex::new(0.0, 1.0) };
            let g = cast::to_dtype(g, dtype)?;
            Ok(smallvec![Some(super::arithmetic::mul(&g, crate::Scalar::Complex(unit))?)])
        }
    })?;
    Ok(out)
}

/// [`real`] of an expression.
pub(crate) fn real_part(x: Expr) -> Expr {
    x.into_tensor().and_then(|t| real(&t)).into()
}
