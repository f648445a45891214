//! Fused optimizer steps: one pass over each parameter, its gradient and its states.
//!
//! The arithmetic is that of the algorithms in PyTorch's documentation, step for step, in float32 for half types.

mod rules;

use ferrotorch_kernel::dtype::{Element, bf16, f16};
use ferrotorch_kernel::kernel::{Kernel, OptimizerRule};
use ferrotorch_kernel::{Array, Error, Layout, Operand, Result, backend, ensure, match_dtype};
use num_traits::Float;
use smallvec::SmallVec;

use crate::dense;
use crate::parallel::{self, Cost};

/// Elements that one task updates.
const PART: usize = 1 << 13;
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
    if whole.gradient.len() <= PART {
        update(rule, &mut whole);
        return;
    }
    let mut parts = Vec::new();
    let mut states = whole.states.map(|s| s.chunks_mut(PART));
    for (parameter, gradient) in whole.parameter.chunks_mut(PART).zip(whole.gradient.chunks(PART)) {
        let states = std::array::from_fn(|i| states[i].next().unwrap_or_default());
        parts.push(Part::<T, N> { parameter, gradient, states });
    }
    parallel::for_each_chunk_mut(&mut parts, Cost::streamed(5 * PART), |_, parts| {
        parts.iter_mut().for_each(|part| update(rule, part))
    });
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
    match rule {
        OptimizerRule::Sgd { .. } => rules::sgd(rule, p, g, states),
        OptimizerRule::Adam { .. } => rules::adam(rule, p, g, states),
        OptimizerRule::RmsProp { .. } => rules::rms_prop(rule, p, g, states),
        OptimizerRule::Adagrad { .. } => rules::adagrad(rule, p, g, states),
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
