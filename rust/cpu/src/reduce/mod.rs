//! Reductions over dimensions.
//!
//! A reduction is a [`fold::Fold`]: how an element joins an accumulator, how accumulators merge, what comes out. The
//! [`driver`] walks the array for any fold. Reductions that need two passes (variance, logsumexp) run one fold for a
//! value an output (mean, maximum) and hand it to the second as context.

mod driver;
mod fold;
mod norm;
#[cfg(test)]
mod tests;

use ferrotorch_core::backend;
use ferrotorch_core::dtype::{Bool, c32, c64};
use ferrotorch_core::kernel::{Kernel, Reduction};
use ferrotorch_core::scalar::FromScalar;
use ferrotorch_core::{Array, DType, Error, Operand, Result, match_dtype};

use crate::element::{Ordered, Ring};
use crate::math::Float;
use driver::reduce_with;
use fold::{All, Any, CountNonzero, Largest, LogSumExp, Mean, Prod, Smallest, Spread, Sum};

/// Folds the dimensions where `out0` has size 1 and `in0` another.
pub(crate) fn reduce(op: Reduction, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    match op {
        Reduction::Any => return match_dtype!(input.dtype, T => reduce_with(&Any::<T>::default(), input, None, out)),
        Reduction::All => return match_dtype!(input.dtype, T => reduce_with(&All::<T>::default(), input, None, out)),
        Reduction::CountNonzero => {
            return match_dtype!(input.dtype, T => reduce_with(&CountNonzero::<T>::default(), input, None, out));
        }
        Reduction::Norm { p } => return norm::norm(p, input, out),
        _ => {}
    }
    // Half types are folded in float32, everything else in the dtype of the output.
    let compute = out.dtype.accumulate();
    let input = &if input.dtype == compute { input.clone() } else { input.to_dtype(compute)? };
    match op {
        Reduction::Sum => by_ring(compute, Summing, input, out),
        Reduction::Prod => by_ring(compute, Multiplying, input, out),
        Reduction::Mean => mean(input, out),
        Reduction::Max | Reduction::Min => extremum(op, input, out),
        Reduction::Variance { correction, sqrt } => variance(correction, sqrt, input, outputs),
        Reduction::LogSumExp => log_sum_exp(input, out),
        Reduction::Any | Reduction::All | Reduction::CountNonzero | Reduction::Norm { .. } => Ok(()),
    }
}

/// Runs a fold into an output of another dtype through an array of its own.
pub(super) fn into_dtype(dtype: DType, out: &Array, run: impl FnOnce(&Array) -> Result<()>) -> Result<()> {
    if dtype == out.dtype {
        return run(out);
    }
    let own = Array::empty(out.shape(), dtype, out.device())?;
    run(&own)?;
    backend::launch("reduce", &Kernel::Copy, &[own.into()], std::slice::from_ref(out))
}

/// A reduction that any ring has.
trait ByRing {
    fn run<T: Ring>(&self, input: &Array, out: &Array) -> Result<()>;
}

struct Summing;
struct Multiplying;

impl ByRing for Summing {
    fn run<T: Ring>(&self, input: &Array, out: &Array) -> Result<()> {
        reduce_with(&Sum::<T>::default(), input, None, out)
    }
}

impl ByRing for Multiplying {
    fn run<T: Ring>(&self, input: &Array, out: &Array) -> Result<()> {
        reduce_with(&Prod::<T>::default(), input, None, out)
    }
}

fn by_ring(compute: DType, how: impl ByRing, input: &Array, out: &Array) -> Result<()> {
    match_dtype!(compute, T => into_dtype(compute, out, |out| how.run::<T>(input, out)))
}

fn mean(input: &Array, out: &Array) -> Result<()> {
    let count = (input.numel() / out.numel().max(1)) as f64;
    into_dtype(input.dtype, out, |out| match input.dtype {
        DType::Float32 => reduce_with(&Mean::<f32>::new(count as f32), input, None, out),
        DType::Float64 => reduce_with(&Mean::<f64>::new(count), input, None, out),
        DType::Complex64 => reduce_with(&Mean::<c32>::new(c32::new(count as f32, 0.0)), input, None, out),
        DType::Complex128 => reduce_with(&Mean::<c64>::new(c64::new(count, 0.0)), input, None, out),
        other => Err(Error::dtype("mean", other, "convert to a float dtype first")),
    })
}

fn extremum(op: Reduction, input: &Array, out: &Array) -> Result<()> {
    fn typed<T: Ordered + fold::Limits>(op: Reduction, input: &Array, out: &Array) -> Result<()> {
        match op {
            Reduction::Max => reduce_with(&Largest::<T>::default(), input, None, out),
            _ => reduce_with(&Smallest::<T>::default(), input, None, out),
        }
    }
    into_dtype(input.dtype, out, |out| match input.dtype {
        DType::Bool => typed::<Bool>(op, input, out),
        DType::UInt8 => typed::<u8>(op, input, out),
        DType::Int8 => typed::<i8>(op, input, out),
        DType::Int16 => typed::<i16>(op, input, out),
        DType::Int32 => typed::<i32>(op, input, out),
        DType::Int64 => typed::<i64>(op, input, out),
        DType::Float32 => typed::<f32>(op, input, out),
        DType::Float64 => typed::<f64>(op, input, out),
        other => Err(Error::dtype("max", other, "complex numbers have no order")),
    })
}

fn variance(correction: f64, sqrt: bool, input: &Array, outputs: &[Array]) -> Result<()> {
    let means = Array::empty(outputs[0].shape(), input.dtype, input.device())?;
    mean(input, &means)?;
    if let Some(out) = outputs.get(1) {
        backend::launch("var", &Kernel::Copy, &[means.clone().into()], std::slice::from_ref(out))?;
    }
    fn typed<T: Float + FromScalar>(input: &Array, means: &Array, divisor: f64, sqrt: bool, out: &Array) -> Result<()> {
        reduce_with(&Spread::<T>::new(T::of(divisor), sqrt), input, Some(means), out)
    }
    let count = (input.numel() / means.numel().max(1)) as f64;
    let divisor = (count - correction).max(0.0);
    into_dtype(input.dtype, &outputs[0], |out| {
        match_dtype!(input.dtype, T in [f32, f64] => typed::<T>(input, &means, divisor, sqrt, out),
            else => Err(Error::dtype("var", input.dtype, "convert to a float dtype first")))
    })
}

fn log_sum_exp(input: &Array, out: &Array) -> Result<()> {
    let largest = Array::empty(out.shape(), input.dtype, input.device())?;
    extremum(Reduction::Max, input, &largest)?;
    fn typed<T: Float>(input: &Array, largest: &Array, out: &Array) -> Result<()> {
        reduce_with(&LogSumExp::<T>::default(), input, Some(largest), out)
    }
    into_dtype(input.dtype, out, |out| {
        match_dtype!(input.dtype, T in [f32, f64] => typed::<T>(input, &largest, out),
            else => Err(Error::dtype("logsumexp", input.dtype, "convert to a float dtype first")))
    })
}
