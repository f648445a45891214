//! Convolutions over one to three spatial dimensions, all three passes.
//!
//! | shape | way |
//! |---|---|
//! | forward passes and gradients of the input | matrix product that reads the input in place ([`direct`]) |
//! | gradients of the kernel | dot products over positions ([`weight`]) |
//! | the same with one channel a group on both sides | dot products of lines ([`depthwise`]) |

mod depthwise;
mod direct;
mod geometry;
mod plan;
mod source;
mod weight;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::kernel::{ConvGeometry, ConvPass};
use ferrotorch_kernel::{Array, Error, Operand, Result, bail, match_dtype};

use crate::dense;
use crate::matmul::Number;
use direct::Call;
use geometry::Sizes;
use plan::Plan;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Conv`].
pub(crate) fn conv(pass: ConvPass, geometry: &ConvGeometry, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let ([first, second, rest @ ..], [out]) = (inputs, outputs) else {
        bail!(Runtime, "conv: expected two inputs and one output")
    };
    let dtype = out.dtype.accumulate();
    let first = dense::input(first.array()?, dtype)?;
    let second = dense::input(second.array()?, dtype)?;
    let bias = rest.first().and_then(Operand::optional).map(|bias| dense::input(bias, dtype)).transpose()?;
    let (x, w, y) = match pass {
        ConvPass::Forward => (first.shape(), second.shape(), out.shape()),
        ConvPass::GradInput => (out.shape(), second.shape(), first.shape()),
        ConvPass::GradWeight => (second.shape(), out.shape(), first.shape()),
    };
    let sizes = Sizes::new(x, w, y, geometry)?;
    dense::through(out, dtype, |out| {
        match_dtype!(@ dtype, T, run::<T>(pass, &sizes, &first, &second, bias.as_ref(), out), Err(Error::dtype("conv", DType::Bool, "use a number")), [
            UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64, Float32 f32, Float64 f64,
            Complex64 ferrotorch_kernel::dtype::c32, Complex128 ferrotorch_kernel::dtype::c64])
    })
}

fn run<T: Number>(pass: ConvPass, sizes: &Sizes, first: &Array, second: &Array, bias: Option<&Array>, out: &Array) -> Result<()> {
    let (first, second) = (dense::read::<T>(first)?, dense::read::<T>(second)?);
    let bias = bias.map(dense::read::<T>).transpose()?;
    let call = |transposed| Call { sizes, x: first, w: second, bias, transposed };
    dense::write(out, |out: &mut [T]| match pass {
        ConvPass::Forward => direct::run(&call(false), &[Plan::forward(sizes)], out),
        ConvPass::GradInput => direct::run(&call(true), &Plan::grad_input(sizes), out),
        ConvPass::GradWeight if depthwise::applies(sizes) => depthwise::grad_weight(sizes, first, second, out),
        ConvPass::GradWeight => weight::run(sizes, first, second, out),
    })?
}
