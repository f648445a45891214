//! Random fills: the numbers that PyTorch's CPU generator gives for the same state.
//!
//! Numbers are drawn one after another in the order of the output's memory, so a fill is serial; what follows each
//! draw is computed in blocks.

mod box_muller;
mod fill;
mod integer;
mod rejection;
mod uniform;

#[cfg(test)]
mod tests;

use std::f64::consts::PI;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};
use ferrotorch_kernel::kernel::{Distribution, Kernel};
use ferrotorch_kernel::random::{Engine, Generator};
use ferrotorch_kernel::scalar::{FromScalar, Scalar};
use ferrotorch_kernel::shape::Dims;
use ferrotorch_kernel::{Array, Error, Layout, Operand, Result, bail, interrupt, match_dtype};
use smallvec::SmallVec;

use crate::dense;

/// The parameters that each element has for itself.
type Parameters = SmallVec<[Array; 2]>;

/// Runs [`Kernel::Random`].
pub(crate) fn random(distribution: Distribution, generator: &Generator, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let [out] = outputs else { bail!(Runtime, "random(): expected one output, got {}", outputs.len()) };
    let parameters: Parameters = inputs.iter().filter_map(Operand::optional).cloned().collect();
    if out.layout.is_contiguous() {
        return draw(distribution, generator, &parameters, out, true);
    }
    let order = memory_order(out);
    let shape: Dims = order.iter().map(|&d| out.shape()[d]).collect();
    let drawn = Array::empty(&shape, out.dtype, out.device())?;
    let parameters: Parameters = parameters.iter().map(|p| p.with_layout(p.layout.permute(&order))).collect();
    draw(distribution, generator, &parameters, &drawn, false)?;
    let mut inverse = order.clone();
    order.iter().enumerate().for_each(|(i, &d)| inverse[d] = i);
    let drawn = drawn.with_layout(drawn.layout.permute(&inverse));
    backend::launch("random", &Kernel::Copy, &[Operand::Array(drawn)], outputs)
}

/// Elements that are drawn while nobody else may draw from the same stream: a multiple of what any distribution makes at once.
const PIECE: usize = 1 << 20;

/// [`fill`], piece by piece: the stream is locked while it is drawn from, and what the user does on an interruption may draw from it too.
fn draw(distribution: Distribution, generator: &Generator, parameters: &[Array], out: &Array, whole: bool) -> Result<()> {
    let n = out.numel();
    if n >= 2 * PIECE && matches!(distribution, Distribution::Permutation) {
        return permute(generator, out);
    }
    if n < 2 * PIECE {
        let mut engine = generator.lock()?;
        return interrupt::with(false, || fill(distribution, &mut engine, parameters, out, whole));
    }
    let flat = |array: &Array| array.with_layout(Layout::strided(&[n], &[1], array.layout.offset()));
    let parameters = parameters.iter().map(|p| Ok(flat(&p.contiguous()?))).collect::<Result<Parameters>>()?;
    let (out, mut start) = (flat(out), 0);
    while start < n {
        interrupt::check()?;
        let length = if n - start < 2 * PIECE { n - start } else { PIECE };
        let piece = |array: &Array| array.with_layout(array.layout.slice(0, start, length, 1));
        let parameters: Parameters = parameters.iter().map(piece).collect();
        let mut engine = generator.lock()?;
        interrupt::with(false, || fill(distribution, &mut engine, &parameters, &piece(&out), whole))?;
        start += length;
    }
    Ok(())
}

/// [`draw`] of a permutation.
fn permute(generator: &Generator, out: &Array) -> Result<()> {
    match_dtype!(out.dtype, T in [real] => dense::write(out, |out: &mut [T]| {
        integer::count_up(out);
        for start in (0..out.len()).step_by(PIECE) {
            interrupt::check()?;
            let mut engine = generator.lock()?;
            integer::exchange(&mut engine, out, start..out.len().min(start + PIECE));
        }
        Ok(())
    })?, else => Err(Error::dtype("randperm", out.dtype, "use a real dtype")))
}

/// The dimensions from the one with the largest steps to that with the smallest.
fn memory_order(out: &Array) -> Dims {
    let strides = out.layout.strides();
    let mut order: Dims = (0..strides.len()).collect();
    order.sort_by_key(|&d| std::cmp::Reverse(strides[d].abs()));
    order
}

/// Fills a row-major array. `whole`: it is the tensor itself and not a stand-in for a strided one.
fn fill(distribution: Distribution, engine: &mut Engine, parameters: &[Array], out: &Array, whole: bool) -> Result<()> {
    match distribution {
        Distribution::Uniform { low, high } => uniform(engine, out, low, high),
        Distribution::Normal { mean, std } => match_dtype!(out.dtype, T in [float] => {
            dense::write(out, |out: &mut [T]| fill::normal(engine, out, mean, std, whole))
        }, else => Err(Error::dtype("normal_", out.dtype, "use a float dtype"))),
        Distribution::LogNormal { mean, std } => match_dtype!(out.dtype, T in [float] => {
            dense::write(out, |out: &mut [T]| fill::log_normal(engine, out, mean, std))
        }, else => Err(Error::dtype("log_normal_", out.dtype, "use a float dtype"))),
        Distribution::Bernoulli { p: probability } => match parameters.first() {
            Some(p) => bernoulli(engine, out, p),
            None => from_unit(engine, out, |u| Scalar::Bool(u < probability)),
        },
        Distribution::Exponential { rate } => from_unit(engine, out, |u| Scalar::Float(-1.0 / rate * (-u).ln_1p())),
        Distribution::Geometric { p } => from_unit(engine, out, |u| Scalar::Float((u.ln() / (-p).ln_1p()).ceil())),
        Distribution::Cauchy { median, sigma } => {
            from_unit(engine, out, |u| Scalar::Float(median + sigma * (PI * (u - 0.5)).tan()))
        }
        Distribution::Integer { low, high } => match_dtype!(out.dtype, T in [ordered] => {
            dense::write(out, |out: &mut [T]| integer::between(engine, out, low, high))
        }, else => Err(Error::dtype("random_", out.dtype, "use a real dtype"))),
        Distribution::FullRange => match_dtype!(out.dtype, T in [real] => {
            dense::write(out, |out: &mut [T]| integer::full_range(engine, out))
        }, else => Err(Error::dtype("random_", out.dtype, "use a real dtype"))),
        Distribution::Permutation => match_dtype!(out.dtype, T in [real] => {
            dense::write(out, |out: &mut [T]| integer::permutation(engine, out))
        }, else => Err(Error::dtype("randperm", out.dtype, "use a real dtype"))),
        Distribution::Poisson => each(engine, out, parameters, |engine, [rate, _]| rejection::poisson(engine, rate)),
        Distribution::Binomial => each(engine, out, parameters, |engine, [count, p]| rejection::binomial(engine, count, p)),
        Distribution::Gamma if out.dtype == DType::Float64 => {
            each(engine, out, parameters, |engine, [shape, _]| rejection::gamma(engine, shape).max(f64::MIN_POSITIVE))
        }
        Distribution::Gamma => {
            let least = smallest_normal(out.dtype);
            each(engine, out, parameters, |engine, [shape, _]| rejection::gamma(engine, shape as f32).max(least))
        }
    }
}

fn uniform(engine: &mut Engine, out: &Array, low: f64, high: f64) -> Result<()> {
    match out.dtype {
        DType::Float32 => dense::write(out, |out: &mut [f32]| fill::uniform32(engine, out, low, high)),
        DType::Float16 => dense::write(out, |out: &mut [f16]| fill::uniform32(engine, out, low, high)),
        DType::BFloat16 => dense::write(out, |out: &mut [bf16]| fill::uniform32(engine, out, low, high)),
        DType::Float64 => dense::write(out, |out: &mut [f64]| fill::uniform64(engine, out, low, high)),
        other => Err(Error::dtype("uniform_", other, "use a float dtype")),
    }
}

/// Any dtype from one float64 uniform number an element.
fn from_unit(engine: &mut Engine, out: &Array, f: impl Fn(f64) -> Scalar) -> Result<()> {
    match_dtype!(out.dtype, T in [usual] => dense::write(out, |out: &mut [T]| fill::from_unit(engine, out, |u| T::from_scalar(f(u)))),
        else => Err(Error::dtype("random", out.dtype, "")))
}

/// `out[i] = sample(in0[i], in1[i])` for float dtypes; `in1` may be absent.
fn each(engine: &mut Engine, out: &Array, parameters: &[Array], sample: impl Fn(&mut Engine, [f64; 2]) -> f64) -> Result<()> {
    let wide = parameters.iter().map(|p| dense::input(p, DType::Float64)).collect::<Result<Parameters>>()?;
    let rows = wide.iter().map(dense::read::<f64>).collect::<Result<SmallVec<[&[f64]; 2]>>>()?;
    let Some(&first) = rows.first() else { bail!(Runtime, "random(): the distribution's parameters are missing") };
    let second = rows.get(1).copied().unwrap_or(first);
    match_dtype!(out.dtype, T in [float] => dense::write(out, |out: &mut [T]| {
        for ((o, &a), &b) in out.iter_mut().zip(first).zip(second) {
            *o = T::from_scalar(Scalar::Float(sample(engine, [a, b])));
        }
    }), else => Err(Error::dtype("random", out.dtype, "use a float dtype")))
}

/// The smallest positive normal number of a float dtype of at most 32 bits.
fn smallest_normal(dtype: DType) -> f64 {
    if dtype == DType::Float16 { f16::MIN_POSITIVE.to_f64() } else { f32::MIN_POSITIVE as f64 }
}

fn bernoulli(engine: &mut Engine, out: &Array, p: &Array) -> Result<()> {
    let p = p.contiguous()?;
    check_probabilities(&p)?;
    match_dtype!(out.dtype, T in [usual] => dense::write(out, |out: &mut [T]| bernoulli_into(engine, out, &p, |hit| T::from_scalar(Scalar::Bool(hit))))?,
        else => Err(Error::dtype("bernoulli_tensor_cpu_self_", out.dtype, "")))
}

fn check_probabilities(p: &Array) -> Result<()> {
    match_dtype!(p.dtype, T in [float] => {
        let bad = dense::read::<T>(p)?.iter().map(|&x| Scalar::from(x).to_f64()).find(|x| !(0.0..=1.0).contains(x));
        let Some(bad) = bad else { return Ok(()) };
        bail!(Runtime, "bernoulli(): expected all probabilities to be in [0, 1], but found {bad:?}")
    }, else => Err(Error::dtype("bernoulli", p.dtype, "probabilities are of a float dtype")))
}

fn bernoulli_into<T: Element>(engine: &mut Engine, out: &mut [T], p: &Array, truth: impl Fn(bool) -> T) -> Result<()> {
    match p.dtype {
        DType::Float64 => fill::bernoulli64(engine, out, dense::read(p)?, truth),
        DType::Float32 => fill::bernoulli32::<T, f32>(engine, out, dense::read(p)?, truth),
        DType::Float16 => fill::bernoulli32::<T, f16>(engine, out, dense::read(p)?, truth),
        DType::BFloat16 => fill::bernoulli32::<T, bf16>(engine, out, dense::read(p)?, truth),
        other => return Err(Error::dtype("bernoulli", other, "probabilities are of a float dtype")),
    }
    Ok(())
}
