"""The Weibull distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.exponential import Exponential
from ferrotorch.distributions.transformed_distribution import TransformedDistribution
from ferrotorch.distributions.transforms import AffineTransform, PowerTransform
from ferrotorch.distributions.utils import as_parameters, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """``scale E^(1 / concentration)`` with E exponential of rate 1."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    _batched = ("concentration_reciprocal",)

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration, _ = as_parameters(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        transforms = [PowerTransform(self.concentration_reciprocal), AffineTransform(loc=0, scale=self.scale)]
        base = Exponential(torch.ones_like(self.scale), validate_args=validate_args)
        super().__init__(base, transforms, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """``scale Gamma(1 + 1 / concentration)``."""
        return self.scale * torch.exp(torch.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self) -> Tensor:
        """``scale ((c - 1) / c)^(1/c)`` with the concentration ``c``; 0 for ``c < 1``."""
        base = (self.concentration - 1) / self.concentration
        return self.scale * base ** self.concentration.reciprocal()

    @property
    def variance(self) -> Tensor:
        """``scale^2 (Gamma(1 + 2/c) - Gamma(1 + 1/c)^2)`` with the concentration ``c``."""
        r = self.concentration_reciprocal
        return self.scale.pow(2) * (torch.exp(torch.lgamma(1 + 2 * r)) - torch.exp(2 * torch.lgamma(1 + r)))

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        r = self.concentration_reciprocal
        return euler_constant * (1 - r) + torch.log(self.scale * r) + 1
