"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions._matrices import (
    OfMatrix,
    half_log_det,
    mahalanobis,
    precision_to_scale_tril,
    times_vector,
)
from ferrotorch.distributions.distribution import Distribution as Distribution
from ferrotorch.distributions.utils import standard_normal

__all__ = ["MultivariateNormal"]

# By these names packages that extend the class know what it computes with.
_batch_mahalanobis, _batch_mv, _precision_to_scale_tril = mahalanobis, times_vector, precision_to_scale_tril


class MultivariateNormal(OfMatrix):
    """Density ``exp(-(x - loc)^T C^-1 (x - loc) / 2) / sqrt(det(2 pi C))``.

    Args:
        loc: the mean, of shape ``(..., n)``.
        covariance_matrix: ``C``, of shape ``(..., n, n)``.
        precision_matrix: or the inverse of ``C``.
        scale_tril: or its Cholesky factor, which is what all is computed with.
        validate_args: as of :class:`Distribution`.

    Raises:
        ValueError: a mean without a dimension; not one matrix exactly.
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real_vector, **OfMatrix._MATRICES}
    support = constraints.real_vector
    has_rsample = True
    _batched = ()
    _kept = ("_unbroadcasted_scale_tril",)

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = self._given(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        batch_shape = torch.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand(*batch_shape, loc.shape[-1])
        self.__dict__[name] = matrix.expand(*batch_shape, *matrix.shape[-2:])
        super().__init__(batch_shape, loc.shape[-1:], validate_args=validate_args)
        self._set_scale_tril(name, matrix)

    @property
    def mean(self) -> Tensor:
        """``loc``."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """``loc``."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The diagonal of the covariance matrix."""
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(*self.batch_shape, *self.event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, with gradients by the parameters."""
        noise = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + times_vector(self._unbroadcasted_scale_tril, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        distance = mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        constant = self.event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + distance) - half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        constant = 0.5 * self.event_shape[0] * (1.0 + math.log(2 * math.pi))
        return (constant + half_log_det(self._unbroadcasted_scale_tril)).expand(self.batch_shape)
