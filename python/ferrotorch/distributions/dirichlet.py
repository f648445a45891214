"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.exp_family import ExponentialFamily

__all__ = ["Dirichlet"]


class Dirichlet(ExponentialFamily):
    """Density ``Gamma(sum c) / prod Gamma(c_i) prod x_i^(c_i - 1)`` on the simplex; ``concentration`` ``(..., K)``.

    Raises:
        ValueError: a concentration without a dimension.
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True
    _batched = ()

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """``concentration / sum(concentration)``."""
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        """``(concentration - 1) / sum(concentration - 1)``; a corner where a concentration is below 1."""
        excess = (self.concentration - 1).clamp(min=0.0)
        mode = excess / excess.sum(-1, True)
        # All below 1: the density is unbounded at every corner, and the first stands for all, as in PyTorch.
        first = torch.arange(excess.shape[-1], device=mode.device) == 0
        return torch.where((self.concentration < 1).all(dim=-1, keepdim=True), first.to(mode), mode)

    @property
    def variance(self) -> Tensor:
        """``a (A - a) / (A^2 (A + 1))`` with ``A = sum(a)``."""
        c = self.concentration
        total = c.sum(-1, True)
        return c * (total - c) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, with gradients by the parameters."""
        return torch._sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return torch.xlogy(c - 1.0, value).sum(-1) + torch.lgamma(c.sum(-1)) - torch.lgamma(c).sum(-1)

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        c = self.concentration
        total = c.sum(-1)
        return (
            torch.lgamma(c).sum(-1)
            - torch.lgamma(total)
            - (c.size(-1) - total) * torch.digamma(total)
            - ((c - 1.0) * torch.digamma(c)).sum(-1)
        )

    @property
    def _mean_carrier_measure(self) -> Tensor:
        # The density is that of the natural parameters times 1 / prod(x).
        total = self.concentration.sum(-1, keepdim=True)
        return (total.digamma() - self.concentration.digamma()).sum(-1)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        return x.lgamma().sum(-1) - torch.lgamma(x.sum(-1))
