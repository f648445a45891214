"""The geometric distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions._parameters import ProbsOrLogits
from ferrotorch.distributions.utils import uniform
from ferrotorch.nn import functional as F

__all__ = ["Geometric"]


class Geometric(ProbsOrLogits):
    """Number of failures before the first success: probability ``(1 - probs)^k probs`` of k = 0, 1, ...

    Raises:
        ValueError: a probability of 0.
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer
    _batched = ()

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        (shape,) = self._set_parameter(probs, logits)
        super().__init__(shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {tuple(self.probs.shape)}) of distribution {self!r} to be "
                f"positive but found invalid values:\n{self.probs}"
            )

    @property
    def mean(self) -> Tensor:
        """``(1 - probs) / probs``: failures before the first success."""
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        """Zero."""
        return torch.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """``(1 - probs) / probs^2``."""
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, without a gradient."""
        with torch.no_grad():
            u = uniform(self._extended_shape(sample_shape), self.probs)
            u = u.clamp(min=torch.finfo(self.probs.dtype).tiny)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """The log probability of ``value``, of shape ``batch_shape``."""
        if self._validate_args:
            self._validate_sample(value)
        value, probs = torch.broadcast_tensors(value, self.probs)
        # Certain success: 0 * log(0) is 0.
        failures = torch.where((probs == 1) & (value == 0), 0, (-probs).log1p())
        return value * failures + self.probs.log()

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
