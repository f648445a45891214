//! Layer, root mean square and batch normalisation, forward and backward.

mod batch;
mod layer;
mod rms;
mod rows;
mod short;

pub(crate) use batch::{batch_norm, batch_norm_grad};
pub(crate) use layer::{layer_norm, layer_norm_grad};
pub(crate) use rms::{is_possible as has_rms_norm, rms_norm};

use std::borrow::Cow;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, Operand, Result};

use crate::chunks;
use crate::host::Strided;
use crate::isa::Isa;
use crate::math::Float;
use crate::simd::{self, SimdLoop};

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

/// Elements whose sums are kept in the type itself; sums of longer slices are added up in float64.
const BLOCK: usize = 2048;

/// Mean and biased variance of a slice, in two passes. Distances are from the mean as the first pass finds it; what is missing there,
/// which may be much beside a small variance, comes out of the second.
fn moments<T: Float>(x: &[T]) -> (T, T) {
    let count = x.len() as f64;
    let sum: f64 = x.chunks(BLOCK).map(|x| simd::run(Sum { x }).wide()).sum();
    let near = T::of(sum / count);
    let (mut distances, mut squares) = (0.0, 0.0);
    for x in x.chunks(BLOCK) {
        let [distance, square] = simd::run(Distances { x, from: near });
        distances += distance.wide();
        squares += square.wide();
    }
    let rest = distances / count;
    (T::of(near.wide() + rest), T::of(squares / count - rest * rest))
}

/// The sum of a block.
struct Sum<'a, T> {
    x: &'a [T],
}

impl<T: Float> SimdLoop for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        chunks::fold(self.x, T::ZERO, |sum, x| sum + x, |a, b| a + b)
    }
}

/// The sums of the distances from a number and of their squares.
struct Distances<'a, T> {
    x: &'a [T],
    from: T,
}

impl<T: Float> SimdLoop for Distances<'_, T> {
    type Output = [T; 2];

    #[inline(always)]
    fn run<I: Isa>(self) -> [T; 2] {
        chunks::two_sums::<T, 1, 32>([self.x], |[x]| {
            let distance = x - self.from;
            [distance, distance * distance]
        })
    }
}
