"""Distributions of a transformed variable."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._size import Size
from ferrotorch.distributions import constraints
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.independent import Independent
from ferrotorch.distributions.transforms import ComposeTransform, Transform
from ferrotorch.distributions.utils import sum_rightmost

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of ``y = t(x)`` with x from ``base_distribution``: ``log p(y) = log p(x) - log |det dy/dx|``.

    Raises:
        ValueError: not transforms, or a base of fewer dimensions than they need.
    """

    arg_constraints: ClassVar[Any] = {}
    _batched: tuple[str, ...] = ()

    def __init__(self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = self._checked(transforms)
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        base_event_dim = len(base_distribution.event_shape)
        transform = ComposeTransform(self.transforms)
        if len(base_shape) < transform.domain.event_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {transform.domain.event_dim}, but got "
                f"{base_shape}."
            )
        forward_shape = transform.forward_shape(base_shape)
        expanded_shape = transform.inverse_shape(forward_shape)
        if base_shape != expanded_shape:
            batch_shape = expanded_shape[: len(expanded_shape) - base_event_dim]
            base_distribution = base_distribution.expand(batch_shape)
        missing = transform.domain.event_dim - base_event_dim
        if missing > 0:
            base_distribution = Independent(base_distribution, missing)
        self.base_dist = base_distribution
        # What the transforms make of an event, or of a larger event that is left as it was.
        change = transform.codomain.event_dim - transform.domain.event_dim
        event_dim = max(transform.codomain.event_dim, base_event_dim + change)
        cut = len(forward_shape) - event_dim
        super().__init__(forward_shape[:cut], forward_shape[cut:], validate_args=validate_args)

    @staticmethod
    def _checked(transforms: Any) -> list[Transform]:
        if isinstance(transforms, Transform):
            return [transforms]
        if isinstance(transforms, list):
            if all(isinstance(t, Transform) for t in transforms):
                return transforms
            raise ValueError("transforms must be a Transform or a list of Transforms")
        raise ValueError(f"transforms must be a Transform or list, but was {transforms}")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """This distribution with another ``batch_shape``, to which the own one must broadcast."""
        new = self._begin_expand(Size(batch_shape), _instance)
        new.transforms = self.transforms
        transform = ComposeTransform(self.transforms)
        base_shape = transform.inverse_shape(Size(batch_shape) + self.event_shape)
        new.base_dist = self.base_dist.expand(base_shape[: len(base_shape) - len(self.base_dist.event_shape)])
        return self._finish_expand(new, batch_shape, self.event_shape)

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        """The last transform's codomain, with the event's dimensions."""
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        missing = len(self.event_shape) - support.event_dim
        return constraints.independent(support, missing) if missing > 0 else support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_dist.has_rsample

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Transformed samples of the base distribution, without a gradient."""
        with torch.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Transformed samples of the base distribution, through which gradients reach the parameters."""
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``: the base's at the inverse image, less ``log |det J|`` of the transforms."""
        if self._validate_args:
            self._validate_sample(value)
        event_dim = len(self.event_shape)
        total: Any = 0.0
        y = value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            total = total - sum_rightmost(transform.log_abs_det_jacobian(x, y), event_dim - transform.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), event_dim - len(self.base_dist.event_shape))

    def _monotonize_cdf(self, value: Tensor) -> Tensor:
        """Probabilities the other way round where the transforms fall."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        """``P(X <= value)``: the base's at the inverse image; the transforms must be monotonic."""
        # The support of the base counts: there, the border of this one's may be an infinity, where the cdf is known.
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotonize_cdf(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        """The transformed quantile of the base distribution; the transforms must be monotonic."""
        return self._forward(self.base_dist.icdf(self._monotonize_cdf(value)))
