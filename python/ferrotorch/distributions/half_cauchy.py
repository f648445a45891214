"""The half-Cauchy distribution."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions._half import Half
from ferrotorch.distributions.cauchy import Cauchy

__all__ = ["HalfCauchy"]


class HalfCauchy(Half):
    """The absolute value of a Cauchy variable around 0 with scale ``scale``."""

    base_dist: Cauchy
    _whole = Cauchy
    _batched = ()

    @property
    def mean(self) -> Tensor:
        """Infinite."""
        return torch.full_like(self.scale, torch.inf)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.base_dist.variance

    def _log_density(self, value: Tensor) -> Tensor:
        return super()._log_density(torch.as_tensor(value, dtype=self.scale.dtype, device=self.scale.device))
