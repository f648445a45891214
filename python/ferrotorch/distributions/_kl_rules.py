"""The rules of `kl_divergence` for pairs of classes, entered by importing this module.

Sources of the formulas: Gil, Alajaji & Linder, "Rényi divergence measures for commonly used univariate continuous
distributions", 2013; for the exponential family, Nielsen & Nock, 2010; the others by integration.
"""

from __future__ import annotations

import math

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions.bernoulli import Bernoulli
from ferrotorch.distributions.beta import Beta
from ferrotorch.distributions.binomial import Binomial
from ferrotorch.distributions.categorical import Categorical
from ferrotorch.distributions.cauchy import Cauchy
from ferrotorch.distributions.continuous_bernoulli import ContinuousBernoulli
from ferrotorch.distributions.dirichlet import Dirichlet
from ferrotorch.distributions.exp_family import ExponentialFamily
from ferrotorch.distributions.exponential import Exponential
from ferrotorch.distributions.gamma import Gamma
from ferrotorch.distributions.geometric import Geometric
from ferrotorch.distributions.gumbel import Gumbel
from ferrotorch.distributions.half_normal import HalfNormal
from ferrotorch.distributions.independent import Independent
from ferrotorch.distributions.kl import kl_divergence, register_kl
from ferrotorch.distributions.laplace import Laplace
from ferrotorch.distributions.normal import Normal
from ferrotorch.distributions.one_hot_categorical import OneHotCategorical
from ferrotorch.distributions.pareto import Pareto
from ferrotorch.distributions.poisson import Poisson
from ferrotorch.distributions.transformed_distribution import TransformedDistribution
from ferrotorch.distributions.uniform import Uniform
from ferrotorch.distributions.utils import euler_constant, sum_rightmost


def _infinite_like(tensor: Tensor) -> Tensor:
    return torch.full_like(tensor, torch.inf)


def _x_log_x(tensor: Tensor) -> Tensor:
    return torch.xlogy(tensor, tensor)


def _infinite_where(condition: Tensor, otherwise: Tensor) -> Tensor:
    return torch.where(condition, torch.inf, otherwise)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    t1 = p.probs * (torch.nn.functional.softplus(-q.logits) - torch.nn.functional.softplus(-p.logits))
    t1 = torch.where(p.probs == 0, 0, _infinite_where(q.probs == 0, t1))
    t2 = (1 - p.probs) * (torch.nn.functional.softplus(q.logits) - torch.nn.functional.softplus(p.logits))
    t2 = torch.where(p.probs == 1, 0, _infinite_where(q.probs == 1, t2))
    return t1 + t2


@register_kl(Beta, Beta)
def _beta_beta(p: Beta, q: Beta) -> Tensor:
    p1, p0, q1, q0 = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    total_p, total_q = p1 + p0, q1 + q0
    log_ratio = q1.lgamma() + q0.lgamma() + total_p.lgamma() - (p1.lgamma() + p0.lgamma() + total_q.lgamma())
    means = (p1 - q1) * torch.digamma(p1) + (p0 - q0) * torch.digamma(p0)
    return log_ratio + means + (total_q - total_p) * torch.digamma(total_p)


@register_kl(Binomial, Binomial)
def _binomial_binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    kl = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return _infinite_where(p.total_count > q.total_count, kl)


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    t = p.probs * (p.logits - q.logits)
    t = _infinite_where((q.probs == 0).expand_as(t), t)
    return torch.where((p.probs == 0).expand_as(t), 0, t).sum(-1)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli_continuous_bernoulli(p: ContinuousBernoulli, q: ContinuousBernoulli) -> Tensor:
    t1 = p.mean * (p.logits - q.logits)
    return t1 + p._log_constant() + torch.log1p(-p.probs) - q._log_constant() - torch.log1p(-q.probs)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    total_p, total_q = p.concentration.sum(-1), q.concentration.sum(-1)
    difference = p.concentration - q.concentration
    logs = p.concentration.digamma() - total_p.digamma().unsqueeze(-1)
    normalizers = total_p.lgamma() - total_q.lgamma() + (q.concentration.lgamma() - p.concentration.lgamma()).sum(-1)
    return normalizers + (difference * logs).sum(-1)


@register_kl(Exponential, Exponential)
def _exponential_exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(ExponentialFamily, ExponentialFamily)
def _expfamily_expfamily(p: ExponentialFamily, q: ExponentialFamily) -> Tensor:
    """The Bregman divergence of the log normalizer."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot be computed using Bregman "
            "divergences"
        )
    params, normalizer, gradients = p._normalizer_and_gradients()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for p_param, q_param, gradient in zip(params, q._natural_params, gradients, strict=True):
        term = (q_param - p_param) * gradient
        result = result - sum_rightmost(term, len(q.event_shape))
    return result


@register_kl(Gamma, Gamma)
def _gamma_gamma(p: Gamma, q: Gamma) -> Tensor:
    t1 = q.concentration * (p.rate / q.rate).log()
    t2 = torch.lgamma(q.concentration) - torch.lgamma(p.concentration)
    t3 = (p.concentration - q.concentration) * torch.digamma(p.concentration)
    return t1 + t2 + t3 + (q.rate - p.rate) * (p.concentration / p.rate)


@register_kl(Gumbel, Gumbel)
def _gumbel_gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, p_loc, q_loc = p.scale / q.scale, p.loc / q.scale, q.loc / q.scale
    t1 = ratio.log() - p_loc + q_loc
    t2 = ratio * euler_constant
    t3 = torch.exp(q_loc + (1 + ratio).lgamma() - p_loc)
    return t3 - t1 - (1 + euler_constant) + t2


@register_kl(Geometric, Geometric)
def _geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - torch.log1p(-q.probs) / p.probs - q.logits


@register_kl(HalfNormal, HalfNormal)
def _halfnormal_halfnormal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal_normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio = p.scale / q.scale
    distance = (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * torch.exp(-distance / p.scale) - 1


@register_kl(Normal, Normal)
def _normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(OneHotCategorical, OneHotCategorical)
def _onehotcategorical_onehotcategorical(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical_categorical(p._categorical, q._categorical)


@register_kl(Pareto, Pareto)
def _pareto_pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    result = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return _infinite_where(p.scale < q.scale, result)


@register_kl(Poisson, Poisson)
def _poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Uniform, Uniform)
def _uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return _infinite_where((q.low > p.low) | (q.high < p.high), result)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Beta, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._log_constant()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
def _mean_exponential(p: Beta | ContinuousBernoulli | Gamma, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    total = p.concentration1 + p.concentration0
    t1 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t2 = (q.concentration - 1) * (p.concentration1.digamma() - total.digamma())
    return -p.entropy() + t1 - t2 + q.rate * p.concentration1 / total


@register_kl(Beta, Normal)
def _beta_normal(p: Beta, q: Normal) -> Tensor:
    mean, variance = p.mean, q.scale.pow(2)
    t1 = 0.5 * (variance * 2 * math.pi).log()
    t2 = (mean * (1 - mean) / (p.concentration1 + p.concentration0 + 1) + mean.pow(2)) * 0.5
    return -p.entropy() + t1 + (t2 - mean * q.loc + q.loc.pow(2) * 0.5) / variance


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _unit_interval_uniform(p: Beta | ContinuousBernoulli, q: Uniform) -> Tensor:
    return _infinite_where((q.low > 0) | (q.high < 1), -p.entropy() + (q.high - q.low).log())


@register_kl(ContinuousBernoulli, Normal)
def _continuous_bernoulli_normal(p: ContinuousBernoulli, q: Normal) -> Tensor:
    t1 = 0.5 * (math.log(2 * math.pi) + torch.square(q.loc / q.scale)) + torch.log(q.scale)
    t2 = (p.variance + torch.square(p.mean) - 2 * q.loc * p.mean) / (2 * torch.square(q.scale))
    return -p.entropy() + t1 + t2


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    ratio = q.rate / p.rate
    t1 = -q.concentration * torch.log(ratio)
    return t1 + ratio + q.concentration.lgamma() + q.concentration * euler_constant - (1 + euler_constant)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product, offset = p.rate * q.scale, q.loc / q.scale
    t3 = torch.exp(offset) * product / (product + 1)
    return product.log() - 1 + product.reciprocal() - offset + t3


@register_kl(Exponential, Normal)
def _exponential_normal(p: Exponential, q: Normal) -> Tensor:
    variance, rate = q.scale.pow(2), p.rate.pow(2)
    t1 = 0.5 * torch.log(rate * variance * 2 * math.pi)
    return t1 - 1 + (rate.reciprocal() - q.loc / p.rate + q.loc.pow(2) / 2) / variance


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    beta = p.rate * q.scale
    offset = q.loc / q.scale
    t1 = (p.concentration - 1) * p.concentration.digamma() - p.concentration.lgamma() - p.concentration
    t2 = beta.log() + p.concentration / beta
    t3 = torch.exp(offset) * (1 + beta.reciprocal()).pow(-p.concentration) - offset
    return t1 + t2 + t3


@register_kl(Gamma, Normal)
def _gamma_normal(p: Gamma, q: Normal) -> Tensor:
    variance, beta = q.scale.pow(2), p.rate.pow(2)
    c = p.concentration
    t1 = 0.5 * torch.log(beta * variance * 2 * math.pi) - c - c.lgamma()
    t3 = (c * (c + 1) / beta * 0.5 - q.loc * c / p.rate + 0.5 * q.loc.pow(2)) / variance
    return t1 + (c - 1) * c.digamma() + t3


@register_kl(Gumbel, Normal)
def _gumbel_normal(p: Gumbel, q: Normal) -> Tensor:
    ratio = p.scale / q.scale
    t1 = (ratio / math.sqrt(2 * math.pi)).log()
    t2 = (math.pi * ratio * 0.5).pow(2) / 3
    t3 = ((p.loc + p.scale * euler_constant - q.loc) / q.scale).pow(2) * 0.5
    return -t1 + t2 + t3 - (euler_constant + 1)


@register_kl(Laplace, Normal)
def _laplace_normal(p: Laplace, q: Normal) -> Tensor:
    variance = q.scale.pow(2)
    ratio = p.scale.pow(2) / variance
    t1 = 0.5 * torch.log(2 * ratio / math.pi)
    return -t1 + ratio + (0.5 * p.loc.pow(2) - p.loc * q.loc + 0.5 * q.loc.pow(2)) / variance - 1


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    mean, squared, offset = p.loc / q.scale, (p.scale / q.scale).pow(2), q.loc / q.scale
    t1 = 0.5 * torch.log(2 * math.pi * squared)
    return -t1 - 0.5 - offset + mean + torch.exp(-mean + 0.5 * squared + offset)


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    difference = p.loc - q.loc
    ratio = p.scale / q.scale
    scaled = difference / p.scale
    t1 = torch.log(ratio)
    t2 = math.sqrt(2 / math.pi) * p.scale * torch.exp(-0.5 * scaled.pow(2))
    t3 = difference * torch.erf(math.sqrt(0.5) * scaled)
    return -t1 + (t2 + t3) / q.scale - (0.5 * (1 + math.log(0.5 * math.pi)))


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Pareto, q: Exponential) -> Tensor:
    product = p.scale * q.rate
    kl = (p.alpha / product).log() - (p.alpha + 1) / p.alpha + p.alpha * product / (p.alpha - 1)
    return _infinite_where(p.alpha <= 1, kl)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    common = p.scale.log() + p.alpha.reciprocal()
    t1 = p.alpha.log() - common
    t2 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t3 = (1 - q.concentration) * common
    kl = t1 + t2 + t3 + q.rate * p.alpha * p.scale / (p.alpha - 1) - 1
    return _infinite_where(p.alpha <= 1, kl)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Pareto, q: Normal) -> Tensor:
    variance = 2 * q.scale.pow(2)
    mean = p.scale * p.alpha / (p.alpha - 1)
    t1 = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log()
    t3 = p.alpha * p.scale.pow(2) / (p.alpha - 2)
    kl = t1 - (p.alpha + 1) / p.alpha + (t3 - 2 * q.loc * mean + q.loc.pow(2)) / variance
    return _infinite_where(p.alpha <= 2, kl)


@register_kl(Poisson, Binomial)
def _poisson_binomial(p: Poisson, q: Binomial) -> Tensor:
    return _infinite_like(p.rate)


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    common = p.high - p.low
    t1 = torch.log(common)
    t2 = (q.concentration1 - 1) * (_x_log_x(p.high) - _x_log_x(p.low) - common) / common
    upper, lower = 1 - p.high, 1 - p.low
    t3 = (q.concentration0 - 1) * (_x_log_x(upper) - _x_log_x(lower) + common) / common
    t4 = q.concentration1.lgamma() + q.concentration0.lgamma() - (q.concentration1 + q.concentration0).lgamma()
    return _infinite_where((p.high > 1) | (p.low < 0), t3 + t4 - t1 - t2)


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    result = -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._log_constant()
    return _infinite_where((p.high > 1) | (p.low < 0), result)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    result = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    return _infinite_where(p.low < 0, result)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    common = p.high - p.low
    t1 = common.log()
    t2 = q.concentration.lgamma() - q.concentration * q.rate.log()
    t3 = (1 - q.concentration) * (_x_log_x(p.high) - _x_log_x(p.low) - common) / common
    return _infinite_where(p.low < 0, -t1 + t2 + t3 + q.rate * (p.high + p.low) / 2)


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    common = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    t1 = common.log() + 0.5 * (high + low)
    return t1 + common * (torch.exp(-low) - torch.exp(-high))


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    common = p.high - p.low
    t1 = (math.sqrt(math.pi * 2) * q.scale / common).log()
    t2 = common.pow(2) / 12
    t3 = ((p.high + p.low - 2 * q.loc) / 2).pow(2)
    return t1 + 0.5 * (t2 + t3) / q.scale.pow(2)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    t1 = (q.alpha * q.scale.pow(q.alpha) * (p.high - p.low)).log()
    t2 = (_x_log_x(p.high) - _x_log_x(p.low) - p.high + p.low) / (p.high - p.low)
    return _infinite_where(p.low < q.scale, t2 * (q.alpha + 1) - t1)


@register_kl(Independent, Independent)
def _independent_independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(Cauchy, Cauchy)
def _cauchy_cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    """Chyzak & Nielsen, "A closed-form formula for the Kullback-Leibler divergence between Cauchy distributions"."""
    t1 = ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log()
    return t1 - (4 * p.scale * q.scale).log()


def _register_infinite(type_p: type, types_q: list[type], parameter: str) -> None:
    """Enter pairs where p yields values that q cannot: the divergence is infinite."""
    for type_q in types_q:
        register_kl(type_p, type_q)(lambda p, q: _infinite_like(getattr(p, parameter)))


_POSITIVE: list[type] = [Exponential, Gamma]
_register_infinite(Beta, [Pareto], "concentration1")
_register_infinite(ContinuousBernoulli, [Pareto], "probs")
_register_infinite(Exponential, [Beta, ContinuousBernoulli, Pareto, Uniform], "rate")
_register_infinite(Gamma, [Beta, ContinuousBernoulli, Pareto, Uniform], "concentration")
_register_infinite(Gumbel, [Beta, ContinuousBernoulli, *_POSITIVE, Pareto, Uniform], "loc")
_register_infinite(Laplace, [Beta, ContinuousBernoulli, *_POSITIVE, Pareto, Uniform], "loc")
_register_infinite(Normal, [Beta, ContinuousBernoulli, *_POSITIVE, Pareto, Uniform], "loc")
_register_infinite(Pareto, [Beta, ContinuousBernoulli, Uniform], "alpha")
_register_infinite(Poisson, [Bernoulli], "rate")
