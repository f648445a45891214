"""Distances as layers."""

from __future__ import annotations

from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.module import Module


class PairwiseDistance(Module):
    """``norm_p(x1 - x2 + eps)`` along the last dimension."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Distances of ``x1`` and ``x2``, both of shape ``(N, D)`` or ``(D,)``, of shape ``(N,)`` or ``()``."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along ``dim``."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Cosines of the angles between ``x1`` and ``x2`` along ``dim``, which the result lacks."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
