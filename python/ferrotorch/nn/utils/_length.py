"""A weight as its length and its direction."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor


def length(weight: Tensor, dim: int) -> Tensor:
    """The 2-norm over all dimensions but ``dim``, which keep size 1; -1 means over all."""
    if dim == -1:
        return torch.norm(weight)
    dim %= weight.dim()
    rows = weight.transpose(0, dim).flatten(1) if weight.dim() > 1 else weight.unsqueeze(1)
    norms = torch.norm(rows, 2, 1)
    return norms.reshape([-1 if d == dim else 1 for d in range(weight.dim())])


def with_length(wanted: Tensor, direction: Tensor, dim: int) -> Tensor:
    """``direction`` scaled to lengths of the shape that :func:`length` gives."""
    return direction * (wanted / length(direction, dim))
