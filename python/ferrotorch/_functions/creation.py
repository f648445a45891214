"""Tensors made of others, or in the form of others."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor


def randint_like(input: Tensor, low: int = 0, high: int | None = None, *, dtype: Any = None, **options: Any) -> Tensor:
    """Random integers of ``[low, high)`` in the form of a tensor."""
    require_tensors("randint_like", input=input)
    start, end = (0, low) if high is None else (low, high)
    generator, requires_grad = options.pop("generator", None), options.pop("requires_grad", False)
    out = _C.empty_like(input, dtype=dtype, **options)
    if _C._vmap_frames():  # In place, samples could not differ where the tensor is one for all.
        out = _C.randint(start, end, out.shape, dtype=out.dtype, device=out.device, generator=generator)
    else:
        out.random_(start, end, generator=generator)
    return out.requires_grad_() if requires_grad else out


FUNCTIONS = named(randint_like)
METHODS: Table = {}
IN_PLACE: Table = {}
