//! The transforms that there are kernels for, with their derivatives.

use crate::array::Array;
use crate::autograd::many::dims_behind;
use crate::autograd::{Context, Fact, Linear, SavedTensor, at_once, keeping_linear, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Fourier, Kernel};
use crate::layout::Layout;
use crate::shape::{self, Dims};
use crate::tensor::Tensor;

use super::super::{arithmetic, cast, complex, join, pad, view};

/// What the sums of a transform are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// 1.
    None,
    /// The square root of the number of terms.
    ByRoot,
    /// The number of terms.
    ByCount,
}

impl Normalization {
    /// By the name of a mode, in the direction of a transform.
    pub fn parse(norm: Option<&str>, forward: bool) -> Result<Normalization> {
        match norm.unwrap_or("backward") {
            "backward" if forward => Ok(Normalization::None),
            "forward" if !forward => Ok(Normalization::None),
            "backward" | "forward" => Ok(Normalization::ByCount),
            "ortho" => Ok(Normalization::ByRoot),
            other => crate::bail!(Runtime, "Invalid normalization mode: \"{other}\""),
        }
    }

    /// By PyTorch's number.
    pub fn numbered(number: i64) -> Result<Normalization> {
        match number {
            0 => Ok(Normalization::None),
            1 => Ok(Normalization::ByRoot),
            2 => Ok(Normalization::ByCount),
            other => crate::bail!(Runtime, "Unsupported normalization type {other}"),
        }
    }

    fn scale(self, count: f64) -> f64 {
        match self {
            Normalization::None => 1.0,
            Normalization::ByRoot => 1.0 / count.sqrt(),
            Normalization::ByCount => 1.0 / count,
        }
    }
}

/// The transform of complex numbers, or with another sign of the exponent if not `forward`.
pub fn complex_to_complex(input: &Tensor, dims: &[i64], norm: Normalization, forward: bool) -> Result<Tensor> {
    let dtype = input.dtype();
    ensure!(dtype.is_complex(), Runtime, "Only supports complex dtypes, but found: {}", dtype.legacy_name());
    if dims.is_empty() {
        return cast::clone_dense(input);
    }
    let array = input.array();
    let wrapped = shape::wrap_dims("_fft_c2c", dims, array.layout.ndim())?;
    let scale = norm.scale(terms(&array, &wrapped));
    let (dims_out, layout) = layout(&array, &wrapped, false, None);
    let out = Array::empty_with(layout, dtype, array.device())?;
    let transform = if forward { Fourier::Forward } else { Fourier::Backward };
    launch("_fft_c2c", Kernel::Fft { transform, dims: &dims_out, scale }, array, &out)?;
    let out = Tensor::from_array(out);
    let (back, along) = (dims.to_vec(), dims.to_vec());
    record("FftC2CBackward0", &[input], &[&out], || {
        let facts = [told_dims(dims), told_norm(norm), ("forward", Fact::from(forward))];
        let adjoint = move |g: &Tensor, lead| complex_to_complex(g, &dims_behind(&back, lead), norm, !forward);
        at_once(telling(facts, Linear::new(adjoint, move |t: &Tensor| complex_to_complex(t, &along, norm, forward))))
    })?;
    Ok(out)
}

/// The transform of real numbers: along the last of the dimensions all coefficients, or if `onesided` the first half.
pub fn real_to_complex(input: &Tensor, dims: &[i64], norm: Normalization, onesided: bool) -> Result<Tensor> {
    let dtype = input.dtype();
    ensure!(dtype.is_float(), Type, "Only supports floating-point dtypes, but found: {}", dtype.legacy_name());
    ensure!(!dtype.is_half(), NotImplemented, "_fft_r2c(): Unsupported dtype {}", dtype.legacy_name());
    let array = input.array();
    let (wrapped, last) = with_last("_fft_r2c", dims, array.layout.ndim())?;
    let (scale, n) = (norm.scale(terms(&array, &wrapped)), array.shape()[last]);
    let (dims_out, layout) = layout(&array, &wrapped, true, onesided.then_some(n / 2 + 1));
    let out = Array::empty_with(layout, complex_of(dtype), array.device())?;
    launch("_fft_r2c", Kernel::Fft { transform: Fourier::OfReal, dims: &dims_out, scale }, array, &out)?;
    let out = Tensor::from_array(out);
    let (back, along) = (dims.to_vec(), dims.to_vec());
    record("FftR2CBackward0", &[input], &[&out], || {
        let facts = [told_dims(dims), told_norm(norm), ("onesided", Fact::from(onesided))];
        let adjoint = move |cx: &Context, _: &[SavedTensor; 1], g: &Tensor| match (onesided, dims_behind(&back, cx.lead)) {
            // Of every pair of conjugates one is seen, where the transform to real numbers counts both.
            (true, back) => complex_to_real(&paired_by(g, last + cx.lead, n, 0.5)?, &back, norm, n as i64),
            (false, back) => complex::real(&complex_to_complex(g, &back, norm, false)?),
        };
        // PyTorch's node keeps the input, which the gradient does not read.
        let kept = [("self", SavedTensor::input(input))];
        at_once(telling(facts, keeping_linear(kept, adjoint, move |_, _, t| real_to_complex(t, &along, norm, onesided))))
    })?;
    Ok(out)
}

fn told_dims(dims: &[i64]) -> (&'static str, Fact) {
    ("dim", Fact::Numbers(dims.iter().copied().collect()))
}

fn told_norm(norm: Normalization) -> (&'static str, Fact) {
    ("normalization", Fact::of(norm as usize))
}

/// Real numbers from coefficients, of which the last of the dimensions has the first half of `n`.
pub fn complex_to_real(input: &Tensor, dims: &[i64], norm: Normalization, n: i64) -> Result<Tensor> {
    let dtype = input.dtype();
    ensure!(dtype.is_complex(), Runtime, "Only supports complex dtypes, but found: {}", dtype.legacy_name());
    let (wrapped, last) = with_last("_fft_c2r", dims, input.ndim())?;
    ensure!(n >= 1, Runtime, "Invalid number of data points ({n}) specified");
    let (n, half, array) = (n as usize, n as usize / 2 + 1, input.array());
    let coefficients = array.shape()[last];
    ensure!(half <= coefficients, Runtime, "_fft_c2r(): {n} numbers have {half} coefficients, got {coefficients}");
    let array = array.with_layout(array.layout.slice(last, 0, half, 1));
    let others = &wrapped[..wrapped.len() - 1];
    let scale = norm.scale(terms(&array, others) * n as f64);
    let (dims_out, layout) = layout(&array, &wrapped, true, Some(n));
    let out = Array::empty_with(layout, dtype.real(), array.device())?;
    launch("_fft_c2r", Kernel::Fft { transform: Fourier::ToReal, dims: &dims_out, scale }, array, &out)?;
    let out = Tensor::from_array(out);
    let (back, along) = (dims.to_vec(), dims.to_vec());
    record("FftC2RBackward0", &[input], &[&out], || {
        let adjoint = move |g: &Tensor, lead| {
            let paired = paired_by(&real_to_complex(g, &dims_behind(&back, lead), norm, true)?, last + lead, n, 2.0)?;
            widened(paired, last + lead, coefficients)
        };
        let linear = Linear::new(adjoint, move |t: &Tensor| complex_to_real(t, &along, norm, n as i64));
        at_once(telling([told_dims(dims), told_norm(norm)], linear))
    })?;
    Ok(out)
}

fn launch(op: &'static str, kernel: Kernel, input: Array, out: &Array) -> Result<()> {
    backend::launch(op, &kernel, &[input.into()], std::slice::from_ref(out))
}

/// Dimensions counted from 0, with the last of them.
fn with_last(op: &'static str, dims: &[i64], ndim: usize) -> Result<(Dims, usize)> {
    let dims = shape::wrap_dims(op, dims, ndim)?;
    match dims.last().copied() {
        Some(last) => Ok((dims, last)),
        None => crate::bail!(Runtime, "{op}(): must transform at least one axis"),
    }
}

/// How many terms the sums have.
fn terms(array: &Array, dims: &[usize]) -> f64 {
    dims.iter().map(|&d| array.shape()[d] as f64).product()
}

const fn complex_of(real: DType) -> DType {
    match real {
        DType::Float64 => DType::Complex128,
        _ => DType::Complex64,
    }
}

/// The dimensions in the order in which they lie in the result, and the layout of that: as in PyTorch those that are not transformed
/// in the order in which they lie in the input, then those that are; a last one that is halved, or comes of halves, stays last.
/// That dimension has the size given.
fn layout(array: &Array, dims: &[usize], keep_last: bool, last: Option<usize>) -> (Dims, Layout) {
    let strides = array.layout.strides();
    let in_memory = |dims: &mut [usize]| dims.sort_by_key(|&d| std::cmp::Reverse(strides[d]));
    let mut transformed = Dims::from_slice(dims);
    let sorted = dims.len() - usize::from(keep_last);
    in_memory(&mut transformed[..sorted]);
    let mut order: Dims = (0..array.layout.ndim()).filter(|d| !dims.contains(d)).collect();
    in_memory(&mut order);
    order.extend_from_slice(&transformed);
    let mut sizes = Dims::from_slice(array.shape());
    if let (Some(last), Some(&dim)) = (last, dims.last()) {
        sizes[dim] = last;
    }
    let in_order: Dims = order.iter().map(|&d| sizes[d]).collect();
    let mut places = Dims::from_elem(0, order.len());
    order.iter().enumerate().for_each(|(place, &d)| places[d] = place);
    (transformed, Layout::contiguous(&in_order).permute(&places))
}

/// The first half of `n` coefficients along a dimension, those times a factor that have a conjugate among the others.
fn paired_by(half: &Tensor, dim: usize, n: usize, factor: f64) -> Result<Tensor> {
    let pairs = (n as i64 - 1) / 2;
    if pairs == 0 {
        return Ok(half.clone());
    }
    let part = |start: i64, length: i64| view::narrow(half, dim as i64, start, length);
    let mut parts = vec![part(0, 1)?, arithmetic::mul(&part(1, pairs)?, crate::Scalar::Float(factor))?];
    if n.is_multiple_of(2) {
        parts.push(part(pairs + 1, 1)?);
    }
    join::cat(&parts, dim as i64)
}

/// A gradient as long as the input was, whose other coefficients took no part.
fn widened(g: Tensor, dim: usize, size: usize) -> Result<Tensor> {
    let missing = size as i64 - g.size(dim) as i64;
    if missing <= 0 {
        return Ok(g);
    }
    let mut widths = vec![0; 2 * (g.ndim() - dim)];
    if let Some(behind) = widths.last_mut() {
        *behind = missing;
    }
    pad::constant_pad_nd(&g, &widths, 0i64.into())
}
