//! Softmax and its logarithm along a dimension, and their gradients: line by line, or many lines side by side.

mod short_rows;
mod side_by_side;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::dtype::{bf16, f16};
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, match_dtype};

use crate::chunks;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, fill_widened, try_for_each_line, widened, with_rooms};
use crate::math::Float;
use crate::matmul::{Computed, Number, Source};
use crate::parallel::Cost;
use crate::planes;
use crate::simd::{self, SimdLoop};

/// `out0 = softmax(in0)` or its logarithm.
pub(crate) fn softmax(dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_lines(dim, inputs, &outputs[0], |inputs, out| {
        match_dtype!(@ out.dtype, S, {
            forward::<S, <S as Computed>::In>(dim, log, &inputs[0], out)
        }, Err(Error::dtype("softmax", out.dtype, "convert to a float dtype first")), [
            Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64])
    })
}

/// `out0` is the gradient of the input: `in0` the gradient, `in1` the forward result.
pub(crate) fn softmax_grad(dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_lines(dim, inputs, &outputs[0], |inputs, out| {
        match_dtype!(@ out.dtype, S, {
            backward::<S, <S as Computed>::In>(dim, log, &inputs[0], &inputs[1], out)
        }, Err(Error::dtype("softmax", out.dtype, "convert to a float dtype first")), [
            Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64])
    })
}

/// Runs a softmax of arrays of one dtype. Half types are computed in float32: a line at a time, or all of it first where lines go side
/// by side, or where an input is float32 already.
fn in_lines(dim: usize, inputs: &[Operand], out: &Array, run: impl FnOnce(&[Array], &Array) -> Result<()>) -> Result<()> {
    let first = inputs[0].array()?;
    let by_lines = inputs.iter().filter_map(Operand::optional).all(|input| input.dtype == out.dtype)
        && planes::side_by_side([first, out], dim).is_none();
    let compute = match out.dtype {
        DType::Float16 | DType::BFloat16 if !by_lines => DType::Float32,
        dtype => dtype,
    };
    let converted = |x: &Operand| x.array().and_then(|a| if a.dtype == compute { Ok(a.clone()) } else { a.to_dtype(compute) });
    let inputs = inputs.iter().map(converted).collect::<Result<Vec<_>>>()?;
    if compute == out.dtype {
        return run(&inputs, out);
    }
    let own = Array::empty(out.shape(), compute, out.device())?;
    run(&inputs, &own)?;
    backend::launch("softmax", &Kernel::Copy, &[own.into()], std::slice::from_ref(out))
}

fn forward<S: Source<T>, T: Float + Number>(dim: usize, log: bool, input: &Array, out: &Array) -> Result<()> {
    if short_rows::applies(dim, [input, out]) {
        return short_rows::forward::<S, T>(log, input, out);
    }
    if S::DTYPE == T::DTYPE
        && let Some(([input, out], dim)) = planes::side_by_side([input, out], dim)
    {
        return side_by_side::forward::<T>(dim, log, &input, &out);
    }
    let (lines, out) = (Lines::<S>::new(input, dim)?, LinesMut::<S>::new(out, dim)?);
    try_for_each_line(out, Cost::functions(2 * lines.length()), |line, out| {
        with_rooms(|[copy, own, _]| {
            let x = widened::<S, T>(lines.line(line), copy)?;
            fill_widened(out, own, |out| simd::run(Forward { x, out, log }))
        })
    })
}

struct Forward<'a, T> {
    x: &'a [T],
    out: &'a mut [T],
    log: bool,
}

impl<T: Float> SimdLoop for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let largest = chunks::largest(self.x, T::ZERO - T::INFINITY);
        chunks::map([self.x], self.out, |[x]| (x - largest).exp_or_zero::<I>());
        let sum = fold(self.out, T::ZERO, |acc, x| acc + x);
        if self.log {
            let shift = sum.log::<I>();
            self.out.iter_mut().zip(self.x).for_each(|(out, &x)| *out = x - largest - shift);
        } else {
            let scale = T::ONE / sum;
            self.out.iter_mut().for_each(|out| *out = out.share_or_zero(scale));
        }
    }
}

fn backward<S: Source<T>, T: Float + Number>(dim: usize, log: bool, grad: &Array, result: &Array, out: &Array) -> Result<()> {
    if S::DTYPE == T::DTYPE
        && let Some(([grad, result, out], dim)) = planes::side_by_side([grad, result, out], dim)
    {
        return side_by_side::backward::<T>(dim, log, &grad, &result, &out);
    }
    let (grads, results, out) = (Lines::<S>::new(grad, dim)?, Lines::<S>::new(result, dim)?, LinesMut::<S>::new(out, dim)?);
    try_for_each_line(out, Cost::functions(grads.length()), |line, out| {
        with_rooms(|[g, y, own]| {
            let (g, y) = (widened::<S, T>(grads.line(line), g)?, widened::<S, T>(results.line(line), y)?);
            fill_widened(out, own, |out| simd::run(Backward { g, y, out, log }))
        })
    })
}

struct Backward<'a, T> {
    g: &'a [T],
    y: &'a [T],
    out: &'a mut [T],
    log: bool,
}

impl<T: Float> SimdLoop for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        if self.log {
            let sum = fold(self.g, T::ZERO, |acc, g| acc + g);
            chunks::map([self.g, self.y], self.out, |[g, y]| g - y.exp::<I>() * sum);
        } else {
            self.out.iter_mut().zip(self.g).zip(self.y).for_each(|((out, &g), &y)| *out = g * y);
            let sum = fold(self.out, T::ZERO, |acc, p| acc + p);
            self.out.iter_mut().zip(self.y).for_each(|(out, &y)| *out = *out - y * sum);
        }
    }
}

/// Folds with many accumulators side by side.
#[inline(always)]
fn fold<T: Float>(x: &[T], start: T, join: impl Fn(T, T) -> T) -> T {
    chunks::fold(x, start, &join, &join)
}
