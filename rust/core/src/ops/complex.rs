//! Complex numbers and their parts.

use smallvec::{SmallVec, smallvec};

use crate::array::Array;
use crate::autograd::{Context, Grads, free, one, record, record_one};
use crate::deferred::Deferred;
use crate::dtype::DType;
use crate::error::{Kind, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::tensor::{Tensor, ViewKind};
use crate::{backend, ensure, shape, stride_order};

use super::expr::Expr;
use super::{cast, reduce};

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
    record(node, &[input], &[&out], || free(one(move |_: &Context, g: &Tensor| Ok(smallvec![Some(turned(node, g, by)?)]))))?;
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

/// Complex numbers of their real and imaginary parts, which are broadcast against each other.
pub fn from_parts(real: &Tensor, imag: &Tensor) -> Result<Tensor> {
    let (re, im) = (real.array(), imag.array());
    let dtype = dtype_of_parts(re.dtype, im.dtype)?;
    if re.device() != im.device() {
        return Err(Kind::Devices { op: "complex", lhs: re.device(), rhs: im.device() }.into());
    }
    let shape = shape::broadcast_shapes("complex", re.shape(), im.shape())?;
    let exact = re.shape() == im.shape();
    let out = Array::empty_with(stride_order::of_result(&shape, &[&re.layout, &im.layout], exact), dtype, re.device())?;
    for (which, array) in [re, im].into_iter().enumerate() {
        let layout = array.layout.expand(&shape).unwrap_or_else(|| array.layout.clone());
        backend::launch("complex", &Kernel::Copy, &[array.with_layout(layout).into()], &[part_of(&out, which)])?;
    }
    let out = Tensor::from_array(out);
    record_one("ComplexBackward0", &[real, imag], &out, || {
        let sizes = [real, imag].map(Tensor::shape);
        move |cx: &Context, g: &Tensor| {
            let to_real = || reduce::sum_to_size(&self::real(g)?, &sizes[0]);
            Grads::new(cx).set(0, to_real)?.set(1, || reduce::sum_to_size(&resolve_neg(&self::imag(g)?)?, &sizes[1]))?.done()
        }
    })?;
    Ok(out)
}

/// Complex numbers of these absolute values and arguments.
pub fn polar(abs: &Tensor, angle: &Tensor) -> Result<Tensor> {
    dtype_of_parts(abs.dtype(), angle.dtype())?;
    let part = |turn: Expr| (Expr::from(abs) * turn).into_tensor();
    let (re, im) = (part(Expr::from(angle).cos())?, part(Expr::from(angle).sin())?);
    from_parts(&re, &im)
}

fn dtype_of_parts(first: DType, second: DType) -> Result<DType> {
    let is_part = |dtype| matches!(dtype, DType::Float16 | DType::Float32 | DType::Float64);
    ensure!(
        is_part(first) && is_part(second),
        NotImplemented,
        "Expected both inputs to be Half, Float or Double tensors but got {} and {}",
        first.legacy_name(),
        second.legacy_name()
    );
    ensure!(
        first == second,
        Runtime,
        "Expected object of scalar type {} but got scalar type {} for second argument",
        first.legacy_name(),
        second.legacy_name()
    );
    Ok(first.complex().unwrap_or(DType::Complex64))
}

/// The real (0) or imaginary (1) parts in the memory of complex numbers.
fn part_of(array: &Array, which: usize) -> Array {
    let strides: SmallVec<[isize; 6]> = array.layout.strides().iter().map(|s| s * 2).collect();
    let layout = Layout::strided(array.shape(), &strides, array.layout.offset() * 2 + which);
    let deferred = if which == 0 { array.deferred.of_real() } else { array.deferred.of_imag() };
    Array { storage: array.storage.clone(), layout, dtype: array.dtype.real(), deferred }
}

fn part(input: &Tensor, which: usize, node: &'static str) -> Result<Tensor> {
    let array = input.array();
    if !array.dtype.is_complex() {
        return Ok(input.clone());
    }
    let dtype = array.dtype;
    let out = input.alias_of(part_of(&array, which), ViewKind::Single);
    record(node, &[input], &[&out], || {
        free(one(move |_: &Context, g: &Tensor| {
            let unit = if which == 0 { num_complex::Complex::new(1.0, 0.0) } else { num_complex::Complex::new(0.0, 1.0) };
            let g = cast::to_dtype(g, dtype)?;
            Ok(smallvec![Some(super::arithmetic::mul(&g, crate::Scalar::Complex(unit))?)])
        }))
    })?;
    Ok(out)
}

/// [`real`] of an expression.
pub(crate) fn real_part(x: Expr) -> Expr {
    x.into_tensor().and_then(|t| real(&t)).into()
}
