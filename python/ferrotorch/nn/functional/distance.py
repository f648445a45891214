"""Distances between vectors."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch._functions._names_of_numpy import numpy_names


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """``norm_p(x1 - x2 + eps)`` along the last dimension; shapes (*, D), which broadcast."""
    return torch.norm(x1 - x2 + eps, p, -1, keepdim=keepdim)


@numpy_names
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))`` along ``dim``; the inputs broadcast.

    Raises:
        RuntimeError: inputs that are not floating point.
    """
    require_tensors("cosine_similarity", x1=x1, x2=x2)
    dtype = torch.result_type(x1, x2)
    if not dtype.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {dtype}")
    x1, x2 = x1.to(dtype), x2.to(dtype)
    if x1.shape != x2.shape:
        x1, x2 = torch.broadcast_tensors(x1, x2)
    return (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    norm = torch.norm(x, 2, dim, keepdim=True)
    if not norm.requires_grad:
        return x / norm.clamp_min(eps)
    # The limit keeps the quotient finite; the gradient is that of the norm all the same.
    norm = norm.clone()
    with torch.no_grad():
        norm.clamp_min_(eps)
    return x / norm


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """``norm_p(input[i] - input[j])`` for all ``i < j``: (N, D) to (N * (N - 1) / 2).

    Raises:
        RuntimeError: an input that is not 2-D, or a negative ``p``.
    """
    require_tensors("pdist", input=input)
    if not input.is_floating_point():
        raise RuntimeError(f"pdist only supports floating-point dtypes, got {input.dtype}")
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, but got {p}")
    return _distances(input, p)


@one_node("PdistBackward0")
def _distances(input: Tensor, p: float) -> Tensor:
    n = input.size(0)
    rows, columns = torch.triu_indices(n, n, 1, device=input.device)
    return torch.norm(input.index_select(0, rows) - input.index_select(0, columns), p, -1)
