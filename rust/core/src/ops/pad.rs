//! Padding at the ends of dimensions. `pad` names two widths a dimension, the last dimension first; negative widths
//! crop.

use std::cmp::Reverse;

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

pub use crate::kernel::Padding;

/// Pads a tensor.
pub fn pad(input: &Tensor, pad: &[i64], padding: Padding) -> Result<Tensor> {
    match padding {
        Padding::Constant(value) => constant_pad_nd(input, pad, value),
        Padding::Reflect => in_format_of(input, from_within("reflection_pad", input, pad, padding)?),
        Padding::Replicate => in_format_of(input, from_within("replication_pad", input, pad, padding)?),
        Padding::Circular => {
            // What is cropped takes no part in the circle.
            let (cropped, widened): (Vec<i64>, Vec<i64>) = pad.iter().map(|&p| (p.min(0), p.max(0))).unzip();
            let kept =
                if cropped.iter().any(|&p| p < 0) { constant_pad_nd(input, &cropped, 0i64.into())? } else { input.clone() };
            from_within("circular_pad", &kept, &widened, padding)
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
    let out = Tensor::from_array(Array::empty_with(layout, array.dtype, array.device())?);
    if has_kernel(&array) && array.shape().last().is_some_and(|&n| n >= SHORT_ROW) {
        let value = value.storable(array.dtype)?;
        let (kept, widened) = cropped(&array, &widths);
        launch("constant_pad_nd", &kept, &out.array(), &widened, |widths| Kernel::Pad {
            widths,
            padding: Padding::Constant(value),
        })?;
    } else {
        copy_overlap(&array, &creation::filled(out.clone(), value)?.array(), &widths)?;
    }
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

/// Has the array's device kernels for padding? Elsewhere it is composed of fills, copies and picked slices.
fn has_kernel(array: &Array) -> bool {
    let kernel = Kernel::Pad { widths: &[], padding: Padding::Replicate };
    !array.device().has_data() || backend::supports(array.device(), &kernel, array.dtype)
}

/// Rows that are shorter are filled and copied, many at a time.
const SHORT_ROW: usize = 16;

/// What negative widths leave of an array, and the other widths.
fn cropped(array: &Array, widths: &[(i64, i64)]) -> (Array, Vec<(usize, usize)>) {
    let crop = |layout: Layout, (d, &(before, behind)): (usize, &(i64, i64))| {
        let (front, back) = ((-before).max(0) as usize, (-behind).max(0) as usize);
        let n = layout.shape()[d];
        if front == 0 && back == 0 { layout } else { layout.slice(d, front, n - front - back, 1) }
    };
    let layout = widths.iter().enumerate().fold(array.layout.clone(), crop);
    (array.with_layout(layout), widths.iter().map(|&(before, behind)| (before.max(0) as usize, behind.max(0) as usize)).collect())
}

/// Launches a kernel for padding on arrays whose dimensions are in the order in which the output lies in memory.
fn launch(
    op: &'static str,
    from: &Array,
    to: &Array,
    widths: &[(usize, usize)],
    kernel: impl for<'w> FnOnce(&'w [(usize, usize)]) -> Kernel<'w>,
) -> Result<()> {
    let mut order: Vec<usize> = (0..widths.len()).collect();
    order.sort_by_key(|&d| Reverse(to.layout.strides()[d]));
    let widths: Vec<(usize, usize)> = order.iter().map(|&d| widths[d]).collect();
    let [from, to] = [from, to].map(|array| array.with_layout(array.layout.permute(&order)));
    backend::launch(op, &kernel(&widths), &[from.into()], &[to])
}

/// Pads with elements of the tensor itself.
fn from_within(op: &'static str, input: &Tensor, pad: &[i64], padding: Padding) -> Result<Tensor> {
    let ndim = input.ndim();
    let widths = widths(op, ndim, pad)?;
    ensure!(
        pad.len() / 2 <= 3 && ndim > pad.len() / 2 && ndim <= pad.len() / 2 + 2,
        NotImplemented,
        "{op}(): Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now, got {} padded dimensions of a {ndim}-D \
         tensor",
        pad.len() / 2
    );
    let mut sizes = Vec::with_capacity(ndim);
    for (d, &width) in widths.iter().enumerate() {
        sizes.push(if width == (0, 0) { input.size(d) as i64 } else { padded_size(op, input, d, width)? });
    }
    if widths.iter().all(|&width| width == (0, 0)) {
        return Ok(input.clone());
    }
    if input.with_array(has_kernel) && widths.iter().all(|&(before, behind)| before >= 0 && behind >= 0) {
        let widths = widths.iter().map(|&(before, behind)| (before as usize, behind as usize)).collect();
        return Edges { op, padding, widths }.pad(input);
    }
    let mut out = input.clone();
    for (d, &(before, _)) in widths.iter().enumerate().filter(|&(_, &w)| w != (0, 0)) {
        let n = input.size(d) as i64;
        let places = || (0..sizes[d]).map(|i| padding.source(i.saturating_sub(before), n).unwrap_or_default());
        let entries = sequence::index_vector(op, sizes[d] as usize, input.device(), places)?;
        out = index::index_select(&out, d as i64, &entries)?;
    }
    Ok(out)
}

/// Padding with elements of the tensor itself, as one kernel.
#[derive(Clone)]
struct Edges {
    op: &'static str,
    padding: Padding,
    widths: Vec<(usize, usize)>,
}

impl Edges {
    fn node(&self) -> &'static str {
        let dims = self.widths.iter().skip_while(|&&width| width == (0, 0)).count();
        match (self.padding, dims) {
            (Padding::Reflect, 1) => "ReflectionPad1DBackward0",
            (Padding::Reflect, 2) => "ReflectionPad2DBackward0",
            (Padding::Reflect, _) => "ReflectionPad3DBackward0",
            (Padding::Replicate, 1) => "ReplicationPad1DBackward0",
            (Padding::Replicate, 2) => "ReplicationPad2DBackward0",
            (Padding::Replicate, _) => "ReplicationPad3DBackward0",
            _ => "CircularPadBackward0",
        }
    }

    /// The same of tensors with so many dimensions in front.
    fn behind(&self, lead: usize) -> Edges {
        let widths = std::iter::repeat_n((0, 0), lead).chain(self.widths.iter().copied()).collect();
        Edges { widths, ..*self }
    }

    fn pad(&self, input: &Tensor) -> Result<Tensor> {
        let out = self.run(input, |n, width| n + width, |widths, padding| Kernel::Pad { widths, padding })?;
        let of = self.clone();
        record(self.node(), &[input], &[&out], || {
            let along = of.clone();
            Linear::new(move |g: &Tensor, lead| of.behind(lead).sum_up(g), move |t: &Tensor| along.pad(t))
        })?;
        Ok(out)
    }

    /// The adjoint of [`Edges::pad`].
    fn sum_up(&self, grad: &Tensor) -> Result<Tensor> {
        let out = self.run(grad, |n, width| n - width, |widths, padding| Kernel::PadGrad { widths, padding })?;
        let of = self.clone();
        record("PadBackwardBackward0", &[grad], &[&out], || {
            let along = of.clone();
            Linear::new(move |g: &Tensor, lead| of.behind(lead).pad(g), move |t: &Tensor| along.sum_up(t))
        })?;
        Ok(out)
    }

    fn run(
        &self,
        input: &Tensor,
        size: fn(usize, usize) -> usize,
        kernel: impl for<'w> FnOnce(&'w [(usize, usize)], Padding) -> Kernel<'w>,
    ) -> Result<Tensor> {
        let array = input.array();
        let shape: Vec<usize> =
            array.shape().iter().zip(&self.widths).map(|(&n, (before, behind))| size(n, before + behind)).collect();
        let format = match self.padding {
            Padding::Circular => MemoryFormat::Contiguous,
            _ => MemoryFormat::suggested_by(&array.layout),
        };
        let out = Array::empty_with(format.layout(&shape)?, array.dtype, array.device())?;
        launch(self.op, &array, &out, &self.widths, |widths| kernel(widths, self.padding))?;
        Ok(Tensor::from_array(out))
    }
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
