"""The half-normal distribution."""

from __future__ import annotations

import math

from ferrotorch._C import Tensor
from ferrotorch.distributions._half import Half
from ferrotorch.distributions.normal import Normal

__all__ = ["HalfNormal"]


class HalfNormal(Half):
    """The absolute value of a normal variable with mean 0 and deviation ``scale``."""

    base_dist: Normal
    _whole = Normal
    _batched = ()

    @property
    def mean(self) -> Tensor:
        """``scale sqrt(2 / pi)``."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        """``scale^2 (1 - 2 / pi)``."""
        return self.scale.pow(2) * (1 - 2 / math.pi)
