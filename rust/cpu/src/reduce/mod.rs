//! Reductions over dimensions.
//!
//! A reduction is a [`fold::Fold`]: how an element joins an accumulator, how accumulators merge, what comes out. Its
//! [`loops`] are compiled for each fold and instruction set; the [`driver`] walks the array for all of them. Reductions that
//! need two passes (variance, logsumexp) run one fold for a value an output (mean, maximum) and hand it to the second as
//! context.

mod columns;
mod dims;
mod driver;
mod fold;
mod loops;
mod norm;
mod pairwise;
mod rows;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::dtype::{Bool, Element, bf16, c32, c64, f16};
use ferrotorch_kernel::kernel::{Kernel, Reduction};
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, match_dtype};

use crate::element::{Ordered, Ring};
use crate::math::Float;
use crate::matmul::Source;
use driver::{reduce_twice, reduce_with};
use fold::{All, Any, CountNonzero, Fold, Largest, LogSumExp, Mean, Prod, Smallest, Spread, Sum, WideMean, Widened};
use loops::Loops;

pub(crate) use fold::Limits;

/// Folds the dimensions where `out0` has size 1 and `in0` another.
pub(crate) fn reduce(op: Reduction, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    match op {
        Reduction::Any => return by_truth(input, out, |folds| folds.any),
        Reduction::All => return by_truth(input, out, |folds| folds.all),
        Reduction::CountNonzero => return by_truth(input, out, |folds| folds.count),
        Reduction::Norm { p } => return norm::norm(p, input, out),
        _ => {}
    }
    // Half types are folded in float32, everything else in the dtype of the output.
    let compute = out.dtype.accumulate();
    match op {
        Reduction::Sum => by_ring(compute, input, out, |folds| folds.sum),
        Reduction::Prod => by_ring(compute, input, out, |folds| folds.prod),
        Reduction::Mean => mean(compute, input, out),
        Reduction::Max | Reduction::Min => extremum(op, compute, input, out),
        Reduction::Variance { correction, sqrt } => variance(correction, sqrt, compute, input, outputs),
        Reduction::LogSumExp => log_sum_exp(compute, input, out),
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

/// The folds that ask only whether an element is zero.
struct TruthFolds {
    any: &'static dyn Loops,
    all: &'static dyn Loops,
    count: &'static dyn Loops,
}

impl TruthFolds {
    const fn of<T: Element>() -> Self {
        TruthFolds { any: &Any::<T>::NEW, all: &All::<T>::NEW, count: &CountNonzero::<T>::NEW }
    }
}

/// Runs a fold over truth. Integers of one width share it; floats do not, because of the zero below zero.
fn by_truth(input: &Array, out: &Array, choose: impl Fn(TruthFolds) -> &'static dyn Loops) -> Result<()> {
    if input.dtype.is_barebones() {
        return by_truth(&input.to_dtype(DType::Bool)?, out, choose);
    }
    let folds = match input.dtype {
        DType::Bool | DType::UInt8 | DType::Int8 => TruthFolds::of::<u8>(),
        DType::Int16 => TruthFolds::of::<i16>(),
        DType::Int32 => TruthFolds::of::<i32>(),
        DType::Int64 => TruthFolds::of::<i64>(),
        DType::Float16 => TruthFolds::of::<f16>(),
        DType::BFloat16 => TruthFolds::of::<bf16>(),
        DType::Float32 => TruthFolds::of::<f32>(),
        DType::Float64 => TruthFolds::of::<f64>(),
        DType::Complex64 => TruthFolds::of::<c32>(),
        DType::Complex128 => TruthFolds::of::<c64>(),
        other => return Err(Error::dtype("any", other, "")),
    };
    reduce_with(choose(folds), input, input.dtype, out)
}

/// Runs a fold in float32. Half types are widened in registers, other dtypes converted a block at a time.
fn in_float<F: Fold<In = f32>>(fold: F, input: &Array, out: &Array) -> Result<()> {
    match input.dtype {
        DType::Float16 => reduce_with(&Widened::<F, f16>::new(fold), input, DType::Float16, out),
        DType::BFloat16 => reduce_with(&Widened::<F, bf16>::new(fold), input, DType::BFloat16, out),
        _ => reduce_with(&fold, input, DType::Float32, out),
    }
}

/// The sum and the product of a dtype that is folded in.
struct RingFolds {
    sum: &'static dyn Loops,
    prod: &'static dyn Loops,
}

impl RingFolds {
    const fn of<T: Ring>() -> Self {
        RingFolds { sum: &Sum::<T>::NEW, prod: &Prod::<T>::NEW }
    }

    const fn of_half<S: Source<f32>>() -> Self {
        RingFolds {
            sum: &const { Widened::<Sum<f32>, S>::new(Sum::NEW) },
            prod: &const { Widened::<Prod<f32>, S>::new(Prod::NEW) },
        }
    }
}

/// Runs a sum or a product. Signed and unsigned bytes wrap alike.
fn by_ring(compute: DType, input: &Array, out: &Array, choose: impl Fn(RingFolds) -> &'static dyn Loops) -> Result<()> {
    let elements = if compute == DType::Float32 && input.dtype.accumulate() == compute { input.dtype } else { compute };
    let folds = match elements {
        DType::Float16 => RingFolds::of_half::<f16>(),
        DType::BFloat16 => RingFolds::of_half::<bf16>(),
        DType::Bool => RingFolds::of::<Bool>(),
        DType::UInt8 | DType::Int8 => RingFolds::of::<u8>(),
        DType::Int16 => RingFolds::of::<i16>(),
        DType::Int32 => RingFolds::of::<i32>(),
        DType::Int64 => RingFolds::of::<i64>(),
        DType::Float32 => RingFolds::of::<f32>(),
        DType::Float64 => RingFolds::of::<f64>(),
        DType::Complex64 => RingFolds::of::<c32>(),
        DType::Complex128 => RingFolds::of::<c64>(),
        other => return Err(Error::dtype("sum_cpu", other, "")),
    };
    into_dtype(compute, out, |out| reduce_with(choose(folds), input, elements, out))
}

fn mean(compute: DType, input: &Array, out: &Array) -> Result<()> {
    let count = (input.numel() / out.numel().max(1)) as f64;
    into_dtype(compute, out, |out| match compute {
        DType::Float32 => in_float(Mean::<f32>::new(count as f32), input, out),
        DType::Float64 => reduce_with(&Mean::<f64>::new(count), input, compute, out),
        DType::Complex64 => reduce_with(&Mean::<c32>::new(c32::new(count as f32, 0.0)), input, compute, out),
        DType::Complex128 => reduce_with(&Mean::<c64>::new(c64::new(count, 0.0)), input, compute, out),
        other => Err(Error::dtype("mean", other, "convert to a float dtype first")),
    })
}

fn extremum(op: Reduction, compute: DType, input: &Array, out: &Array) -> Result<()> {
    fn typed<T: Ordered + fold::Limits>(op: Reduction, compute: DType, input: &Array, out: &Array) -> Result<()> {
        match op {
            Reduction::Max => reduce_with(&Largest::<T>::NEW, input, compute, out),
            _ => reduce_with(&Smallest::<T>::NEW, input, compute, out),
        }
    }
    into_dtype(compute, out, |out| match compute {
        DType::Bool => typed::<Bool>(op, compute, input, out),
        DType::UInt8 => typed::<u8>(op, compute, input, out),
        DType::Int8 => typed::<i8>(op, compute, input, out),
        DType::Int16 => typed::<i16>(op, compute, input, out),
        DType::Int32 => typed::<i32>(op, compute, input, out),
        DType::Int64 => typed::<i64>(op, compute, input, out),
        DType::Float32 if op == Reduction::Max => in_float(Largest::<f32>::NEW, input, out),
        DType::Float32 => in_float(Smallest::<f32>::NEW, input, out),
        DType::Float64 => typed::<f64>(op, compute, input, out),
        other => Err(Error::dtype("max", other, "complex numbers have no order")),
    })
}

fn variance(correction: f64, sqrt: bool, compute: DType, input: &Array, outputs: &[Array]) -> Result<()> {
    let means = Array::empty(outputs[0].shape(), DType::Float64, input.device())?;
    let count = (input.numel() / means.numel().max(1)) as f64;
    let divisor = (count - correction).max(0.0);
    into_dtype(DType::Float64, &outputs[0], |out| {
        match_dtype!(compute, T in [f32, f64] => {
            let (mean, element) = (WideMean::<T> { count, element: PhantomData }, PhantomData);
            reduce_twice([&mean, &Spread::<T> { divisor, sqrt, element }], input, compute, &means, out)
        }, else => Err(Error::dtype("var", input.dtype, "convert to a float dtype first")))
    })?;
    match outputs.get(1) {
        Some(out) => backend::launch("var", &Kernel::Copy, &[means.into()], std::slice::from_ref(out)),
        None => Ok(()),
    }
}

fn log_sum_exp(compute: DType, input: &Array, out: &Array) -> Result<()> {
    let largest = Array::empty(out.shape(), compute, input.device())?;
    fn typed<T: Float + Ordered + fold::Limits>(input: &Array, largest: &Array, out: &Array) -> Result<()> {
        reduce_twice([&Largest::<T>::NEW, &LogSumExp::<T>::NEW], input, T::DTYPE, largest, out)
    }
    into_dtype(compute, out, |out| {
        match_dtype!(compute, T in [f32, f64] => typed::<T>(input, &largest, out),
            else => Err(Error::dtype("logsumexp", input.dtype, "convert to a float dtype first")))
    })
}
