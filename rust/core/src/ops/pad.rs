//! Padding at the ends of dimensions. `pad` names two widths a dimension, the last dimension first; negative widths
//! crop.

use crate::array::Array;
use crate::autograd::{Fact, Linear, record, telling};
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::{cast, creation, index, sequence};

/// What the padding is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Padding {
    /// One number.
    Constant(Scalar),
    /// The elements mirrored at the edge, which is not repeated.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The elements from the other end.
    Circular,
}

/// Pads a tensor.
pub fn pad(input: &Tensor, pad: &[i64], padding: Padding) -> Result<Tensor> {
    match padding {
        Padding::Constant(value) => constant_pad_nd(input, pad, value),
        Padding::Reflect => in_format_of(input, from_within("reflection_pad", input, pad, reflected)?),
        Padding::Replicate => in_format_of(input, from_within("replication_pad", input, pad, |i, n| i.clamp(0, n - 1))?),
        Padding::Circular => {
            // What is cropped takes no part in the circle.
            let (cropped, widened): (Vec<i64>, Vec<i64>) = pad.iter().map(|&p| (p.min(0), p.max(0))).unzip();
            let kept =
                if cropped.iter().any(|&p| p < 0) { constant_pad_nd(input, &cropped, 0i64.into())? } else { input.clone() };
            from_within("circular_pad", &kept, &widened, |i, n| i.rem_euclid(n))
        }
    }
}

fn in_format_of(input: &Tensor, out: Tensor) -> Result<Tensor> {
    cast::in_format_of(&out, input)
}

/// The two widths of each dimension of the tensor, the first dimension first.
fn widths(op: &'static str, ndim: usize, pad: &[i64]) -> Result<Vec<(i64, i64)>> {
    ensure!(pad.len().is_multiple_of(2), Runtime, "{op}(): Length of pad must be even but instead it equals {}", pad.len());
    ensure!(
        pad.len() <= 2 * ndim,
        Runtime,
        "{op}(): Length of pad should be no more than twice the number of dimensions of the input. Pad length is {} while the input \
         has {ndim} dimensions.",
        pad.len()
    );
    let given = pad.chunks_exact(2).rev().map(|pair| (pair[0], pair[1]));
    Ok(std::iter::repeat_n((0, 0), ndim - pad.len() / 2).chain(given).collect())
}

/// Pads with a number.
pub fn constant_pad_nd(input: &Tensor, pad: &[i64], value: Scalar) -> Result<Tensor> {
    let array = input.array();
    let widths = widths("constant_pad_nd", array.layout.ndim(), pad)?;
    let mut shape = Vec::with_capacity(widths.len());
    for (d, (&n, &(before, behind))) in array.shape().iter().zip(&widths).enumerate() {
        let size = n as i128 + before as i128 + behind as i128;
        ensure!(
            n as i128 + before.min(0) as i128 + behind.min(0) as i128 >= 0,
            Runtime,
            "narrow(): length must be non-negative: padding ({before}, {behind}) removes more than the {n} entries of dimension {d}"
        );
        ensure!(
            (0..=i64::MAX as i128).contains(&size),
            Runtime,
            "constant_pad_nd(): The input size {n}, plus negative padding {before} and {behind}, resulted in an output size of {size}, \
             which is invalid. Check dimension {d} of your input."
        );
        shape.push(size as usize);
    }
    let layout = MemoryFormat::suggested_by(&array.layout).layout(&shape)?;
    let out = creation::filled(Tensor::from_array(Array::empty_with(layout, array.dtype, array.device())?), value)?;
    copy_overlap(&array, &out.array(), &widths)?;
    record("ConstantPadNdBackward0", &[input], &[&out], || {
        let (back, along): (Vec<i64>, _) = (pad.iter().map(|p| p.wrapping_neg()).collect(), pad.to_vec());
        let padded = |x: &Tensor, pad: &[i64]| constant_pad_nd(x, pad, Scalar::Int(0));
        let facts = [("pad", Fact::integers(pad))];
        telling(facts, Linear::new(move |g: &Tensor, _| padded(g, &back), move |t: &Tensor| padded(t, &along)))
    })?;
    Ok(out)
}

/// Copies what of `from` falls inside `to` when it is shifted by the front widths.
fn copy_overlap(from: &Array, to: &Array, widths: &[(i64, i64)]) -> Result<()> {
    let (mut source, mut target): (Layout, Layout) = (from.layout.clone(), to.layout.clone());
    for (d, &(before, _)) in widths.iter().enumerate() {
        let (n, m) = (from.shape()[d] as i64, to.shape()[d] as i64);
        let (skipped, start) = (before.saturating_neg().max(0).min(n), before.max(0).min(m));
        let length = (n - skipped).min(m - start).max(0) as usize;
        source = source.slice(d, skipped as usize, length, 1);
        target = target.slice(d, start as usize, length, 1);
    }
    if source.numel() == 0 {
        return Ok(());
    }
    backend::launch(
        "constant_pad_nd",
        &Kernel::Copy,
        &[from.with_layout(source).into()],
        std::slice::from_ref(&to.with_layout(target)),
    )
}

fn reflected(i: i64, n: i64) -> i64 {
    let i = i.abs();
    if i < n { i } else { 2 * (n - 1) - i }
}

/// Pads with elements of the tensor itself: entry `i` of the result is entry `source(i - before, n)` of the input.
fn from_within(op: &'static str, input: &Tensor, pad: &[i64], source: fn(i64, i64) -> i64) -> Result<Tensor> {
    let ndim = input.ndim();
    let widths = widths(op, ndim, pad)?;
    ensure!(
        pad.len() / 2 <= 3 && ndim > pad.len() / 2 && ndim <= pad.len() / 2 + 2,
        NotImplemented,
        "{op}(): Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now, got {} padded dimensions of a {ndim}-D \
         tensor",
        pad.len() / 2
    );
    let mut out = input.clone();
    for (d, &(before, behind)) in widths.iter().enumerate().filter(|&(_, &w)| w != (0, 0)) {
        let n = input.size(d) as i64;
        let size = padded_size(op, input, d, (before, behind))?;
        let places = || (0..size).map(|i| source(i.saturating_sub(before), n));
        let entries = sequence::index_vector(op, size as usize, input.device(), places)?;
        out = index::index_select(&out, d as i64, &entries)?;
    }
    Ok(out)
}

/// The size of a padded dimension. Refuses widths for which the tensor holds too few elements.
fn padded_size(op: &'static str, input: &Tensor, d: usize, (before, behind): (i64, i64)) -> Result<i64> {
    let n = input.size(d) as i64;
    let widest = before.max(behind);
    let shape = input.shape();
    match op {
        "reflection_pad" => ensure!(
            widest < n,
            Runtime,
            "{op}(): Padding size should be less than the corresponding input dimension, but got: padding ({before}, {behind}) at \
             dimension {d} of input {:?}",
            &shape[..]
        ),
        "circular_pad" => ensure!(
            widest <= n,
            Runtime,
            "{op}(): Padding value causes wrapping around more than once: padding ({before}, {behind}) at dimension {d} of input {:?}",
            &shape[..]
        ),
        _ => ensure!(n > 0, Runtime, "{op}(): expected a non-zero size at dimension {d}, but got input {:?}", &shape[..]),
    }
    let size = n as i128 + before as i128 + behind as i128;
    ensure!(
        size > 0 && size <= i64::MAX as i128,
        Runtime,
        "{op}(): input {:?} does not fit padding ({before}, {behind}) at dimension {d}: the output would have size {size} there",
        &shape[..]
    );
    Ok(size as i64)
}
