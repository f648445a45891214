//! Pooling over one to three spatial dimensions.

use smallvec::{SmallVec, smallvec};

use crate::autograd::{Context, SavedTensor, keeping_one, record_first, record_one};
use crate::backend;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, PoolPass, PoolWindow};
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::shape::{Dims, Shape};
use crate::tensor::Tensor;

use super::expr::Expr;
use super::{cast, gather, reduce, view, window};

/// Window of a pooling op; a list of one entry counts for every spatial dimension, an empty stride is the kernel's.
#[derive(Clone, Copy, Debug)]
pub struct PoolArgs<'a> {
    /// Size.
    pub kernel: &'a [i64],
    /// Step.
    pub stride: &'a [i64],
    /// Padding on both sides.
    pub padding: &'a [i64],
    /// Step between taps.
    pub dilation: &'a [i64],
    /// Round the number of windows up.
    pub ceil_mode: bool,
}

/// Largest element of each window and its position (int64) in the flattened spatial dimensions.
pub fn max_pool(op: &'static str, spatial: usize, input: &Tensor, args: &PoolArgs) -> Result<(Tensor, Tensor)> {
    let window = pool_window(op, spatial, args)?;
    let (input, unbatched) = batched(op, input, spatial, Windows::Sliding)?;
    let shape = pooled_shape(op, &input, &window, args.ceil_mode)?;
    let format = input.with_array(|a| MemoryFormat::suggested_by(&a.layout));
    let (values, positions) = launch_max(op, PoolPass::Max, &window, &input, format.layout(&shape)?)?;
    record_max(op, &window, &input, format, &values, &positions)?;
    unbatch(unbatched, values, positions)
}

/// Largest element of each of `size` windows that cover the input evenly, and its position.
pub fn adaptive_max_pool(op: &'static str, spatial: usize, input: &Tensor, size: &[i64]) -> Result<(Tensor, Tensor)> {
    let (input, unbatched) = batched(op, input, spatial, Windows::Adaptive)?;
    let shape = adaptive_shape(op, &input, size, spatial)?;
    let format = planar_format(&input);
    let (values, positions) = launch_max(op, PoolPass::AdaptiveMax, &PoolWindow::default(), &input, format.layout(&shape)?)?;
    record_max(op, &PoolWindow::default(), &input, format, &values, &positions)?;
    unbatch(unbatched, values, positions)
}

/// Mean of each window. `divisor` replaces the number of elements it is divided by.
pub fn avg_pool(
    op: &'static str,
    spatial: usize,
    input: &Tensor,
    args: &PoolArgs,
    count_include_pad: bool,
    divisor: Option<i64>,
) -> Result<Tensor> {
    ensure!(divisor != Some(0), Runtime, "{op}(): divisor must be not zero");
    let out = avg_pool_magnitude(op, spatial, input, args, count_include_pad, divisor.map(i64::unsigned_abs))?;
    if divisor.is_some_and(|d| d < 0) { (-Expr::from(out)).into_tensor() } else { Ok(out) }
}

/// [`avg_pool`] for the magnitude of a divisor.
fn avg_pool_magnitude(
    op: &'static str,
    spatial: usize,
    input: &Tensor,
    args: &PoolArgs,
    count_include_pad: bool,
    divisor: Option<u64>,
) -> Result<Tensor> {
    if input.dtype() == DType::Int64 {
        // Sums are exact in float64 as far as its integers go; the quotient is cut off, as integer division does.
        let mean = avg_pool_magnitude(op, spatial, &cast::to_dtype(input, DType::Float64)?, args, count_include_pad, divisor)?;
        return cast::to_dtype(&mean, DType::Int64);
    }
    let divisor = divisor.map(|d| d as usize);
    let window = pool_window(op, spatial, args)?;
    let (input, unbatched) = batched(op, input, spatial, Windows::Sliding)?;
    let shape = pooled_shape(op, &input, &window, args.ceil_mode)?;
    let passes = (PoolPass::Average { count_include_pad, divisor }, PoolPass::AverageGrad { count_include_pad, divisor });
    let out = linear_pool(op, passes, &window, &input, planar_format(&input).layout(&shape)?)?;
    if unbatched { view::squeeze_dim(&out, 0) } else { Ok(out) }
}

/// Mean of each of `size` windows that cover the input evenly.
pub fn adaptive_avg_pool(op: &'static str, spatial: usize, input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let (input, unbatched) = batched(op, input, spatial, Windows::Adaptive)?;
    let shape = adaptive_shape(op, &input, size, spatial)?;
    let out = if input.dtype().is_float() && shape[2..].iter().all(|&n| n == 1) {
        let dims: SmallVec<[i64; 3]> = (2..2 + spatial as i64).collect();
        cast::in_format(&reduce::mean(&input, Some(&dims), true, None)?, planar_format(&input))?
    } else {
        let passes = (PoolPass::AdaptiveAverage, PoolPass::AdaptiveAverageGrad);
        linear_pool(op, passes, &PoolWindow::default(), &input, planar_format(&input).layout(&shape)?)?
    };
    if unbatched { view::squeeze_dim(&out, 0) } else { Ok(out) }
}

fn unbatch(unbatched: bool, values: Tensor, positions: Tensor) -> Result<(Tensor, Tensor)> {
    if unbatched { Ok((view::squeeze_dim(&values, 0)?, view::squeeze_dim(&positions, 0)?)) } else { Ok((values, positions)) }
}

/// The input with a batch, and whether it had none: refused in PyTorch's words where it is no image or has no pixels.
fn batched(op: &'static str, input: &Tensor, spatial: usize, how: Windows) -> Result<(Tensor, bool)> {
    let shape = input.shape();
    let (n, one, many) = (shape.len(), spatial + 1, spatial + 2);
    let has_form = n == one || n == many;
    let empty = if has_form { (n - one..n).find(|&d| shape[d] == 0) } else { None };
    let is_told_of_batches = spatial == 1 || spatial == 2 && n >= one;
    if how == Windows::Sliding && is_told_of_batches {
        ensure!(
            has_form && empty.is_none(),
            Runtime,
            "{op}(): Expected {one}D or {many}D (batch mode) tensor with optional 0 dim batch size for input, but got:{:?}",
            &shape[..]
        );
    }
    if how == Windows::Sliding {
        ensure!(
            has_form,
            Runtime,
            "{op}(): non-empty {one}D or {many}D (batch mode) tensor expected for input, but got {:?}",
            &shape[..]
        );
    }
    ensure!(has_form, Runtime, "{op}(): Expected {one}D or {many}D tensor, but got: {:?}", &shape[..]);
    if let Some(dim) = empty {
        bail!(
            Runtime,
            "{op}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {:?} with dimension {dim} being \
             empty",
            &shape[..]
        );
    }
    if n == many { Ok((input.clone(), false)) } else { Ok((view::unsqueeze(input, 0)?, true)) }
}

/// How the windows of a pooling lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Windows {
    Sliding,
    Adaptive,
}

fn per_dim(op: &'static str, what: &str, given: &[i64], spatial: usize, least: i64) -> Result<Dims> {
    ensure!(
        given.len() == 1 || given.len() == spatial,
        Runtime,
        "{op}(): {what} must either be a single int, or a tuple of {spatial} ints, got {given:?}"
    );
    ensure!(given.iter().all(|&x| x >= least), Runtime, "{op}(): {what} should be at least {least}, but got {given:?}");
    window::argument(op, what, given)?;
    Ok((0..spatial).map(|i| given[if given.len() == 1 { 0 } else { i }] as usize).collect())
}

fn pool_window(op: &'static str, spatial: usize, args: &PoolArgs) -> Result<PoolWindow> {
    let kernel = per_dim(op, "kernel_size", args.kernel, spatial, 1)?;
    let stride = if args.stride.is_empty() { kernel.clone() } else { per_dim(op, "stride", args.stride, spatial, 1)? };
    let pad = if spatial == 1 { "padding" } else { "pad" };
    if let Some(negative) = args.padding.iter().find(|&&p| p < 0) {
        bail!(Runtime, "{op}(): {pad} must be non-negative, but got {pad}: {negative}");
    }
    let padding = per_dim(op, "padding", args.padding, spatial, 0)?;
    let dilation = per_dim(op, "dilation", args.dilation, spatial, 1)?;
    for ((&p, &size), &gap) in padding.iter().zip(&kernel).zip(&dilation) {
        let reaches = spatial > 1 && p > ((size - 1) * gap).div_ceil(2);
        let of = if reaches { "effective kernel size" } else { "kernel size" };
        ensure!(
            p * 2 <= size,
            Runtime,
            "{op}(): {pad} should be at most half of {of}, but got {pad}={p}, kernel_size={size} and dilation={gap}"
        );
    }
    Ok(PoolWindow { kernel, stride, padding, dilation })
}

fn pooled_shape(op: &'static str, input: &Tensor, args: &PoolWindow, ceil_mode: bool) -> Result<Shape> {
    let mut shape: Shape = smallvec![input.size(0), input.size(1)];
    let mut counts: SmallVec<[i64; 3]> = SmallVec::new();
    for i in 0..args.kernel.len() {
        let padded = window::padded(op, input.size(i + 2), args.padding[i])?;
        let (stride, pad) = (args.stride[i] as i64, args.padding[i] as i64);
        let room = padded - window::reach(op, args.kernel[i], args.dilation[i])? + if ceil_mode { stride - 1 } else { 0 };
        let mut count = room.div_euclid(stride) + 1;
        // The last window must start inside the input or its left padding.
        if ceil_mode && (count - 1) * stride >= padded - pad {
            count -= 1;
        }
        counts.push(count);
    }
    if counts.iter().any(|&count| count <= 0) {
        return Err(too_small(op, &input.shape()[1..], &counts));
    }
    shape.extend(counts.iter().map(|&count| count as usize));
    Ok(shape)
}

#[cold]
fn too_small(op: &str, size: &[usize], counts: &[i64]) -> Error {
    if let [count] = counts {
        return Error::runtime(format!("{op}(): Invalid computed output size: {count}"));
    }
    let by = |sizes: &mut dyn Iterator<Item = i64>| sizes.map(|n| n.to_string()).collect::<Vec<_>>().join("x");
    let input = by(&mut size.iter().map(|&n| n as i64));
    let output = by(&mut std::iter::once(size[0] as i64).chain(counts.iter().copied()));
    Error::runtime(format!("{op}(): Given input size: ({input}). Calculated output size: ({output}). Output size is too small"))
}

fn adaptive_shape(op: &'static str, input: &Tensor, size: &[i64], spatial: usize) -> Result<Shape> {
    ensure!(size.len() == spatial || size.len() == 1, Runtime, "{op}(): output_size must be {spatial} ints or one, got {size:?}");
    let mut shape: Shape = smallvec![input.size(0), input.size(1)];
    for i in 0..spatial {
        match size[if size.len() == 1 { 0 } else { i }] {
            n if n >= 0 => shape.push(n as usize),
            n => bail!(Runtime, "{op}(): elements of output_size must be greater than or equal to 0, got {n}"),
        }
    }
    Ok(shape)
}

/// The memory format of results and gradients where that of images is kept but volumes are row-major, as in PyTorch for
/// all pooling but that of maxima in sliding windows.
fn planar_format(input: &Tensor) -> MemoryFormat {
    match input.with_array(|a| MemoryFormat::suggested_by(&a.layout)) {
        MemoryFormat::ChannelsLast => MemoryFormat::ChannelsLast,
        _ => MemoryFormat::Contiguous,
    }
}

fn launch_max(op: &'static str, pass: PoolPass, window: &PoolWindow, input: &Tensor, layout: Layout) -> Result<(Tensor, Tensor)> {
    let array = input.array();
    let (outputs, device) = ([(layout.clone(), array.dtype), (layout, DType::Int64)], array.device());
    let outputs = backend::compute(op, &Kernel::Pool { pass, window }, &[array.into()], outputs, device)?;
    let [values, positions] = outputs.map(Tensor::from_array);
    Ok((values, positions))
}

fn record_max(
    op: &'static str,
    window: &PoolWindow,
    input: &Tensor,
    format: MemoryFormat,
    values: &Tensor,
    positions: &Tensor,
) -> Result<()> {
    record_first("MaxPoolBackward0", &[input], &[values, positions], || {
        let (shape, window) = (input.shape(), window.clone());
        keeping_one([("result1", SavedTensor::input(positions))], move |cx, [positions], g| {
            Ok(smallvec![Some(max_gradient(op, &window, g, &positions.get(cx)?, format.layout(&shape)?)?)])
        })
    })
}

/// Lays gradients at the positions of the maxima; linear in the gradient, so its own derivative gathers from there.
fn max_gradient(op: &'static str, window: &PoolWindow, g: &Tensor, positions: &Tensor, layout: Layout) -> Result<Tensor> {
    let array = g.array();
    let (output, device) = ((layout, array.dtype), array.device());
    let kernel = Kernel::Pool { pass: PoolPass::MaxGrad, window };
    let [out] = backend::compute(op, &kernel, &[array.into(), positions.operand()], [output], device)?;
    let out = Tensor::from_array(out);
    record_one("MaxPoolBackwardBackward0", &[g], &out, || {
        keeping_one([("indices", SavedTensor::input(positions))], move |cx, [positions], gg| {
            let positions = positions.get(cx)?;
            let (n, c) = (gg.size(0) as i64, gg.size(1) as i64);
            let picked = gather::gather(&view::reshape(gg, &[n, c, -1])?, 2, &view::reshape(&positions, &[n, c, -1])?)?;
            Ok(smallvec![Some(view::reshape(&picked, &super::reduce::as_i64(&positions.shape()))?)])
        })
    })?;
    Ok(out)
}

/// A pooling that is linear in its input: the passes are each other's derivative.
fn linear_pool(
    op: &'static str,
    passes: (PoolPass, PoolPass),
    window: &PoolWindow,
    input: &Tensor,
    layout: Layout,
) -> Result<Tensor> {
    let array = input.array();
    let (output, device) = ((layout, array.dtype), array.device());
    let [out] = backend::compute(op, &Kernel::Pool { pass: passes.0, window }, &[array.into()], [output], device)?;
    let out = Tensor::from_array(out);
    record_one("AvgPoolBackward0", &[input], &out, || {
        let (window, shape, format) = (window.clone(), input.shape(), planar_format(input));
        move |_: &Context, g: &Tensor| {
            Ok(smallvec![Some(linear_pool(op, (passes.1, passes.0), &window, g, format.layout(&shape)?)?)])
        }
    })?;
    Ok(out)
}
