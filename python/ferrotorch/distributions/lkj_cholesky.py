"""Cholesky factors of random correlation matrices."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.beta import Beta
from ferrotorch.distributions.distribution import Distribution

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors L of correlation matrices whose density is proportional to ``det(L L^T)^(eta - 1)``, with eta
    the ``concentration``: 1 is uniform, more favours the identity (Lewandowski, Kurowicka & Joe, "Generating random
    correlation matrices based on vines and extended onion method", 2009).

    Raises:
        ValueError: ``dim`` below 2.
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    _batched = ("_beta",)
    _kept = ("dim",)

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        self.concentration = torch.as_tensor(concentration)
        if not self.concentration.is_floating_point():
            self.concentration = self.concentration.to(torch.get_default_dtype())
        # The squared length of row i + 1 left of the diagonal is Beta((i + 1) / 2, eta + (dim - 2 - i) / 2).
        marginal = self.concentration.unsqueeze(-1) + 0.5 * (dim - 2)
        offset = torch.arange(dim - 1, dtype=self.concentration.dtype, device=self.concentration.device)
        offset = torch.cat([offset.new_zeros(1), offset])
        self._beta = Beta(offset + 0.5, marginal - 0.5 * offset)
        super().__init__(self.concentration.shape, (dim, dim), validate_args=validate_args)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """By the onion method: each row a direction on the sphere and a length."""
        with torch.no_grad():
            squared = self._beta.sample(sample_shape).unsqueeze(-1)
            shape, like = self._extended_shape(sample_shape), self.concentration
            directions = torch.randn(shape, dtype=like.dtype, device=like.device).tril(-1)
            directions = directions / directions.norm(dim=-1, keepdim=True)
            directions[..., 0, :] = 0.0
            w = torch.sqrt(squared) * directions
            diagonal = torch.clamp(1 - (w**2).sum(-1), min=torch.finfo(w.dtype).tiny).sqrt()
            return w + torch.diag_embed(diagonal)

    def log_prob(self, value: Tensor) -> Tensor:
        """``sum_i (2 (eta - 1) + dim - i) log L_ii`` less the logarithm of the normalizer (p. 1999 of the source)."""
        if self._validate_args:
            self._validate_sample(value)
        eta = self.concentration.unsqueeze(-1)
        order = torch.arange(2, self.dim + 1, device=eta.device)
        order = 2 * (eta - 1) + self.dim - order
        unnormalized = (order * value.diagonal(dim1=-1, dim2=-2)[..., 1:].log()).sum(-1)
        count = self.dim - 1
        alpha = self.concentration + 0.5 * count
        normalizer = 0.5 * count * math.log(math.pi) + torch.mvlgamma(alpha - 0.5, count) - torch.lgamma(alpha) * count
        return unnormalized - normalizer
