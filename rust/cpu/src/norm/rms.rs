//! Root mean square normalisation of the rows of a row-major `(R, C)` array.

use std::marker::PhantomData;

use ferrotorch_kernel::dtype::bf16;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, match_dtype};

use super::{BLOCK, vector};
use crate::chunks;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, fill_widened, try_for_each_line, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Computed, Number, Source};
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};

/// Is there a loop for the dtype?
pub(crate) fn is_possible(dtype: DType) -> bool {
    matches!(dtype, DType::Float32 | DType::Float64 | DType::BFloat16)
}

/// Runs [`ferrotorch_kernel::kernel::Kernel::RmsNorm`].
pub(crate) fn rms_norm(eps: f64, inputs: &[Operand], out: &Array) -> Result<()> {
    let (x, weight) = (inputs[0].array()?, inputs[1].optional());
    match_dtype!(@ out.dtype, S, rows::<S, <S as Computed>::In>(eps, x, weight, out),
        Err(Error::dtype("rms_norm", out.dtype, "")), [BFloat16 bf16, Float32 f32, Float64 f64])
}

fn rows<S: Source<T>, T: Float + Number>(eps: f64, x: &Array, weight: Option<&Array>, out: &Array) -> Result<()> {
    let (x, out) = (Lines::<S>::new(x, 1)?, LinesMut::<S>::new(out, 1)?);
    let weight = weight.map(|weight| weight.to_dtype(T::DTYPE)).transpose()?;
    let weight = vector::<T>(Some(&weight))?;
    try_for_each_line(out, Cost::streamed(3 * x.length()), |row, out| {
        with_rooms(|[copy, own, _]| {
            let x = widened::<S, T>(x.line(row), copy)?;
            let squares: f64 = x.chunks(BLOCK).map(|x| simd::run(Squares { x }).wide()).sum();
            let mean = T::of(squares / x.len() as f64);
            let scale = T::ONE / (mean + T::of(eps)).sqrt();
            fill_widened(out, own, |out| {
                simd::run(Scaled::<S, T> { x, scale, weight: weight.as_deref(), out, stored: PhantomData })
            })
        })
    })
}

/// The sum of the squares of a block.
struct Squares<'a, T> {
    x: &'a [T],
}

impl<T: Float> SimdLoop for Squares<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        chunks::fold(self.x, T::ZERO, |sum, x| sum + x * x, |a, b| a + b)
    }
}

/// `out = x * scale * weight`; products are rounded to the stored type before they meet the weight.
struct Scaled<'a, S, T> {
    x: &'a [T],
    scale: T,
    weight: Option<&'a [T]>,
    out: &'a mut [T],
    stored: PhantomData<S>,
}

impl<S: Source<T>, T: Float> SimdLoop for Scaled<'_, S, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let normal = self.x.iter().map(|&x| S::narrow(x * self.scale).widen());
        match self.weight {
            Some(weight) => self.out.iter_mut().zip(normal).zip(weight).for_each(|((out, x), &w)| *out = x * w),
            None => self.out.iter_mut().zip(normal).for_each(|(out, x)| *out = x),
        }
    }
}
