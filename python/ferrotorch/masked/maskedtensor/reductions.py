"""Reductions of tensors with a mask: the mask of the result says whether any element counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked import _reductions
from ferrotorch.masked._filling import dims_of
from ferrotorch.sparse._doors import values_of
from ferrotorch.sparse._handles import handle_of

__all__: list[str] = []

REDUCE_NAMES = ["sum", "mean", "amin", "amax", "argmin", "argmax", "prod", "all", "norm", "var", "std"]

_REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    name: getattr(_reductions, name) for name in REDUCE_NAMES if name != "all"
}


def __getattr__(name: str) -> Any:
    """The functions, methods and ops of ``torch.ops.aten`` with these names."""
    owners: dict[str, Callable[[], Any]] = {
        "NATIVE_REDUCE_FNS": lambda: torch.ops.aten,
        "TORCH_REDUCE_FNS": lambda: torch,
        "TENSOR_REDUCE_FNS": lambda: Tensor,
    }
    if name not in owners:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return [getattr(owners[name](), op) for op in REDUCE_NAMES]


def reduced(
    name: str, data: Tensor, mask: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """The reduction of the elements that count, and its mask."""
    names = ("ord", "dim", "keepdim") if name == "norm" else ("dim", "keepdim")
    given = dict(zip(names, args, strict=False)) | kwargs
    given = {("ord" if key == "p" else key): value for key, value in given.items()}
    if data.layout is not torch.strided:
        return _of_stored(name, data, mask, given)
    dim, keepdim = given.get("dim"), given.get("keepdim", False)
    if name in ("all", "any"):
        neutral = data.masked_fill(~mask, name == "all")
        result = getattr(neutral, name)() if dim is None else getattr(neutral, name)(dim, keepdim)
    else:
        result = _REDUCTIONS[name](data, mask=mask, **given)
    dims = dims_of(dim, data)
    return result, mask.any() if dim is None else mask.to(torch.int64).sum(dims, keepdim=keepdim) > 0


def _of_stored(name: str, data: Tensor, mask: Tensor, given: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """The reduction of all that a sparse tensor stores."""
    if given.get("dim") is not None:
        raise TypeError(f"The sparse version of {name} over a dimension is not implemented in reductions.")
    counts = handle_of(mask).values
    result, any_counts = reduced(name, values_of(data), counts, (), given)
    if name in ("argmin", "argmax") and data._nnz():
        places = data.to_sparse_coo().indices()[:, result.to(torch.int64)]
        sizes = data.size()
        steps = [sizes[d + 1 :].numel() for d in range(len(sizes))]
        result = (places * places.new_tensor(steps)).sum().to(data.dtype)
    return result, any_counts
