"""The generalized Pareto distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.utils import as_parameters, uniform

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Survival function ``(1 + c z)^(-1 / c)``, or ``exp(-z)`` where c is 0, with ``z = (x - loc) / scale`` and the
    ``concentration`` c (Pickands, 1975).
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    _batched = ()

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration, shape = as_parameters(loc, scale, concentration)
        super().__init__(shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From ``loc`` up; bounded where the concentration is negative."""
        upper = torch.where(self.concentration < 0, self.loc - self.scale / self.concentration, torch.inf)
        return constraints.interval(self.loc, upper)

    @property
    def _is_exponential(self) -> Tensor:
        return torch.isclose(self.concentration, torch.zeros_like(self.concentration))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, with gradients by the parameters."""
        return self.icdf(uniform(self._extended_shape(sample_shape), self.loc))

    def _log_survival(self, value: Tensor) -> Tensor:
        z = (value - self.loc) / self.scale
        c = torch.where(self._is_exponential, torch.ones_like(self.concentration), self.concentration)
        return torch.where(self._is_exponential, -z, -torch.log1p(c * z) / c)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        slope = torch.where(self._is_exponential, torch.zeros_like(self.concentration), self.concentration)
        # The density is survival^(1 + c) / scale.
        return (1 + slope) * self._log_survival(value) - self.scale.log()

    def log_survival_function(self, value: Tensor) -> Tensor:
        """Logarithm of the probability of a value above ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        return self._log_survival(value)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Logarithm of :meth:`cdf`."""
        return torch.log1p(-torch.exp(self.log_survival_function(value)))

    def cdf(self, value: Tensor) -> Tensor:
        """``P(X <= value)``, of the broadcast shape of ``value`` and the parameters."""
        return torch.exp(self.log_cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which a share ``value`` (between 0 and 1) of the distribution lies: the inverse of `cdf`."""
        c = torch.where(self._is_exponential, torch.ones_like(self.concentration), self.concentration)
        log_survival = torch.log1p(-value)
        quantile = torch.where(self._is_exponential, -log_survival, torch.expm1(-c * log_survival) / c)
        return self.loc + self.scale * quantile

    @property
    def mean(self) -> Tensor:
        """``loc + scale / (1 - concentration)``; infinite for ``concentration >= 1``."""
        c = self.concentration
        return torch.where(c < 1, self.loc + self.scale / (1 - c), torch.inf)

    @property
    def variance(self) -> Tensor:
        """``scale^2 / ((1 - c)^2 (1 - 2c))`` with the concentration ``c``; infinite for ``c >= 1/2``."""
        c = self.concentration
        return torch.where(c < 0.5, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), torch.inf)

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        return (torch.log(self.scale) + self.concentration + 1).expand(self.batch_shape)

    @property
    def mode(self) -> Tensor:
        """``loc``."""
        return self.loc
