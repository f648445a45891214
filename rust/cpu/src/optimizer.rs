//! Fused optimizer steps: one pass over each parameter, its gradient and its states.
//!
//! The arithmetic is that of the algorithms in PyTorch's documentation, step for step, in float32 for half types.

use ferrotorch_core::dtype::{Element, bf16, f16};
use ferrotorch_core::kernel::{Kernel, OptimizerRule};
use ferrotorch_core::{Array, Error, Layout, Operand, Result, backend, ensure, match_dtype};
use num_traits::Float;
use smallvec::SmallVec;

use crate::{dense, parallel};

/// Elements that are worth waking another thread for.
const GRAIN: usize = 1 << 15;
/// States that a parameter has at most.
const STATES: usize = 3;

/// A dtype of parameters.
pub(crate) trait Parameter: Element {
    /// What it is computed in.
    type Compute: Float + From<f32>;
    fn widen(self) -> Self::Compute;
    fn narrow(x: Self::Compute) -> Self;
    /// A hyper-parameter.
    fn constant(x: f64) -> Self::Compute;
}

macro_rules! parameters {
    ($($t:ty: $compute:ty, $x:ident => $widen:expr, $y:ident => $narrow:expr);*) => { $(
        impl Parameter for $t {
            type Compute = $compute;
            #[inline(always)]
            fn widen(self) -> $compute {
                let $x = self;
                $widen
            }
            #[inline(always)]
            fn narrow($y: $compute) -> Self {
                $narrow
            }
            #[inline(always)]
            fn constant(x: f64) -> $compute {
                x as $compute
            }
        }
    )* };
}
parameters!(f32: f32, x => x, y => y; f64: f64, x => x, y => y; f16: f32, x => x.to_f32(), y => f16::from_f32(y); bf16: f32, x => x.to_f32(), y => bf16::from_f32(y));

/// Runs [`Kernel::Optimize`].
pub(crate) fn optimize(rule: &OptimizerRule, gradients: &[Operand], outputs: &[Array]) -> Result<()> {
    let width = 1 + rule.states();
    ensure!(
        outputs.len() == gradients.len() * width,
        Runtime,
        "an optimizer step with {} gradients and {} states a parameter was given {} arrays",
        gradients.len(),
        rule.states(),
        outputs.len()
    );
    for (gradient, arrays) in gradients.iter().zip(outputs.chunks_exact(width)) {
        let gradient = gradient.array()?;
        ensure!(
            arrays.iter().all(|a| a.shape() == gradient.shape() && a.dtype == arrays[0].dtype),
            Runtime,
            "optimizer step: a parameter of shape {:?}, its gradient of shape {:?} and its states differ in shape or dtype",
            arrays[0].shape(),
            gradient.shape()
        );
        match flattened(gradient, arrays) {
            Some((gradient, arrays)) => step_arrays(rule, &gradient, &arrays)?,
            None => step_copies(rule, gradient, arrays)?,
        }
    }
    Ok(())
}

type Arrays = SmallVec<[Array; STATES + 1]>;

/// All arrays as one-dimensional, if their elements lie in the same order without gaps.
fn flattened(gradient: &Array, arrays: &[Array]) -> Option<(Array, Arrays)> {
    let strides = arrays[0].layout.strides();
    let row_major = gradient.layout.is_contiguous() && arrays.iter().all(|a| a.layout.is_contiguous());
    let alike = || {
        gradient.layout.strides() == strides && arrays.iter().all(|a| a.layout.strides() == strides) && gradient.layout.is_dense()
    };
    let dtype = arrays[0].dtype;
    let flat = |a: &Array| a.with_layout(Layout::strided(&[a.numel()], &[1], a.layout.span().start));
    (gradient.dtype == dtype && (row_major || alike())).then(|| (flat(gradient), arrays.iter().map(flat).collect()))
}

/// A step on row-major copies, which are written back.
fn step_copies(rule: &OptimizerRule, gradient: &Array, arrays: &[Array]) -> Result<()> {
    let gradient = dense::input(gradient, arrays[0].dtype)?;
    let copies: Arrays = arrays.iter().map(|a| a.contiguous()).collect::<Result<_>>()?;
    step_arrays(rule, &gradient, &copies)?;
    for (array, copy) in arrays.iter().zip(copies).filter(|(array, copy)| array.layout != copy.layout) {
        backend::launch("optimizer step", &Kernel::Copy, &[Operand::Array(copy)], std::slice::from_ref(array))?;
    }
    Ok(())
}

fn step_arrays(rule: &OptimizerRule, gradient: &Array, arrays: &[Array]) -> Result<()> {
    match_dtype!(gradient.dtype, T in [float] => {
        let gradient = dense::read::<T>(gradient)?;
        let [parameter, states @ ..] = arrays else { return Ok(()) };
        dense::write(parameter, |p: &mut [T]| match states {
            [] => {
                step_slices(rule, p, gradient, []);
                Ok(())
            }
            [a] => dense::write(a, |a: &mut [T]| step_slices(rule, p, gradient, [a])),
            [a, b] => dense::write(a, |a: &mut [T]| dense::write(b, |b: &mut [T]| step_slices(rule, p, gradient, [a, b])))?,
            [a, b, c, ..] => dense::write(a, |a: &mut [T]| {
                dense::write(b, |b: &mut [T]| dense::write(c, |c: &mut [T]| step_slices(rule, p, gradient, [a, b, c])))
            })??,
        })?
    }, else => Err(Error::dtype("optimizer step", gradient.dtype, "parameters are of a float dtype")))
}

/// The part of a parameter that one task updates.
struct Part<'a, T, const N: usize> {
    parameter: &'a mut [T],
    gradient: &'a [T],
    states: [&'a mut [T]; N],
}

fn step_slices<T: Parameter, const N: usize>(rule: &OptimizerRule, p: &mut [T], gradient: &[T], states: [&mut [T]; N]) {
    let mut whole = Part { parameter: p, gradient, states };
    if whole.gradient.len() <= GRAIN {
        update(rule, &mut whole);
        return;
    }
    let mut parts = Vec::new();
    let mut states = whole.states.map(|s| s.chunks_mut(GRAIN));
    for (parameter, gradient) in whole.parameter.chunks_mut(GRAIN).zip(whole.gradient.chunks(GRAIN)) {
        let states = std::array::from_fn(|i| states[i].next().unwrap_or_default());
        parts.push(Part::<T, N> { parameter, gradient, states });
    }
    parallel::for_each_chunk_mut(&mut parts, 1, |_, parts| parts.iter_mut().for_each(|part| update(rule, part)));
}

fn update<T: Parameter, const N: usize>(rule: &OptimizerRule, part: &mut Part<T, N>) {
    let states: &mut [&mut [T]] = &mut part.states;
    update_dispatched(rule, part.parameter, part.gradient, states);
}

crate::simd::dispatch!(
    update_dispatched<'a, 'b; T: Parameter>(rule: &'a OptimizerRule, p: &'a mut [T], g: &'a [T], states: &'a mut [&'b mut [T]]) => update_loop
);

#[inline(always)]
fn update_loop<T: Parameter>(rule: &OptimizerRule, p: &mut [T], g: &[T], states: &mut [&mut [T]]) {
    let c = T::constant;
    let (zero, one) = (c(0.0), c(1.0));
    let sign = |maximize: bool| if maximize { -one } else { one };
    match *rule {
        OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first } => {
            let (lr, mu, decay, sign) = (c(lr), c(momentum), c(weight_decay), sign(maximize));
            let fresh = if first { one } else { c(1.0 - dampening) };
            let kept = if first { zero } else { mu };
            match states {
                [buffer] => each(p, g, [&mut **buffer], |p, g, [b]| {
                    let g = sign * g + decay * p;
                    // The first buffer is the gradient itself, whatever was there.
                    *b = if first { g } else { *b * kept + fresh * g };
                    p - lr * if nesterov { g + mu * *b } else { *b }
                }),
                _ => each(p, g, [], |p, g, _| p - lr * (sign * g + decay * p)),
            }
        }
        OptimizerRule::Adam { lr, beta1, beta2, eps, weight_decay, maximize, decoupled, step, .. } => {
            let sign = sign(maximize);
            let (shrink, decay) = if decoupled { (c(1.0 - lr * weight_decay), zero) } else { (one, c(weight_decay)) };
            let (w1, b2, w2, eps) = (c(1.0 - beta1), c(beta2), c(1.0 - beta2), c(eps));
            let size = c(lr / (1.0 - beta1.powf(step)));
            let root = c((1.0 - beta2.powf(step)).sqrt());
            let advance = |p: T::Compute, g: T::Compute, m: &mut T::Compute, v: &mut T::Compute| {
                let p = p * shrink;
                let g = sign * g + decay * p;
                *m = *m + (g - *m) * w1;
                *v = *v * b2 + w2 * g * g;
                p
            };
            match states {
                [m, v] => each(p, g, [&mut **m, &mut **v], |p, g, [m, v]| {
                    let p = advance(p, g, m, v);
                    p - size * (*m / (v.sqrt() / root + eps))
                }),
                [m, v, top] => each(p, g, [&mut **m, &mut **v, &mut **top], |p, g, [m, v, top]| {
                    let p = advance(p, g, m, v);
                    *top = if *v > *top || v.is_nan() { *v } else { *top };
                    p - size * (*m / (top.sqrt() / root + eps))
                }),
                _ => {}
            }
        }
        OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, maximize, momentum, centered } => {
            let (lr, alpha, rest, eps, decay, mu, sign) =
                (c(lr), c(alpha), c(1.0 - alpha), c(eps), c(weight_decay), c(momentum), sign(maximize));
            let square = |p: T::Compute, g: T::Compute, s: &mut T::Compute| {
                let g = sign * g + decay * p;
                *s = *s * alpha + rest * g * g;
                g
            };
            let center = |g: T::Compute, s: T::Compute, a: &mut T::Compute| {
                *a = *a + (g - *a) * rest;
                (s - *a * *a).sqrt() + eps
            };
            match states {
                [s] => each(p, g, [&mut **s], |p, g, [s]| {
                    let g = square(p, g, s);
                    p - lr * (g / (s.sqrt() + eps))
                }),
                [s, a] if centered => each(p, g, [&mut **s, &mut **a], |p, g, [s, a]| {
                    let g = square(p, g, s);
                    p - lr * (g / center(g, *s, a))
                }),
                [s, b] => each(p, g, [&mut **s, &mut **b], |p, g, [s, b]| {
                    let g = square(p, g, s);
                    *b = *b * mu + g / (s.sqrt() + eps);
                    p - lr * *b
                }),
                [s, b, a] => each(p, g, [&mut **s, &mut **b, &mut **a], |p, g, [s, b, a]| {
                    let g = square(p, g, s);
                    *b = *b * mu + g / center(g, *s, a);
                    p - lr * *b
                }),
                _ => {}
            }
        }
        OptimizerRule::Adagrad { lr, eps, weight_decay, maximize } => {
            let (lr, eps, decay, sign) = (c(lr), c(eps), c(weight_decay), sign(maximize));
            if let [sum] = states {
                each(p, g, [&mut **sum], |p, g, [sum]| {
                    let g = sign * g + decay * p;
                    *sum = *sum + g * g;
                    p - lr * (g / (sum.sqrt() + eps))
                });
            }
        }
    }
}

/// `p[i] = f(p[i], g[i], states[..][i])` for all elements.
#[inline(always)]
fn each<T: Parameter, const N: usize>(
    p: &mut [T],
    g: &[T],
    states: [&mut [T]; N],
    f: impl Fn(T::Compute, T::Compute, &mut [T::Compute; N]) -> T::Compute,
) {
    let n = p.len();
    let g = &g[..n];
    let states = states.map(|s| &mut s[..n]);
    for i in 0..n {
        let mut wide: [T::Compute; N] = std::array::from_fn(|k| states[k][i].widen());
        p[i] = T::narrow(f(p[i].widen(), g[i].widen(), &mut wide));
        for k in 0..N {
            states[k][i] = T::narrow(wide[k]);
        }
    }
}

#[cfg(test)]
mod tests;
