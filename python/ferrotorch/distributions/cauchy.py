"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions._parameters import LocationScale

__all__ = ["Cauchy"]


class Cauchy(LocationScale):
    """Density ``1 / (pi scale (1 + ((x - loc) / scale)^2))``."""

    _batched = ()

    @property
    def mean(self) -> Tensor:
        """NaN: the integral does not exist."""
        return torch.full_like(self.loc, torch.nan)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return torch.full_like(self.loc, torch.inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, with gradients by the parameters."""
        return self.loc + self.loc.new_empty(self._extended_shape(sample_shape)).cauchy_() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        return -math.log(math.pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """``P(X <= value)``, of the broadcast shape of ``value`` and the parameters."""
        if self._validate_args:
            self._validate_sample(value)
        return torch.atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which a share ``value`` (between 0 and 1) of the distribution lies: the inverse of `cdf`."""
        return torch.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        return math.log(4 * math.pi) + self.scale.log()
