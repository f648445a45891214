"""Parameters that several distributions have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from ferrotorch._C import Tensor
from ferrotorch._size import Size
from ferrotorch.distributions import constraints
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.utils import as_parameters, exactly_one, lazy_property, logits_to_probs, probs_to_logits


class ProbsOrLogits(Distribution):
    """``probs`` and ``logits``, of which one is given and the other computed when it is first used."""

    # One probability, or one of each category along the last dimension?
    _is_binary: ClassVar[bool] = True

    def _set_parameter(self, probs: Any, logits: Any, *others: Any) -> tuple[Any, ...]:
        """Keep the one that is given, broadcast against ``others``; these in its dtype and shape, and that shape.

        Raises:
            ValueError: neither or both given.
        """
        exactly_one(probs=probs, logits=logits)
        name, value = ("probs", probs) if probs is not None else ("logits", logits)
        *others_, value, shape = as_parameters(*others, value)
        setattr(self, name, value)
        return (*[other.type_as(value) for other in others_], shape)

    @lazy_property
    def logits(self) -> Tensor:
        """Log odds of a success; with categories, their log probabilities."""
        return probs_to_logits(self.probs, is_binary=self._is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        """Probability of a success, or of each category."""
        return logits_to_probs(self.logits, is_binary=self._is_binary)

    @property
    def _param(self) -> Tensor:
        """The parameter that was given."""
        return self.probs if "probs" in self.__dict__ else self.logits

    @property
    def param_shape(self) -> Size:
        """Shape of the parameter."""
        return self.batch_shape


class OfCategories(Distribution):
    """The parameters of ``_categorical``, the distribution of an index, for distributions of vectors."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    _categorical: Any

    @property
    def logits(self) -> Tensor:
        """Log probabilities of the categories."""
        return self._categorical.logits

    @property
    def probs(self) -> Tensor:
        """Probabilities of the categories."""
        return self._categorical.probs

    @property
    def param_shape(self) -> Size:
        """Shape of the parameter."""
        return self._categorical.param_shape


class LocationScale(Distribution):
    """``loc + scale X`` with X symmetric around 0, most probable there."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, shape = as_parameters(loc, scale)
        super().__init__(shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """``loc``."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """``loc``."""
        return self.loc
