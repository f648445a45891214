//! Layer and batch normalisation, forward and backward.

mod batch;
mod layer;

pub(crate) use batch::{batch_norm, batch_norm_grad};
pub(crate) use layer::{layer_norm, layer_norm_grad};

use std::borrow::Cow;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, Operand, Result};

use crate::chunks;
use crate::host::Strided;
use crate::math::Float;

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
        _ => ferrotorch_kernel::bail!(Runtime, "a normalisation was launched without one of its arrays"),
    }
}

/// The elements of a one-dimensional input, in place where they follow one another; `None` where there is no input.
fn vector<T: Float>(input: Option<&Option<Array>>) -> Result<Option<Cow<'_, [T]>>> {
    let Some(array) = input.and_then(Option::as_ref) else { return Ok(None) };
    Ok(Some(match Strided::new(array)?.as_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(array.to_vec()?),
    }))
}

/// The sum of what `f` makes of the elements.
#[inline(always)]
fn sum_of<T: Float>(x: &[T], f: impl Fn(T) -> T) -> T {
    chunks::fold(x, T::ZERO, |sum, x| sum + f(x), |a, b| a + b)
}

/// Mean and biased variance of a slice, in two passes.
#[inline(always)]
fn moments<T: Float>(x: &[T]) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum_of(x, |x| x) / n;
    (mean, sum_of(x, |x| (x - mean) * (x - mean)) / n)
}
