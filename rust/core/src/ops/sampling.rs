//! Samples with parameters of their own an element: Poisson, binomial, gamma and Dirichlet.

use smallvec::smallvec;

use crate::array::Operand;
use crate::autograd::{Context, SavedTensor, keeping_one, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Distribution, Kernel};
use crate::layout::Layout;
use crate::random::{self, Generator};
use crate::shape::broadcast_shapes;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::pointwise::arithmetic::MAXIMUM;
use super::pointwise::special::{DIRICHLET_GRAD, STANDARD_GAMMA_GRAD};
use super::{check, creation, reduce, view};

fn check_float(op: &'static str, what: &str, tensor: &Tensor) -> Result<()> {
    ensure!(
        tensor.dtype().is_float(),
        Runtime,
        "{op}(): only supports floating-point dtypes for {what}, got: {}",
        tensor.dtype().legacy_name()
    );
    Ok(())
}

fn draw(op: &'static str, distribution: Distribution, parameters: &[&Tensor], generator: Option<&Generator>) -> Result<Tensor> {
    let first = parameters[0].array();
    let output = (Layout::contiguous(first.shape()), first.dtype);
    let generator = random::chosen(generator, first.device())?;
    let inputs: Vec<Operand> = parameters.iter().map(|p| p.array().into()).collect();
    let [out] = backend::compute(op, &Kernel::Random { distribution, generator }, &inputs, [output], first.device())?;
    Ok(Tensor::from_array(out))
}

/// Records that a result does not move with the parameters: their gradients are zeros.
fn record_zeros(name: &'static str, parameters: &[&Tensor], out: &Tensor) -> Result<()> {
    let count = parameters.len();
    record_one(name, parameters, out, || {
        move |cx: &Context, g: &Tensor| {
            (0..count).map(|i| if cx.needs[i] { creation::zeros_with(g, &g.shape()).map(Some) } else { Ok(None) }).collect()
        }
    })
}

/// Poisson samples of the dtype and shape of their rates (a float dtype, not negative).
pub fn poisson(rates: &Tensor, generator: Option<&Generator>) -> Result<Tensor> {
    check_float("poisson", "input", rates)?;
    let text = "poisson(): invalid Poisson rate, expected rate to be non-negative";
    check::require("poisson", Expr::from(rates).ge(0.0), text)?;
    let out = draw("poisson", Distribution::Poisson, &[rates], generator)?;
    record_zeros("PoissonBackward0", &[rates], &out)?;
    Ok(out)
}

/// How many of `count` trials succeed with probability `prob`: two tensors of one float dtype, broadcast.
pub fn binomial(count: &Tensor, prob: &Tensor, generator: Option<&Generator>) -> Result<Tensor> {
    check_float("binomial", "count", count)?;
    check_float("binomial", "prob", prob)?;
    ensure!(
        count.dtype() == prob.dtype(),
        Runtime,
        "binomial(): expected count and prob of one dtype, got {} and {}",
        count.dtype().legacy_name(),
        prob.dtype().legacy_name()
    );
    let shape = broadcast_shapes("binomial", &count.shape(), &prob.shape())?;
    let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    let (count, prob) = (view::expand(count, &sizes)?, view::expand(prob, &sizes)?);
    let out = draw("binomial", Distribution::Binomial, &[&count, &prob], generator)?;
    record_zeros("BinomialBackward0", &[&count, &prob], &out)?;
    Ok(out)
}

/// Gamma samples of scale 1 of the dtype and shape of their shape parameters. Gradients are those of implicit
/// reparameterization.
pub fn standard_gamma(alpha: &Tensor, generator: Option<&Generator>) -> Result<Tensor> {
    check_float("_standard_gamma", "input", alpha)?;
    let out = draw("_standard_gamma", Distribution::Gamma, &[alpha], generator)?;
    record_one("StandardGammaBackward0", &[alpha], &out, || {
        keeping_one(
            [("self", SavedTensor::input(alpha)), ("result", SavedTensor::output(&out, 0))],
            move |cx, [alpha, sample], g| {
                let slope = standard_gamma_grad(&alpha.get(cx)?, &sample.get(cx)?)?;
                Ok(smallvec![Some((Expr::from(g) * Expr::from(slope)).into_tensor()?)])
            },
        )
    })?;
    Ok(out)
}

/// How gamma samples move with their shape parameters.
pub fn standard_gamma_grad(alpha: &Tensor, sample: &Tensor) -> Result<Tensor> {
    Expr::apply(&STANDARD_GAMMA_GRAD, [alpha.into(), sample.into()], &[]).into_tensor()
}

/// Samples of Dirichlet distributions whose concentrations lie along the last dimension: normalised gamma samples. Gradients are
/// those of implicit reparameterization, by the marginal distribution of each number (M. Jankowiak and F. Obermeyer, "Pathwise
/// derivatives beyond the reparameterization trick", 2018).
pub fn dirichlet(concentration: &Tensor, generator: Option<&Generator>) -> Result<Tensor> {
    let plain = concentration.detach();
    let gammas = standard_gamma(&plain, generator)?;
    let share = Expr::from(&gammas) / Expr::from(sum_of(&gammas)?);
    // Zero has no logarithm.
    let out = Expr::apply(&MAXIMUM, [share, smallest_normal(plain.dtype()).into()], &[]).into_tensor()?;
    record_one("DirichletBackward0", &[concentration], &out, || {
        keeping_one(
            [("self", SavedTensor::input(concentration)), ("result", SavedTensor::output(&out, 0))],
            move |cx, [concentration, sample], g| {
                let (concentration, sample) = (concentration.get(cx)?, sample.get(cx)?);
                let slope = dirichlet_grad(&sample, &concentration, &sum_of(&concentration)?)?;
                let shared = sum_of(&(Expr::from(&sample) * Expr::from(g)).into_tensor()?)?;
                Ok(smallvec![Some((Expr::from(slope) * (Expr::from(g) - Expr::from(shared))).into_tensor()?)])
            },
        )
    })?;
    Ok(out)
}

fn sum_of(x: &Tensor) -> Result<Tensor> {
    reduce::sum(x, Some(&[-1]), true, None)
}

/// The smallest positive number of a float dtype that is no subnormal one.
fn smallest_normal(dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => 2f64.powi(-14),
        DType::Float64 => f64::MIN_POSITIVE,
        _ => f64::from(f32::MIN_POSITIVE),
    }
}

/// How numbers of Dirichlet samples move with their own concentrations, of which `total` is the sum, but for what all of a sample
/// share.
pub fn dirichlet_grad(sample: &Tensor, concentration: &Tensor, total: &Tensor) -> Result<Tensor> {
    Expr::apply(&DIRICHLET_GRAD, [sample.into(), concentration.into(), total.into()], &[]).into_tensor()
}
