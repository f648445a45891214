"""Where results go that are given a tensor to be stored in."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._handles import handle_of
from ferrotorch.sparse._names import legacy_type


def stored(op: str, result: Tensor, out: Tensor) -> Tensor:
    """Let ``out`` become a result.

    Raises:
        RuntimeError: it has another layout, or a dtype that the result cannot be cast to.
    """
    if result.layout != out.layout:
        raise RuntimeError(f"{op}(): expected out to have layout {result.layout}, but got {out.layout}")
    require_castable(result.dtype, out)
    if handle_of(out) is None:
        return out.resize_(result.shape).copy_(result)
    out.data = result.detach().to(out.dtype)
    return out


def require_castable(dtype: torch.dtype, target: Tensor) -> None:
    """Refuse to store what has a dtype that cannot be cast to that of a tensor."""
    if not torch.can_cast(dtype, target.dtype):
        made, wanted = legacy_type(dtype), legacy_type(target.dtype)
        raise RuntimeError(f"result type {made} can't be cast to the desired output type {wanted}")
