"""The base of all distributions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._size import Size
from ferrotorch.distributions import constraints
from ferrotorch.distributions.utils import lazy_property

__all__ = ["Distribution"]


def _undefined(self: Any) -> Any:
    raise NotImplementedError


class Distribution:
    """A distribution over events of shape ``event_shape``, one for each element of ``batch_shape``.

    Args:
        batch_shape: shape of the parameters.
        event_shape: shape of one event.
        validate_args: check parameters here and values in ``log_prob`` and its like against the constraints.

    Raises:
        ValueError: a parameter outside its constraint.
    """

    # Constraints of the parameters by name, and of the values: subclasses give attributes or properties.
    arg_constraints: ClassVar[Any] = property(_undefined)
    support: Any = property(_undefined)
    has_rsample: bool = False
    has_enumerate_support: bool = False
    _validate_args: bool = __debug__
    # Attributes besides the parameters that have the batch's shape at the front, for `expand`; None: no expansion.
    # The class that has an ``__init__`` of its own names them.
    _batched: tuple[str, ...] | None = None
    # Attributes that `expand` hands over as they are.
    _kept: tuple[str, ...] = ()

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions check arguments unless told otherwise.

        Raises:
            ValueError: not a bool.
        """
        if value not in (True, False):
            raise ValueError(f"expected True or False, got {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Iterable[int] = Size(),
        event_shape: Iterable[int] = Size(),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()
        super().__init__()

    def _validate_parameters(self) -> None:
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize "
                "the distribution with `validate_args=False` to turn off validation.",
                stacklevel=4,
            )
            return
        for name, constraint in arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            # A parameter that follows from another is not computed for the sake of a check.
            if name not in self.__dict__ and isinstance(getattr(type(self), name), lazy_property):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The distribution with its batch dimensions broadcast to a shape; memory is shared.

        Raises:
            NotImplementedError: a subclass with an ``__init__`` and no ``expand`` of its own.
        """
        batch_shape = Size(batch_shape)
        return self._finish_expand(self._begin_expand(batch_shape, _instance), batch_shape, self.event_shape)

    def _begin_expand(self, batch_shape: Size, _instance: Any) -> Any:
        """A copy that has the expanded parameters and nothing else."""
        if self._batched is None:
            raise NotImplementedError
        home = next(cls for cls in type(self).__mro__ if "_batched" in vars(cls))
        new = self._get_checked_instance(home, _instance)
        old_ndim = len(self.batch_shape)
        for name in self._kept:
            new.__dict__[name] = self.__dict__[name]
        for name in {*self.arg_constraints, *self._batched}:
            value = self.__dict__.get(name)
            if isinstance(value, Tensor):
                new.__dict__[name] = value.expand((*batch_shape, *value.shape[old_ndim:]))
            elif isinstance(value, Distribution):
                new.__dict__[name] = value.expand((*batch_shape, *value.batch_shape[old_ndim:]))
        return new

    def _finish_expand(self, new: Any, batch_shape: Any, event_shape: Any) -> Any:
        """Shapes of a copy whose parameters are expanded; they were validated already."""
        Distribution.__init__(new, batch_shape, event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def batch_shape(self) -> Size:
        """Shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """Shape of a single event."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """Mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """Most probable value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """Variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """Square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Values of shape ``sample_shape + batch_shape + event_shape``, without gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As :meth:`sample`, as a differentiable function of the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """``n`` samples (deprecated: ``sample((n,))``)."""
        warnings.warn("sample_n(n) will be deprecated. Use .sample((n,)) instead", FutureWarning, stacklevel=2)
        return self.sample(Size((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """Logarithm of density or probability at ``value``, of shape ``sample_shape + batch_shape``."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """Probability of a value not above ``value``."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """Inverse of :meth:`cdf`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values along a new dimension 0; ``expand=False`` leaves the batch dimensions at size 1."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """Entropy in nats, of shape ``batch_shape``."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """Exponential of the entropy."""
        return torch.exp(self.entropy())

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """Shape of a sample."""
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """Scalar values along dimension 0, with the batch's dimensions behind it."""
        values = values.reshape((-1, *[1] * len(self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values

    def _validate_sample(self, value: Any) -> None:
        """Raise ValueError where a value cannot have come from this distribution."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        first_event = value.dim() - len(self._event_shape)
        if value.shape[first_event:] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {expected}."
                )
        self._validate_support(value)

    def _validate_support(self, value: Tensor) -> None:
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please initialize the "
                "distribution with `validate_args=False` to turn off validation.",
                stacklevel=4,
            )
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """An object to fill in ``expand``.

        Raises:
            NotImplementedError: a subclass of ``cls`` has an ``__init__`` that ``expand`` of ``cls`` cannot know.
        """
        if _instance is None and type(self).__init__ != cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def __repr__(self) -> str:
        names = [name for name in self.arg_constraints if name in self.__dict__]
        shown = (
            f"{name}: {value if value.numel() == 1 else value.size()}"
            for name, value in ((name, self.__dict__[name]) for name in names)
        )
        return f"{type(self).__name__}({', '.join(shown)})"
