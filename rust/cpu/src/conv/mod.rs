//! Convolutions over one to three spatial dimensions, all three passes.
//!
//! | shape | way |
//! |---|---|
//! | forward passes and gradients of the input | matrix product that reads the input in place ([`direct`]) |
//! | the same of small images with many channels, and of half types | matrix products that pack it, without the padding ([`unfolded`]) |
//! | the same of bfloat16 in matrix registers | matrix product that reads pairs of channels in place ([`paired`]) |
//! | gradients of the kernel | dot products over positions ([`weight`]) |
//! | the same with one channel a group on both sides, and many images of such | sums over taps of a padded copy, or of products with it ([`depthwise`]) |
//! | images with one channel a group that lie by positions | products of vectors of channels ([`by_channels`]) |
//! | images that lie by positions | products that read lines of positions in place ([`positions`]) |
//! | kernels of one element | products of matrices, wherever the images lie ([`products`]) |
//! | kernels that lie side by side | products of a matrix of patches ([`patches`]) |

mod by_channels;
mod depthwise;
mod direct;
mod geometry;
mod packed;
mod paired;
mod patches;
mod plan;
mod positions;
mod products;
mod source;
mod unfold;
mod unfolded;
mod weight;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{DType, bf16, f16};
use ferrotorch_kernel::kernel::{ConvGeometry, ConvPass};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, match_dtype};

use crate::dense;
use crate::matmul::{Number, Source};
use direct::Call;
use geometry::Sizes;
use plan::Plan;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Conv`].
pub(crate) fn conv(pass: ConvPass, geometry: &ConvGeometry, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([first, second, rest @ ..], [out]) = (inputs, outputs) else {
        bail!(Runtime, "conv: expected two inputs and one output")
    };
    let (first, second, bias) = (first.array()?, second.array()?, rest.first().and_then(Operand::optional));
    let (x, w, y) = match pass {
        ConvPass::Forward => (first.shape(), second.shape(), out.shape()),
        ConvPass::GradInput => (out.shape(), second.shape(), first.shape()),
        ConvPass::GradWeight => (second.shape(), out.shape(), first.shape()),
    };
    let sizes = Sizes::new(x, w, y, geometry)?;
    let images = [first, second];
    for run in [products::run, patches::run, by_channels::run, positions::run] {
        if run(pass, &sizes, images, bias, out)? {
            return Ok(());
        }
    }
    let accumulate = out.dtype.accumulate();
    if pass == ConvPass::GradWeight && out.dtype == DType::BFloat16 && !depthwise::applies(&sizes) {
        return grad_weight_in_half::<bf16>(&sizes, first, second, out);
    }
    let narrow = pass != ConvPass::GradWeight && !depthwise::applies(&sizes);
    let dtype = match if narrow { out.dtype } else { accumulate } {
        // The low bits of sums do not depend on the bits above.
        DType::UInt8 | DType::Int8 | DType::Int16 => DType::Int32,
        dtype => dtype,
    };
    let (first, second) = (dense::input(first, dtype)?, dense::input(second, dtype)?);
    let bias = bias.map(|bias| dense::input(bias, dtype)).transpose()?;
    dense::through(out, dtype, |out| match dtype {
        DType::Float16 => in_half::<f16>(pass, &sizes, &first, &second, bias.as_ref(), out),
        DType::BFloat16 => in_half::<bf16>(pass, &sizes, &first, &second, bias.as_ref(), out),
        dtype => {
            match_dtype!(@ dtype, T, run::<T>(pass, &sizes, &first, &second, bias.as_ref(), out), Err(Error::dtype("conv", DType::Bool, "use a number")), [
            Int32 i32, Int64 i64, Float32 f32, Float64 f64,
            Complex64 ferrotorch_kernel::dtype::c32, Complex128 ferrotorch_kernel::dtype::c64])
        }
    })
}

fn run<T: Number>(pass: ConvPass, sizes: &Sizes, first: &Array, second: &Array, bias: Option<&Array>, out: &Array) -> Result<()> {
    let (first, second) = (dense::read::<T>(first)?, dense::read::<T>(second)?);
    let bias = bias.map(dense::read::<T>).transpose()?;
    let call = |transposed| Call { sizes, x: first, w: second, bias, transposed };
    dense::write(out, |out: &mut [T]| match pass {
        ConvPass::Forward => images(&call(false), &[Plan::forward(sizes)], out),
        ConvPass::GradInput => images(&call(true), &Plan::grad_input(sizes), out),
        ConvPass::GradWeight if depthwise::applies(sizes) => depthwise::grad_weight(sizes, first, second, out),
        ConvPass::GradWeight => weight::run::<T, T>(sizes, first, second, out),
    })?
}

/// Computes images the better way.
fn images<T: Number>(call: &Call<T>, plans: &[Plan], y: &mut [T]) -> Result<()> {
    if depthwise::is_quicker(call.sizes) {
        return depthwise::images(call, plans, y);
    }
    match unfolded::plans::<T, T>(call, plans) {
        Some(plans) => plans.iter().try_for_each(|plan| unfolded::run::<T, T>(call, plan, y)),
        None => direct::run(call, plans, y),
    }
}

/// The gradient of the kernel of a half type, summed in float32 and rounded once.
fn grad_weight_in_half<S: Source<f32>>(sizes: &Sizes, dy: &Array, x: &Array, out: &Array) -> Result<()> {
    let (dy, x) = (dense::input(dy, S::DTYPE)?, dense::input(x, S::DTYPE)?);
    dense::through(out, DType::Float32, |out| {
        let (dy, x) = (dense::read::<S>(&dy)?, dense::read::<S>(&x)?);
        dense::write(out, |dw: &mut [f32]| weight::run(sizes, dy, x, dw))?
    })
}

/// Images of a half type: sums are carried in float32 and rounded once. What is not unfolded is converted as a whole.
fn in_half<S: Source<f32>>(
    pass: ConvPass,
    sizes: &Sizes,
    first: &Array,
    second: &Array,
    bias: Option<&Array>,
    out: &Array,
) -> Result<()> {
    let plans = if pass == ConvPass::Forward { vec![Plan::forward(sizes)] } else { Plan::grad_input(sizes) };
    let transposed = pass == ConvPass::GradInput;
    let (x, w) = (dense::read::<S>(first)?, dense::read::<S>(second)?);
    let call = Call { sizes, x, w, bias: bias.map(dense::read::<S>).transpose()?, transposed };
    if paired::applies::<S, f32>(&call, &plans) {
        return dense::write(out, |y: &mut [S]| plans.iter().try_for_each(|plan| paired::run::<S, f32>(&call, plan, y)))?;
    }
    if let Some(plans) = unfolded::plans::<S, f32>(&call, &plans) {
        return dense::write(out, |y: &mut [S]| plans.iter().try_for_each(|plan| unfolded::run::<S, f32>(&call, plan, y)))?;
    }
    let wide = |array: &Array| array.to_dtype(DType::Float32);
    let bias = bias.map(wide).transpose()?;
    dense::through(out, DType::Float32, |out| run::<f32>(pass, sizes, &wide(first)?, &wide(second)?, bias.as_ref(), out))
}
