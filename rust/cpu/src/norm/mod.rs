//! Layer and batch normalisation, forward and backward.

mod batch;
mod layer;

pub(crate) use batch::{batch_norm, batch_norm_grad};
pub(crate) use layer::{layer_norm, layer_norm_grad};

use ferrotorch_core::backend;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, Operand, Result};

use crate::isa::Isa;
use crate::math::{Float, fma};

/// Values side by side in sums.
const LANES: usize = 32;

/// Runs a normalisation in the dtype of accumulation: half types are converted on the way in and out.
fn in_accumulation(
    inputs: &[Operand],
    outputs: &[Array],
    run: impl FnOnce(&[Option<Array>], &[Array]) -> Result<()>,
) -> Result<()> {
    let compute = outputs[0].dtype.accumulate();
    let widen =
        |x: &Operand| x.optional().map(|a| if a.dtype == compute { Ok(a.clone()) } else { a.to_dtype(compute) }).transpose();
    let inputs = inputs.iter().map(widen).collect::<Result<Vec<_>>>()?;
    if outputs.iter().all(|out| out.dtype == compute) {
        return run(&inputs, outputs);
    }
    let own = outputs.iter().map(|out| Array::empty(out.shape(), compute, out.device())).collect::<Result<Vec<_>>>()?;
    run(&inputs, &own)?;
    own.into_iter()
        .zip(outputs)
        .try_for_each(|(own, out)| backend::launch("norm", &Kernel::Copy, &[own.into()], std::slice::from_ref(out)))
}

/// The array of an input that must be there.
fn required(input: Option<&Option<Array>>) -> Result<&Array> {
    match input {
        Some(Some(array)) => Ok(array),
        _ => ferrotorch_core::bail!(Runtime, "a normalisation was launched without one of its arrays"),
    }
}

/// `sum of f(i)` for `i < n`, with many accumulators side by side.
#[inline(always)]
fn sum_of<T: Float>(n: usize, f: impl Fn(usize) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let whole = n / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for i in 0..LANES {
            lanes[i] = lanes[i] + f(start + i);
        }
    }
    for i in whole..n {
        lanes[i - whole] = lanes[i - whole] + f(i);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Mean and biased variance of a slice, in two passes.
#[inline(always)]
fn moments<I: Isa, T: Float>(x: &[T]) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum_of(x.len(), |i| x[i]) / n;
    let variance = sum_of(x.len(), |i| {
        let d = x[i] - mean;
        fma::<I, T>(d, d, T::ZERO)
    });
    (mean, variance / n)
}
