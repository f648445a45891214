//! Layer and batch normalisation, forward and backward.

mod batch;
mod layer;

pub(crate) use batch::{batch_norm, batch_norm_grad};
pub(crate) use layer::{layer_norm, layer_norm_grad};

use ferrotorch_core::backend;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::{Array, Operand, Result};

use crate::math::Float;

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

/// Sums of the terms that `f` makes of elements with the same number, with many accumulators side by side. The slices
/// are at least as long as the first.
#[inline(always)]
fn sums<T: Float, const K: usize, const M: usize>(x: [&[T]; K], f: impl Fn([T; K]) -> [T; M]) -> [T; M] {
    let n = x[0].len();
    let chunks = x.map(|x| x[..n].as_chunks::<LANES>());
    let mut lanes = [[T::ZERO; LANES]; M];
    for number in 0..n / LANES {
        let chunk = chunks.map(|(chunks, _)| &chunks[number]);
        for i in 0..LANES {
            let terms = f(chunk.map(|chunk| chunk[i]));
            for m in 0..M {
                lanes[m][i] = lanes[m][i] + terms[m];
            }
        }
    }
    for i in 0..n % LANES {
        let terms = f(chunks.map(|(_, rest)| rest[i]));
        for m in 0..M {
            lanes[m][i] = lanes[m][i] + terms[m];
        }
    }
    let mut out = [T::ZERO; M];
    for m in 0..M {
        out[m] = merged(lanes[m]);
    }
    out
}

/// The sum of accumulators, as a balanced tree.
#[inline(always)]
fn merged<T: Float>(mut lanes: [T; LANES]) -> T {
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
fn moments<T: Float>(x: &[T]) -> (T, T) {
    let n = T::of(x.len() as f64);
    let [sum] = sums([x], |[x]| [x]);
    let mean = sum / n;
    let [squares] = sums([x], |[x]| [(x - mean) * (x - mean)]);
    (mean, squares / n)
}
