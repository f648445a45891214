//! Complex numbers and their parts.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Context, record_one};
use crate::deferred::Deferred;
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
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

/// Complex conjugate: a view of a complex tensor, a real tensor itself.
pub fn conj(input: &Tensor) -> Result<Tensor> {
    if input.dtype().is_complex() { turned("ConjBackward0", input, Deferred::CONJ) } else { Ok(input.clone()) }
}

/// The negative, as a view.
pub fn neg_view(input: &Tensor) -> Result<Tensor> {
    let dtype = input.dtype();
    crate::ensure!(dtype != DType::Bool, NotImplemented, "_neg_view() is not implemented for bool tensors");
    turned("NegViewBackward0", input, Deferred::NEG)
}

/// A view that puts something off; its gradient goes back the same way.
fn turned(node: &'static str, input: &Tensor, by: Deferred) -> Result<Tensor> {
    let array = input.array();
    let deferred = array.deferred.and(by);
    let out = input.alias_of(array.with_deferred(deferred), ViewKind::Single);
    record_one(node, &[input], &out, || move |_: &Context, g: &Tensor| Ok(smallvec![Some(turned(node, g, by)?)]))?;
    Ok(out)
}

/// A tensor like one that puts something off, or puts off less, as the elements in its memory are: the views that undo it.
pub(crate) fn turned_back(input: &Tensor, by: Deferred) -> Result<Tensor> {
    let out = if by.is_conj() { conj(input)? } else { input.clone() };
    if by.is_neg() { neg_view(&out) } else { Ok(out) }
}

/// The tensor, or a copy of it if it is still to be conjugated.
pub fn resolve_conj(input: &Tensor) -> Result<Tensor> {
    resolved(input, Deferred::is_conj)
}

/// The tensor, or a copy of it if it is still to be negated.
pub fn resolve_neg(input: &Tensor) -> Result<Tensor> {
    resolved(input, Deferred::is_neg)
}

fn resolved(input: &Tensor, asked: fn(Deferred) -> bool) -> Result<Tensor> {
    let (deferred, format) = input.with_array(|a| (a.deferred, MemoryFormat::suggested_by(&a.layout)));
    if asked(deferred) { cast::clone_in(input, format) } else { Ok(input.clone()) }
}

fn part(input: &Tensor, which: usize, node: &'static str) -> Result<Tensor> {
    let array = input.array();
    if !array.dtype.is_complex() {
        return Ok(input.clone());
    }
    let dtype = array.dtype;
    let strides: Vec<isize> = array.layout.strides().iter().map(|s| s * 2).collect();
    let layout = Layout::strided(array.shape(), &strides, array.layout.offset() * 2 + which);
    let deferred = if which == 0 { array.deferred.of_real() } else { array.deferred.of_imag() };
    let part = Array { storage: array.storage, layout, dtype: dtype.real(), deferred };
    let out = input.alias_of(part, ViewKind::Single);
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
