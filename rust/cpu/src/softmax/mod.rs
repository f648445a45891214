//! Softmax and its logarithm along a dimension, and their gradients: line by line, or many lines side by side.

mod side_by_side;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, match_dtype};

use crate::chunks;
use crate::isa::Isa;
use crate::lines::{Lines, LinesMut, for_each_line};
use crate::math::Float;
use crate::parallel::Cost;
use crate::planes;
use crate::simd::{self, SimdLoop};

/// `out0 = softmax(in0)` or its logarithm.
pub(crate) fn softmax(dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_float(inputs, &outputs[0], |inputs, out| {
        match_dtype!(out.dtype, T in [f32, f64] => forward::<T>(dim, log, &inputs[0], out),
            else => Err(Error::dtype("softmax", out.dtype, "convert to a float dtype first")))
    })
}

/// `out0` is the gradient of the input: `in0` the gradient, `in1` the forward result.
pub(crate) fn softmax_grad(dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    in_float(inputs, &outputs[0], |inputs, out| {
        match_dtype!(out.dtype, T in [f32, f64] => backward::<T>(dim, log, &inputs[0], &inputs[1], out),
            else => Err(Error::dtype("softmax", out.dtype, "convert to a float dtype first")))
    })
}

/// Half types are computed in float32.
fn in_float(inputs: &[Operand], out: &Array, run: impl FnOnce(&[Array], &Array) -> Result<()>) -> Result<()> {
    let compute = out.dtype.accumulate();
    let widen = |x: &Operand| x.array().and_then(|a| if a.dtype == compute { Ok(a.clone()) } else { a.to_dtype(compute) });
    let inputs = inputs.iter().map(widen).collect::<Result<Vec<_>>>()?;
    if compute == out.dtype || compute != DType::Float32 {
        return run(&inputs, out);
    }
    let own = Array::empty(out.shape(), compute, out.device())?;
    run(&inputs, &own)?;
    backend::launch("softmax", &Kernel::Copy, &[own.into()], std::slice::from_ref(out))
}

fn forward<T: Float>(dim: usize, log: bool, input: &Array, out: &Array) -> Result<()> {
    if let Some(([input, out], dim)) = planes::side_by_side([input, out], dim) {
        return side_by_side::forward::<T>(dim, log, &input, &out);
    }
    let (lines, out) = (Lines::<T>::new(input, dim)?, LinesMut::<T>::new(out, dim)?);
    for_each_line(out, Cost::functions(2 * lines.length()), |line, mut out| {
        let (mut buffer, mut own) = (Vec::new(), Vec::new());
        let x = lines.read(line, &mut buffer);
        out.fill_with(&mut own, |out| simd::run(Forward { x, out, log }));
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
        let largest = fold(self.x, T::ZERO - T::INFINITY, |acc, x| if x > acc || x.is_nan() { x } else { acc });
        chunks::map([self.x], self.out, |[x]| (x - largest).exp::<I>());
        let sum = fold(self.out, T::ZERO, |acc, x| acc + x);
        if self.log {
            let shift = sum.log::<I>();
            self.out.iter_mut().zip(self.x).for_each(|(out, &x)| *out = x - largest - shift);
        } else {
            let scale = T::ONE / sum;
            self.out.iter_mut().for_each(|out| *out = *out * scale);
        }
    }
}

fn backward<T: Float>(dim: usize, log: bool, grad: &Array, result: &Array, out: &Array) -> Result<()> {
    if let Some(([grad, result, out], dim)) = planes::side_by_side([grad, result, out], dim) {
        return side_by_side::backward::<T>(dim, log, &grad, &result, &out);
    }
    let (grads, results, out) = (Lines::<T>::new(grad, dim)?, Lines::<T>::new(result, dim)?, LinesMut::<T>::new(out, dim)?);
    for_each_line(out, Cost::functions(grads.length()), |line, mut out| {
        let (mut g, mut y, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let (g, y) = (grads.read(line, &mut g), results.read(line, &mut y));
        out.fill_with(&mut own, |out| simd::run(Backward { g, y, out, log }));
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
