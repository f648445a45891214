//! Convolution over one to three spatial dimensions, and its transpose.
//!
//! Here is what their arguments may be; [`passes`] computes them and their derivatives. The functions ending in `_each` are for
//! samples with a weight each (`samples.rs`).

mod many;
mod passes;
mod samples;

use smallvec::smallvec;

use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Kind, Result};
use crate::kernel::ConvGeometry;
use crate::memory_format::MemoryFormat;
use crate::shape::{Dims, Shape};
use crate::tensor::Tensor;

use super::{view, window};
use passes::Way;

/// Arguments of a convolution; a list of one entry counts for every spatial dimension.
#[derive(Clone, Copy, Debug)]
pub struct ConvArgs<'a> {
    /// Step of the window.
    pub stride: &'a [i64],
    /// Zeros added on both sides.
    pub padding: &'a [i64],
    /// Step between the taps of the window.
    pub dilation: &'a [i64],
    /// Number of blocks that the channels are split into.
    pub groups: i64,
}

/// Convolution (cross-correlation): input `(N, C, spatial..)` or `(C, spatial..)`, weight `(O, C / groups, kernel..)`,
/// bias `(O)`.
pub fn conv(op: &'static str, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, args: &ConvArgs) -> Result<Tensor> {
    let spatial = spatial_dims(op, weight)?;
    let (input, unbatched) = batched(op, input, spatial)?;
    let out = convolve(op, &input, weight, bias, &geometry(op, args, spatial)?)?;
    if unbatched { view::squeeze_dim(&out, 0) } else { Ok(out) }
}

/// [`conv`] of samples with a weight each: input `(samples, N, C, spatial..)`, weight `(samples, O, C / groups, kernel..)`. A
/// weight that repeats one sample costs no more than that one.
pub fn conv_each(op: &'static str, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, args: &ConvArgs) -> Result<Tensor> {
    convolve(op, input, weight, bias, &geometry(op, args, spatial_dims_of_samples(op, input, weight)?)?)
}

fn convolve(op: &'static str, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, geometry: &ConvGeometry) -> Result<Tensor> {
    let (x, w) = (sample(input, geometry), sample(weight, geometry));
    check(op, input, weight, bias, geometry, [w[0], w[1] * geometry.groups])?;
    let out_shape = output_shape(op, &x, &w, geometry)?;
    let (shape, format) = (of_samples(input, geometry, out_shape), format_of(input, weight, geometry));
    passes::convolve(op, Way::Forward, input, weight, bias, geometry, &shape, format)
}

/// Transposed convolution: input `(N, C, spatial..)`, weight `(C, O / groups, kernel..)`, bias `(O)`.
pub fn conv_transpose(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    args: &ConvArgs,
    output_padding: &[i64],
) -> Result<Tensor> {
    let spatial = spatial_dims(op, weight)?;
    let (input, unbatched) = batched(op, input, spatial)?;
    let out = convolve_transposed(op, &input, weight, bias, &geometry(op, args, spatial)?, output_padding)?;
    if unbatched { view::squeeze_dim(&out, 0) } else { Ok(out) }
}

/// [`conv_transpose`] of samples with a weight each, as in [`conv_each`].
pub fn conv_transpose_each(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    args: &ConvArgs,
    output_padding: &[i64],
) -> Result<Tensor> {
    let spatial = spatial_dims_of_samples(op, input, weight)?;
    convolve_transposed(op, input, weight, bias, &geometry(op, args, spatial)?, output_padding)
}

fn convolve_transposed(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
    output_padding: &[i64],
) -> Result<Tensor> {
    let extra = per_dim(op, "output_padding", output_padding, geometry.stride.len(), 0)?;
    let (x, w) = (sample(input, geometry), sample(weight, geometry));
    check(op, input, weight, bias, geometry, [w[1] * geometry.groups, w[0]])?;
    let out_shape = transposed_shape(op, &x, &w, geometry, &extra)?;
    let (shape, format) = (of_samples(input, geometry, out_shape), format_of(input, weight, geometry));
    passes::convolve(op, Way::Transposed, input, weight, bias, geometry, &shape, format)
}

fn transposed_shape(
    op: &'static str,
    input: &[usize],
    weight: &[usize],
    geometry: &ConvGeometry,
    extra: &[usize],
) -> Result<Shape> {
    let mut shape: Shape = smallvec![input[0], weight[1] * geometry.groups];
    for i in 0..extra.len() {
        ensure!(
            extra[i] < geometry.stride[i].max(geometry.dilation[i]),
            Runtime,
            "{op}(): output padding must be smaller than either stride or dilation, but got output_padding {:?}, stride {:?}, dilation {:?}",
            extra,
            &geometry.stride[..],
            &geometry.dilation[..]
        );
        let reach = window::reach(op, weight[i + 2], geometry.dilation[i])? + extra[i] as i64;
        let size = window::covered(op, input[i + 2], geometry.stride[i], reach)? - 2 * geometry.padding[i] as i64;
        ensure!(
            size > 0,
            Runtime,
            "{op}(): calculated output size {size} in spatial dimension {i} is too small for input {input:?}"
        );
        shape.push(size as usize);
    }
    Ok(shape)
}

fn spatial_dims(op: &'static str, weight: &Tensor) -> Result<usize> {
    let n = weight.ndim();
    ensure!((3..=5).contains(&n), Runtime, "{op}(): expected a weight of 3 to 5 dimensions, got shape {:?}", &weight.shape()[..]);
    // The name says for how many dimensions an op is.
    let named = op.trim_end_matches('d').chars().last().and_then(|digit| digit.to_digit(10));
    if let Some(spatial) = named {
        let spatial = spatial as usize;
        ensure!(
            n == spatial + 2,
            Runtime,
            "{op}(): Expected {spatial}D weight of {} dimensions, but got weight of size {:?}",
            spatial + 2,
            &weight.shape()[..]
        );
    }
    Ok(n - 2)
}

fn spatial_dims_of_samples(op: &'static str, input: &Tensor, weight: &Tensor) -> Result<usize> {
    let n = weight.ndim();
    ensure!(
        (4..=6).contains(&n) && input.ndim() == n && input.size(0) == weight.size(0),
        Runtime,
        "{op}(): expected inputs and weights of as many samples, got shapes {:?} and {:?}",
        &input.shape()[..],
        &weight.shape()[..]
    );
    Ok(n - 3)
}

/// The shape of one sample: the last dimensions.
fn sample(t: &Tensor, geometry: &ConvGeometry) -> Shape {
    Shape::from_slice(&t.shape()[t.ndim() - geometry.stride.len() - 2..])
}

/// A sample's shape, of as many samples as an input has.
fn of_samples(input: &Tensor, geometry: &ConvGeometry, shape: Shape) -> Shape {
    let samples = &input.shape()[..input.ndim() - geometry.stride.len() - 2];
    samples.iter().copied().chain(shape).collect()
}

/// Results and gradients are channels last where the input or the weight is; those of samples are row-major.
fn format_of(x: &Tensor, w: &Tensor, geometry: &ConvGeometry) -> MemoryFormat {
    if x.ndim() != geometry.stride.len() + 2 {
        return MemoryFormat::Contiguous;
    }
    match x.with_array(|a| MemoryFormat::suggested_by(&a.layout)) {
        MemoryFormat::Contiguous => w.with_array(|a| MemoryFormat::suggested_by(&a.layout)),
        format => format,
    }
}

fn per_dim(op: &'static str, what: &str, given: &[i64], spatial: usize, least: i64) -> Result<Dims> {
    ensure!(
        given.len() == spatial || given.len() == 1,
        Runtime,
        "{op}(): expected {what} to be a single integer value or a list of {spatial} values to match the convolution \
         dimensions, but got {what}={given:?}"
    );
    ensure!(
        given.iter().all(|&x| x >= least),
        Runtime,
        "{op}(): {}: {given:?}, each must be at least {least}",
        match (what, least) {
            ("dilation", _) => "dilation should be greater than zero".to_owned(),
            (_, 0) => format!("negative {what} is not supported"),
            _ => format!("non-positive {what} is not supported"),
        }
    );
    window::argument(op, what, given)?;
    Ok((0..spatial).map(|i| given[if given.len() == 1 { 0 } else { i }] as usize).collect())
}

fn geometry(op: &'static str, args: &ConvArgs, spatial: usize) -> Result<ConvGeometry> {
    ensure!(args.groups > 0, Runtime, "{op}(): non-positive groups is not supported, got {}", args.groups);
    Ok(ConvGeometry {
        stride: per_dim(op, "stride", args.stride, spatial, 1)?,
        padding: per_dim(op, "padding", args.padding, spatial, 0)?,
        dilation: per_dim(op, "dilation", args.dilation, spatial, 1)?,
        groups: args.groups as usize,
    })
}

/// The input with a batch dimension, and whether it had none.
fn batched(op: &'static str, input: &Tensor, spatial: usize) -> Result<(Tensor, bool)> {
    match input.ndim() {
        n if n == spatial + 2 => Ok((input.clone(), false)),
        n if n == spatial + 1 => Ok((view::unsqueeze(input, 0)?, true)),
        _ => crate::bail!(
            Runtime,
            "Expected {}D (unbatched) or {}D (batched) input to {op}, but got input of size: {:?}",
            spatial + 1,
            spatial + 2,
            &input.shape()[..]
        ),
    }
}

/// Refuses operands that do not fit together, given how many channels the result and the input must have.
fn check(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
    [out_channels, in_channels]: [usize; 2],
) -> Result<()> {
    if input.dtype() == DType::Bool {
        return Err(Error::dtype(op, DType::Bool, "convert to a number"));
    }
    for other in std::iter::once(weight).chain(bias) {
        if other.device() != input.device() {
            return Err(Kind::Devices { op, lhs: input.device(), rhs: other.device() }.into());
        }
        ensure!(
            other.dtype() == input.dtype(),
            Runtime,
            "{op}(): expected scalar type {} but found {}: Input type ({}) and weight or bias type ({}) should be the same",
            input.dtype().legacy_name(),
            other.dtype().legacy_name(),
            input.dtype().name(),
            other.dtype().name()
        );
    }
    let (x, w) = (sample(input, geometry), sample(weight, geometry));
    ensure!(
        x[1] == in_channels,
        Runtime,
        "{op}(): given weight of size {:?}, expected input {:?} to have {in_channels} channels, but got {} channels instead",
        &w[..],
        &x[..],
        x[1]
    );
    if let Some(bias) = bias {
        ensure!(
            bias.shape()[..] == [out_channels],
            Runtime,
            "{op}(): given weight of size {:?}, expected bias to be 1-dimensional with {out_channels} elements, but got bias of size {:?} instead",
            &w[..],
            &bias.shape()[..]
        );
    }
    Ok(())
}

fn output_shape(op: &'static str, input: &[usize], weight: &[usize], geometry: &ConvGeometry) -> Result<Shape> {
    ensure!(
        weight[0] >= geometry.groups && weight[0].is_multiple_of(geometry.groups),
        Runtime,
        "{op}(): expected weight to be at least {} at dimension 0 and divisible by groups, but got weight of size {:?}",
        geometry.groups,
        weight
    );
    let mut shape: Shape = smallvec![input[0], weight[0]];
    for i in 0..geometry.stride.len() {
        let padded = window::padded(op, input[i + 2], geometry.padding[i])?;
        let kernel = weight[i + 2];
        ensure!(kernel > 0, Runtime, "{op}(): kernel size should be greater than zero, but got weight of shape {:?}", weight);
        let reach = window::reach(op, kernel, geometry.dilation[i])?;
        ensure!(
            padded >= reach,
            Runtime,
            "{op}(): Calculated padded input size per channel: ({padded}). Kernel size: ({reach}). Kernel size can't be greater than actual \
             input size (spatial dimension {i})"
        );
        shape.push((padded - reach) as usize / geometry.stride[i] + 1);
    }
    Ok(shape)
}
