"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions._matrices import OfMatrix, half_log_det
from ferrotorch.distributions.chi2 import Chi2
from ferrotorch.distributions.exp_family import ExponentialFamily

__all__ = ["Wishart"]


def _mvdigamma(x: Tensor, p: int) -> Tensor:
    """The derivative of the logarithm of the multivariate gamma function."""
    return torch.digamma(x.unsqueeze(-1) - torch.arange(p, dtype=x.dtype, device=x.device) / 2).sum(-1)


class Wishart(OfMatrix, ExponentialFamily):
    """Positive definite matrices: ``sum x x^T`` of ``df`` vectors ``x`` that are normal with mean 0 and a covariance.

    Args:
        df: degrees of freedom, more than ``n - 1``; any real number above that.
        covariance_matrix: of shape ``(..., n, n)``.
        precision_matrix: or the inverse.
        scale_tril: or the Cholesky factor.
        validate_args: as of :class:`Distribution`.

    Raises:
        ValueError: not one matrix exactly; too few degrees of freedom.
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0
    _not_one = AssertionError
    _batched = ("_dist_chi2",)
    _kept = ("_unbroadcasted_scale_tril",)

    @property
    def arg_constraints(self) -> dict[str, constraints.Constraint]:
        """Of the parameters; a matrix of more rows needs more degrees of freedom."""
        return {**self._MATRICES, "df": constraints.greater_than(self.event_shape[-1] - 1)}

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = self._given(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        event_shape = matrix.shape[-2:]
        df = df if isinstance(df, Tensor) else torch.tensor(df, dtype=matrix.dtype, device=matrix.device)
        batch_shape = torch.broadcast_shapes(matrix.shape[:-2], df.shape)
        self.df = df.expand(batch_shape)
        self.__dict__[name] = matrix.expand(*batch_shape, *event_shape)
        if (self.df <= event_shape[-1] - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {event_shape[-1] - 1}.")
        super().__init__(batch_shape, event_shape, validate_args=validate_args)
        if (self.df <= event_shape[-1]).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        self._set_scale_tril(name, matrix)
        steps = torch.arange(event_shape[-1], dtype=self.df.dtype, device=self.df.device)
        self._dist_chi2 = Chi2(self.df.unsqueeze(-1) - steps.expand(*batch_shape, event_shape[-1]))

    @property
    def mean(self) -> Tensor:
        """``df`` times the covariance matrix."""
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """``df - n - 1`` times the covariance matrix; NaN where that is not positive."""
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor = torch.where(factor <= 0, math.nan, factor)
        return factor[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        """``df (C_ij^2 + C_ii C_jj)`` of each element."""
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (covariance.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _bartlett(self, sample_shape: Any) -> Tensor:
        """Bartlett's decomposition: roots of chi-squared variables on a diagonal, normal ones below it."""
        n = self._event_shape[-1]
        noise = self._dist_chi2.rsample(sample_shape).sqrt().diag_embed(dim1=-2, dim2=-1)
        rows, columns = torch.tril_indices(n, n, offset=-1, device=noise.device)
        below = torch.randn(
            (*sample_shape, *self._batch_shape, n * (n - 1) // 2), dtype=noise.dtype, device=noise.device
        )
        noise[..., rows, columns] = below
        factor = self._unbroadcasted_scale_tril @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, with gradients by the parameters.

        Samples that rounding has made singular are drawn anew, ``max_try_correction`` times: by default 3, or 10 where
        there are few degrees of freedom.
        """
        sample_shape = torch.Size(sample_shape)
        if max_try_correction is None:
            max_try_correction = 10 if (self.df <= self._event_shape[-1] + 1).any() else 3
        sample = self._bartlett(sample_shape)
        singular = ~self.support.check(sample)
        if singular.any():
            warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(max_try_correction):
            if not singular.any():
                break
            sample = torch.where(singular[..., None, None], self._bartlett(sample_shape), sample)
            singular = ~self.support.check(sample)
        return sample

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        nu, n, scale = self.df, self._event_shape[-1], self._unbroadcasted_scale_tril
        quotient = torch.cholesky_solve(value, scale).diagonal(dim1=-2, dim2=-1).sum(-1)
        return (
            -nu * (n * math.log(2) / 2 + half_log_det(scale))
            - torch.mvlgamma(nu / 2, n)
            + (nu - n - 1) / 2 * torch.linalg.slogdet(value).logabsdet
            - quotient / 2
        )

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        nu, n = self.df, self._event_shape[-1]
        return (
            (n + 1) * (n * math.log(2) / 2 + half_log_det(self._unbroadcasted_scale_tril))
            + torch.mvlgamma(nu / 2, n)
            - (nu - n - 1) / 2 * _mvdigamma(nu / 2, n)
            + nu * n / 2
        )

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        matrix, power = natural_params
        n = self._event_shape[-1]
        half = power + (n + 1) / 2
        return half * (-torch.linalg.slogdet(-2 * matrix).logabsdet + math.log(2) * n) + torch.mvlgamma(half, n)
