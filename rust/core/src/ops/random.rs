//! Random fills and what is made of them.

use std::f64::consts::FRAC_1_SQRT_2;

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::{Context, inplace, mode, record_one};
use crate::backend;
use crate::device::Device;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::{Distribution, Kernel};
use crate::random::{self, Generator};
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::pointwise::Arg;
use super::{arithmetic, check, complex, creation, view};

/// Fills a tensor in place.
pub fn fill_(op: &'static str, target: &Tensor, distribution: Distribution, generator: Option<&Generator>) -> Result<()> {
    check(op, target.dtype(), &distribution)?;
    let node = node_of(op, &distribution);
    inplace::redraw(op, node, target, |array| run(op, array, Operand::None, distribution, generator))
}

/// The node of a tensor that was filled in place.
fn node_of(op: &str, distribution: &Distribution) -> &'static str {
    match distribution {
        Distribution::Uniform { .. } => "UniformBackward0",
        Distribution::Normal { .. } => "NormalBackward0",
        Distribution::LogNormal { .. } => "LogNormalBackward0",
        Distribution::Cauchy { .. } => "CauchyBackward0",
        Distribution::Exponential { .. } => "ExponentialBackward0",
        Distribution::Geometric { .. } => "GeometricBackward0",
        _ if op == "bernoulli_" => "BernoulliBackward2",
        Distribution::FullRange => "RandomBackward2",
        Distribution::Integer { low: 0, .. } => "RandomBackward1",
        _ => "RandomBackward0",
    }
}

fn run(op: &'static str, array: &Array, input: Operand, distribution: Distribution, generator: Option<&Generator>) -> Result<()> {
    if array.dtype.is_complex() {
        return run_complex(op, array, distribution, generator);
    }
    let inputs = if matches!(input, Operand::None) { vec![] } else { vec![input] };
    let distribution = reachable(distribution, array.dtype);
    let generator = random::chosen(generator, array.device())?;
    backend::launch(op, &Kernel::Random { distribution, generator }, &inputs, std::slice::from_ref(array))
}

/// Fills real and imaginary parts. A normal number has half its variance in each and, as PyTorch has it, the mean too.
fn run_complex(op: &'static str, array: &Array, distribution: Distribution, generator: Option<&Generator>) -> Result<()> {
    if !array.deferred.is_none() {
        // The numbers are those that the array shows, whatever it puts off.
        let plain = Array::empty(array.shape(), array.dtype, array.device())?;
        run_complex(op, &plain, distribution, generator)?;
        return backend::launch(op, &Kernel::Copy, &[plain.into()], std::slice::from_ref(array));
    }
    let parts = view::view_as_real(&Tensor::from_array(array.clone()))?.array();
    let of_part = match distribution {
        Distribution::Normal { mean, std } => Distribution::Normal { mean, std: std * FRAC_1_SQRT_2 },
        other => other,
    };
    run(op, &parts, Operand::None, of_part, generator)
}

fn check(op: &'static str, dtype: DType, distribution: &Distribution) -> Result<()> {
    match *distribution {
        Distribution::Uniform { low, high } => {
            require_differentiable(op, dtype)?;
            ensure!(low <= high, Runtime, "{op} expects to return a [from, to) range, but found from={low} > to={high}");
            for (end, value) in [("from", low), ("to", high), ("to - from", high - low)] {
                ensure!(value.abs() <= dtype.largest_float(), Runtime, "{op}(): {end} is out of bounds for {}", dtype.name());
            }
        }
        Distribution::Normal { std, .. } => {
            require_differentiable(op, dtype)?;
            ensure!(std >= 0.0, Runtime, "{op} expects std >= 0.0, but found std {std}");
        }
        Distribution::LogNormal { std, .. } => {
            require(op, dtype, dtype.is_float(), "use a float dtype")?;
            ensure!(std > 0.0, Runtime, "{op} expects std > 0.0, but found std={std}");
        }
        Distribution::Integer { low, high } => {
            let is_open = high == OPEN;
            ensure!(low < high || is_open, Runtime, "{op} expects 'from' to be less than 'to', but got from={low} >= to={high}");
            require_integer(op, dtype, "from", low)?;
            require_integer(op, dtype, "to - 1", high.wrapping_sub(1))?;
        }
        Distribution::Bernoulli { p } => {
            ensure!((0.0..=1.0).contains(&p), Runtime, "{op} expects p to be in [0, 1], but got p={p}")
        }
        Distribution::Exponential { rate } => {
            require_continuous(op, dtype)?;
            ensure!(rate > 0.0, Runtime, "{op} expects lambda > 0.0, but found lambda={rate}")
        }
        Distribution::Geometric { p } => {
            require(op, dtype, dtype != DType::Bool, "use an integral or float dtype")?;
            ensure!(p > 0.0 && p < 1.0, Runtime, "{op} expects p to be in (0, 1), but got p={p}")
        }
        Distribution::Cauchy { sigma, .. } => {
            require_continuous(op, dtype)?;
            ensure!(sigma > 0.0, Runtime, "{op} expects sigma > 0.0, but found sigma={sigma}")
        }
        Distribution::FullRange
        | Distribution::Permutation
        | Distribution::Poisson
        | Distribution::Binomial
        | Distribution::Gamma => {}
    }
    let in_parts = matches!(distribution, Distribution::Uniform { .. } | Distribution::Normal { .. });
    require(op, dtype, in_parts || !dtype.is_complex(), "use a real dtype")
}

fn require(op: &'static str, dtype: DType, has_kernel: bool, hint: &'static str) -> Result<()> {
    if has_kernel { Ok(()) } else { Err(Error::dtype(op, dtype, hint)) }
}

fn require_continuous(op: &'static str, dtype: DType) -> Result<()> {
    ensure!(
        dtype.is_float(),
        Runtime,
        "{op} draws from a continuous probability distribution. dtype must be a floating point but you specified {}",
        dtype.legacy_name()
    );
    Ok(())
}

/// What follows the largest of all integers.
const OPEN: i64 = i64::MIN;

/// Integers from one on: to the largest that the dtype holds together with all its predecessors.
pub fn from_on(op: &'static str, low: i64, dtype: DType) -> Result<Distribution> {
    let last = match (dtype, digits_of(dtype)) {
        (DType::Bool, _) => 1,
        (_, Some(digits)) => 1 << digits,
        (_, None) => dtype.integer_bounds().map_or(i64::MAX, |(_, last)| last.min(i64::MAX.into()) as i64),
    };
    if low == i64::MIN {
        return Ok(Distribution::Integer { low, high: i64::MAX });
    }
    ensure!(
        low <= last,
        Runtime,
        "{op} expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got from={low} > to_inc={last}"
    );
    Ok(Distribution::Integer { low, high: last.wrapping_add(1) })
}

/// Integers beyond what a dtype holds would wrap or become infinite; a float dtype rounds those up to its largest.
fn require_integer(op: &'static str, dtype: DType, bound: &'static str, value: i64) -> Result<()> {
    let held = match dtype.is_float() {
        true => (value as f64).abs() <= dtype.largest_float(),
        false => Scalar::Int(value).cast(dtype).to_i64() == value,
    };
    ensure!(held, Runtime, "{op}(): {bound} is out of bounds for {}", dtype.name());
    warn_of_gaps(op, dtype, bound, value);
    Ok(())
}

/// Beyond the integers that a float dtype can tell apart some are never drawn.
fn warn_of_gaps(op: &'static str, dtype: DType, bound: &str, value: i64) {
    let Some(digits) = digits_of(dtype) else { return };
    if value.unsigned_abs() > 1 << digits {
        backend::warn(&format!(
            "{op}(): {bound} is out of bounds [-(2^{digits}), 2^{digits}]: {} tells integers apart only within this range, so that \
             some of those asked for cannot be drawn",
            dtype.name()
        ));
    }
}

/// Binary digits of the numbers of a float dtype.
fn digits_of(dtype: DType) -> Option<u32> {
    match dtype {
        DType::BFloat16 => Some(8),
        DType::Float16 => Some(11),
        DType::Float32 => Some(24),
        DType::Float64 => Some(53),
        _ => None,
    }
}

/// The same distribution with bounds for integers that a float dtype does not round to the outside, as PyTorch chooses them.
fn reachable(distribution: Distribution, dtype: DType) -> Distribution {
    let (Distribution::Integer { low, high }, Some(digits)) = (distribution, digits_of(dtype)) else { return distribution };
    if high == i64::MAX || high == OPEN {
        return distribution;
    }
    let held = |x: i64| Scalar::Int(x).cast(dtype).to_i64();
    let gap = |x: i64| 1i64 << (64 - x.unsigned_abs().leading_zeros()).saturating_sub(digits);
    let (first, last) = (held(low + 1), held(high - 1));
    let low = if first < low { first + gap(low + 1) } else { low };
    let high = if last >= high { last - gap(high - 1) } else { high };
    if low < high { Distribution::Integer { low, high } } else { distribution }
}

fn require_differentiable(op: &'static str, dtype: DType) -> Result<()> {
    require(op, dtype, dtype.is_differentiable(), "use a float or complex dtype")
}

/// Normal random numbers with means and deviations of their own: tensors, broadcast together, or numbers. As draws, they do
/// not depend on these: the gradients are zero.
pub fn normal(mean: Arg, std: Arg, generator: Option<&Generator>) -> Result<Tensor> {
    check_deviations(std)?;
    let shape = mode::no_grad(|| (Expr::from(mean) + Expr::from(std)).into_tensor())?;
    // The numbers are drawn in the dtype of the means, or of the deviations where the mean is one number.
    let dtype = mean.tensor().or(std.tensor()).map_or(shape.dtype(), Tensor::dtype);
    require("normal", dtype, dtype.is_differentiable(), "use a float or complex dtype")?;
    let standard = Distribution::Normal { mean: 0.0, std: 1.0 };
    let noise = filled("normal", &shape.shape(), dtype, shape.device(), standard, generator)?;
    let out = mode::no_grad(|| {
        let scaled = super::cast::to_dtype(&(Expr::from(noise) * Expr::from(std)).into_tensor()?, dtype)?;
        super::cast::to_dtype(&(Expr::from(scaled) + Expr::from(mean)).into_tensor()?, dtype)
    })?;
    let drawn_from: SmallVec<[&Tensor; 2]> = [mean, std].iter().filter_map(Arg::tensor).collect();
    record_one("NormalBackward0", &drawn_from, &out, || {
        let shapes: SmallVec<[Shape; 2]> = drawn_from.iter().map(|t| t.shape()).collect();
        move |_: &Context, g: &Tensor| shapes.iter().map(|shape| Ok(Some(creation::zeros_with(g, shape)?))).collect()
    })?;
    Ok(out)
}

fn check_deviations(std: Arg) -> Result<()> {
    match std {
        Arg::Scalar(std) => ensure!(std.to_f64() >= 0.0, Runtime, "normal expects std >= 0.0, but found std {std}"),
        Arg::Tensor(std) => {
            ensure!(!std.dtype().is_complex(), Runtime, "normal expects standard deviation to be non-complex");
            check::require("normal", Expr::from(std).ge(0.0), "normal expects all elements of std >= 0.0")?;
        }
    }
    Ok(())
}

/// A new tensor of random numbers.
pub fn filled(
    op: &'static str,
    shape: &[usize],
    dtype: DType,
    device: Device,
    distribution: Distribution,
    generator: Option<&Generator>,
) -> Result<Tensor> {
    fill_new(op, Tensor::from_array(Array::empty(shape, dtype, device)?), distribution, generator)
}

/// A new tensor of random numbers in the form of another. Its dense memory order decides which element gets which number.
pub fn filled_like(
    op: &'static str,
    input: &Tensor,
    distribution: Distribution,
    generator: Option<&Generator>,
) -> Result<Tensor> {
    fill_new(op, creation::empty_like(input, None, None)?, distribution, generator)
}

/// Fills a tensor that nobody else has seen.
pub fn fill_new(op: &'static str, fresh: Tensor, distribution: Distribution, generator: Option<&Generator>) -> Result<Tensor> {
    check(op, fresh.dtype(), &distribution)?;
    run(op, &fresh.array(), Operand::None, distribution, generator)?;
    Ok(fresh)
}

/// 0 or 1, with the probabilities of a tensor.
pub fn bernoulli(probabilities: &Tensor, generator: Option<&Generator>) -> Result<Tensor> {
    require("bernoulli", probabilities.dtype(), probabilities.dtype().is_float(), "probabilities are of a float dtype")?;
    let p = probabilities.array();
    let out = Array::empty(p.shape(), p.dtype, p.device())?;
    run("bernoulli", &out, p.into(), Distribution::Bernoulli { p: 0.5 }, generator)?;
    let out = Tensor::from_array(out);
    record_one("BernoulliBackward0", &[probabilities], &out, || {
        |_: &Context, g: &Tensor| Ok(smallvec![Some(creation::zeros_like(g, None, None)?)])
    })?;
    Ok(out)
}

/// Fills a tensor with 0 or 1 by the probabilities of another of the same shape.
pub fn bernoulli_(target: &Tensor, probabilities: &Tensor, generator: Option<&Generator>) -> Result<()> {
    require("bernoulli_", probabilities.dtype(), probabilities.dtype().is_float(), "probabilities are of a float dtype")?;
    let p = probabilities.array();
    inplace::redraw("bernoulli_", "BernoulliBackward1", target, |out| {
        let Some(layout) = p.layout.expand(out.shape()) else {
            crate::bail!(Runtime, "bernoulli_(): probabilities of shape {:?} do not broadcast to {:?}", p.shape(), out.shape());
        };
        run("bernoulli_", out, p.with_layout(layout).into(), Distribution::Bernoulli { p: 0.5 }, generator)
    })
}

/// Zeros elements with probability `p` and scales the others by `1 / (1 - p)`.
pub fn dropout(input: &Tensor, p: f64, training: bool, generator: Option<&Generator>) -> Result<Tensor> {
    ensure!((0.0..=1.0).contains(&p), Runtime, "dropout probability has to be between 0 and 1, but got {p}");
    if p == 0.0 || !training || input.numel() == 0 {
        return Ok(input.clone());
    }
    if p == 1.0 {
        let nothing = if input.dtype() == DType::Bool { Scalar::Bool(false) } else { Scalar::Int(0) };
        return arithmetic::mul(input, nothing);
    }
    ensure!(input.dtype().is_differentiable(), Runtime, "dropout(): result type can't be cast to {}", input.dtype().name());
    // Complex numbers are dropped whole.
    let model = complex::real(&input.detach())?;
    let noise = filled_like("dropout", &model, Distribution::Bernoulli { p: 1.0 - p }, generator)?;
    (Expr::from(input) * (Expr::from(noise) / (1.0 - p))).into_tensor()
}

/// Integers of `0..n` in random order.
pub fn randperm(n: i64, dtype: DType, device: Device, generator: Option<&Generator>) -> Result<Tensor> {
    ensure!(n >= 0, Runtime, "randperm(): n must be non-negative, got {n}");
    let largest = Scalar::Int(n - 1).cast(dtype).to_i64();
    ensure!(
        n == 0 || largest == n - 1,
        Runtime,
        "randperm(): n ({n}) is too large for result tensor type: '{}'",
        dtype.legacy_name()
    );
    filled("randperm", &[n as usize], dtype, device, Distribution::Permutation, generator)
}
