"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.transformed_distribution import TransformedDistribution
from ferrotorch.distributions.transforms import AffineTransform, ExpTransform
from ferrotorch.distributions.uniform import Uniform
from ferrotorch.distributions.utils import as_parameters, euler_constant

__all__ = ["Gumbel"]


class Gumbel(TransformedDistribution):
    """Cumulative distribution function ``exp(-exp(-(x - loc) / scale))``."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    _batched = ()

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, _ = as_parameters(loc, scale)
        finfo = torch.finfo(self.loc.dtype)
        base = Uniform(torch.full_like(self.loc, finfo.tiny), 1 - finfo.eps, validate_args=validate_args)
        negative = AffineTransform(loc=0, scale=-torch.ones_like(self.scale))
        last = AffineTransform(loc=self.loc, scale=-self.scale)
        transforms = [ExpTransform().inv, negative, ExpTransform().inv, last]
        super().__init__(base, transforms, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        # Exact in more dtypes than the chain of transforms.
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self) -> Tensor:
        """``loc + scale * gamma`` with Euler's constant ``gamma``."""
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        """``loc``."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """``pi / sqrt(6) * scale``."""
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Tensor:
        """``pi^2 / 6 * scale^2``."""
        return self.stddev.pow(2)

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        return self.scale.log() + (1 + euler_constant)
