"""Discrete variables made continuous."""

from __future__ import annotations

from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.distributions.transformed_distribution import TransformedDistribution


class Relaxed(TransformedDistribution):
    """A transform of the relaxed variables of ``base_dist``, with the parameters of that."""

    has_rsample = True
    base_dist: Any

    @property
    def temperature(self) -> Any:
        """How far from discrete: the closer to 0, the less."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """Log odds, or log probabilities, of the discrete variable."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """Probabilities of the discrete variable."""
        return self.base_dist.probs
