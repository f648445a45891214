"""The rules of `kl_divergence` for distributions with a covariance matrix, entered by importing this module.

For normal distributions the divergence is half of the trace of ``Q^-1 P``, the distance of the means by ``Q``, the
logarithm of the ratio of the determinants, less the number of dimensions.
"""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions._matrices import half_log_det, mahalanobis, trace_of_quotient
from ferrotorch.distributions.kl import register_kl
from ferrotorch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from ferrotorch.distributions.multivariate_normal import MultivariateNormal
from ferrotorch.distributions.wishart import Wishart, _mvdigamma


def _check_sizes(p: object, q: object, sizes: tuple[object, object]) -> None:
    if sizes[0] != sizes[1]:
        name = "Multivariate Normal"
        if type(p) is not type(q):
            name = "(Low Rank) Multivariate Normal"
        elif isinstance(p, LowRankMultivariateNormal):
            name = "Low Rank Multivariate Normal"
        raise ValueError(f"KL-divergence between two {name}s with different event shapes cannot be computed")


@register_kl(MultivariateNormal, MultivariateNormal)
def _normal_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    _check_sizes(p, q, (p.event_shape, q.event_shape))
    of_p, of_q = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    determinants = half_log_det(of_q) - half_log_det(of_p)
    trace = trace_of_quotient(of_q, of_p)
    distance = mahalanobis(of_q, q.loc - p.loc)
    return determinants + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _normal_low_rank(p: MultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _check_sizes(p, q, (p.event_shape, q.event_shape))
    of_p = p._unbroadcasted_scale_tril
    determinants = q._log_det() - 2 * half_log_det(of_p)
    trace = (of_p.pow(2) / q._unbroadcasted_cov_diag.unsqueeze(-1)).sum((-2, -1)) - trace_of_quotient(
        q._capacitance_tril, q._weighted() @ of_p
    )
    return 0.5 * (determinants + trace + q._distance(q.loc - p.loc) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_normal(p: LowRankMultivariateNormal, q: MultivariateNormal) -> Tensor:
    _check_sizes(p, q, (p.event_shape, q.event_shape))
    of_q = q._unbroadcasted_scale_tril
    determinants = 2 * half_log_det(of_q) - p._log_det()
    root = torch.diag_embed(p._unbroadcasted_cov_diag.sqrt())
    trace = trace_of_quotient(of_q, p._unbroadcasted_cov_factor) + trace_of_quotient(of_q, root)
    return 0.5 * (determinants + trace + mahalanobis(of_q, q.loc - p.loc) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank_low_rank(p: LowRankMultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _check_sizes(p, q, (p.event_shape, q.event_shape))
    diagonal, factor = p._unbroadcasted_cov_diag, p._unbroadcasted_cov_factor
    weighted = q._weighted()
    ratios = (diagonal / q._unbroadcasted_cov_diag).sum(-1)
    direct = ratios + (factor.pow(2) / q._unbroadcasted_cov_diag.unsqueeze(-1)).sum((-2, -1))
    saved = trace_of_quotient(q._capacitance_tril, weighted * diagonal.sqrt().unsqueeze(-2))
    saved = saved + trace_of_quotient(q._capacitance_tril, weighted @ factor)
    determinants = q._log_det() - p._log_det()
    return 0.5 * (determinants + direct - saved + q._distance(q.loc - p.loc) - p.event_shape[0])


@register_kl(Wishart, Wishart)
def _wishart_wishart(p: Wishart, q: Wishart) -> Tensor:
    _check_sizes(p, q, (p.event_shape, q.event_shape))
    n, nu = p.event_shape[-1], p.df
    of_p, of_q = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    determinants = half_log_det(of_q) - half_log_det(of_p)
    return (
        q.df * determinants
        + nu / 2 * (trace_of_quotient(of_q, of_p) - n)
        + torch.mvlgamma(q.df / 2, n)
        - torch.mvlgamma(nu / 2, n)
        + (nu - q.df) / 2 * _mvdigamma(nu / 2, n)
    )
