"""Bernoulli variables relaxed to (0, 1)."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._size import Size
from ferrotorch.distributions import constraints
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.transformed_distribution import TransformedDistribution
from ferrotorch.distributions.transforms import SigmoidTransform
from ferrotorch.distributions.utils import (
    as_parameters,
    broadcast_all,
    clamp_probs,
    exactly_one,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
    uniform,
)

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(Distribution):
    """Log odds of a ``RelaxedBernoulli`` variable: ``(logits + logit(U)) / temperature``
    (Maddison, Mnih & Teh, "The concrete distribution", 2017).
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        exactly_one(probs=probs, logits=logits)
        if probs is not None:
            self.probs, shape = as_parameters(probs)
        else:
            self.logits, shape = as_parameters(logits)
        super().__init__(shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(LogitRelaxedBernoulli, _instance)
        new.temperature = self.temperature
        for name in {"probs", "logits"} & self.__dict__.keys():
            new.__dict__[name] = self.__dict__[name].expand(batch_shape)
        return self._finish_expand(new, batch_shape, self.event_shape)

    @lazy_property
    def logits(self) -> Tensor:
        """Log odds of the Bernoulli variable."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """Probability of the Bernoulli variable."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Size:
        """Shape of the parameter."""
        return self.batch_shape

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(uniform(shape, probs))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value.mul(self.temperature)
        return torch.as_tensor(self.temperature).log() + difference - 2 * difference.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Bernoulli variables made continuous: the smaller the temperature, the closer to 0 and 1."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    base_dist: LogitRelaxedBernoulli

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, self._get_checked_instance(RelaxedBernoulli, _instance))

    @property
    def temperature(self) -> Any:
        """Temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """Log odds of the Bernoulli variable."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """Probability of the Bernoulli variable."""
        return self.base_dist.probs
