"""Distributions of the exponential family."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.utils import sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """``p(x) = exp(<t(x), theta> - F(theta) + k(x))`` with sufficient statistics t, natural parameters theta, log
    normalizer F and carrier measure k. Entropy and divergence follow from F by differentiation
    (Nielsen & Nock, "Entropies and cross-entropies of exponential families", 2010).
    """

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Tensor | float:
        """Mean of k(x)."""
        raise NotImplementedError

    def _normalizer_and_gradients(self) -> tuple[list[Tensor], Tensor, tuple[Tensor, ...]]:
        """theta, F(theta) and its gradient: the means of the sufficient statistics."""
        params = [p.detach().requires_grad_() for p in self._natural_params]
        with torch.enable_grad():
            normalizer = self._log_normalizer(*params)
            gradients = torch.autograd.grad(normalizer.sum(), params, create_graph=True)
        return params, normalizer, gradients

    def entropy(self) -> Tensor:
        """``F(theta) - <theta, grad F(theta)> - E[k(x)]``."""
        params, normalizer, gradients = self._normalizer_and_gradients()
        result = normalizer - self._mean_carrier_measure
        for param, gradient in zip(params, gradients, strict=True):
            terms = param * gradient
            result = result - sum_rightmost(terms, terms.dim() - len(self.batch_shape))
        return result
