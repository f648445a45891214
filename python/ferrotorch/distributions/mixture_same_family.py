"""Mixtures of distributions of one family."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.categorical import Categorical
from ferrotorch.distributions.distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """A component drawn by ``mixture_distribution``, a value drawn from that component.

    Args:
        mixture_distribution: a ``Categorical`` over the K components.
        component_distribution: components along its rightmost batch dimension, of size K.

    Raises:
        ValueError: shapes that do not fit, or no ``Categorical`` and ``Distribution``.
    """

    arg_constraints: ClassVar[Any] = {}
    has_rsample = False
    _batched = ("_mixture_distribution", "_component_distribution")
    _kept = ("_num_component", "_event_ndims")

    def __init__(
        self, mixture_distribution: Categorical, component_distribution: Distribution, validate_args: bool | None = None
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError("The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        component_batch = component_distribution.batch_shape[:-1]
        sizes = zip(reversed(mixture_distribution.batch_shape), reversed(component_batch), strict=False)
        if any(i != 1 and j != 1 and i != j for i, j in sizes):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({mixture_distribution.batch_shape}) is not compatible with "
                f"`component_distribution.batch_shape`({component_batch})"
            )
        components = mixture_distribution.logits.shape[-1]
        if components != component_distribution.batch_shape[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({components}) does not equal `component_distribution.batch_shape"
                f"[-1]` ({component_distribution.batch_shape[-1]})"
            )
        self._num_component = components
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(component_batch, component_distribution.event_shape, validate_args=validate_args)

    @constraints.dependent_property
    def support(self) -> Any:
        """The components' support."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    @property
    def _weights(self) -> Tensor:
        """Probabilities of the components, with the event's dimensions behind them."""
        probs = self._mixture_distribution.probs
        return probs.reshape((*probs.shape, *[1] * self._event_ndims))

    def _mixed(self, values: Tensor) -> Tensor:
        return (self._weights * values).sum(dim=-1 - self._event_ndims)

    @property
    def mean(self) -> Tensor:
        """The means of the components, weighted by the mixture's probabilities."""
        return self._mixed(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        """Mean of the variances and variance of the means."""
        means = self._component_distribution.mean
        between = (means - self._pad(self.mean)).pow(2.0)
        return self._mixed(self._component_distribution.variance) + self._mixed(between)

    def cdf(self, value: Tensor) -> Tensor:
        """``P(X <= value)``: the components' values, weighted by the mixture's probabilities."""
        cdf = self._component_distribution.cdf(self._pad(value))
        return (cdf * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density at ``value``: ``logsumexp`` over the components."""
        if self._validate_args:
            self._validate_sample(value)
        log_prob = self._component_distribution.log_prob(self._pad(value))
        return torch.logsumexp(log_prob + torch.log_softmax(self._mixture_distribution.logits, dim=-1), dim=-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape ``sample_shape + batch_shape + event_shape``, without a gradient."""
        with torch.no_grad():
            dim = len(sample_shape) + len(self.batch_shape)
            index = self._mixture_distribution.sample(sample_shape)
            values = self._component_distribution.sample(sample_shape)
            index = index.reshape((*index.shape, *[1] * (self._event_ndims + 1)))
            index = index.expand((*values.shape[:dim], 1, *values.shape[dim + 1 :]))
            return torch.gather(values, dim, index).squeeze(dim)

    def _pad(self, x: Tensor) -> Tensor:
        return x.unsqueeze(-1 - self._event_ndims)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
