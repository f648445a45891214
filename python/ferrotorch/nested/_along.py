"""Functions of nested tensors along one dimension: reductions, and pieces of dimensions that all sequences share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nested._tensor import NestedTensor, like, parts_of, sizes, to_padded_tensor, values_of


def inner(x: NestedTensor, dim: int, name: str) -> int:
    """The dimension of the values that a dimension is, neither that of the batch nor the ragged one."""
    count = len(sizes(x))
    dim = dim % count if -count <= dim < count else dim
    if dim in (0, x._ragged_idx) or dim >= count:
        raise RuntimeError(f"{name}(): not supported for NestedTensor on dim={dim}")
    return dim - 1 if dim > x._ragged_idx else dim


def _least(dtype: Any) -> float:
    if dtype is torch.bool:
        return 0
    return -math.inf if dtype.is_floating_point else torch.iinfo(dtype).min


def _largest(dtype: Any) -> float:
    if dtype is torch.bool:
        return 1
    return math.inf if dtype.is_floating_point else torch.iinfo(dtype).max


# What short sequences are filled up with, so that it changes nothing.
_FILLS: dict[str, Callable[[Any], float]] = {
    "max": _least, "amax": _least, "argmax": _least, "min": _largest, "amin": _largest, "argmin": _largest,
    "any": lambda dtype: 0, "all": lambda dtype: 1, "prod": lambda dtype: 1,
}  # fmt: skip


def _reduction(name: str) -> Callable[..., Any]:
    compute = getattr(torch, name)

    def reduce(x: NestedTensor, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
        values = values_of(x)
        if isinstance(dim, tuple | list) and len(dim) < 2:
            dim = dim[0] if dim else None
        if dim is None:
            return compute(values, **kwargs)
        if isinstance(dim, tuple | list):
            raise RuntimeError(f"{name}(): not supported for NestedTensor over several dimensions")
        if dim % len(sizes(x)) == x._ragged_idx:
            padded = to_padded_tensor(x, _FILLS[name](x.dtype))
            return compute(padded, dim, keepdim=keepdim, **kwargs)
        result = compute(values, inner(x, dim, name), keepdim=keepdim, **kwargs)
        if isinstance(result, tuple):
            return type(result)(like(x, part) for part in result)
        return like(x, result)

    return reduce


def _split(x: NestedTensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    return tuple(like(x, part) for part in values_of(x).split(split_size_or_sections, inner(x, dim, "split")))


def _chunk(x: NestedTensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    return tuple(like(x, part) for part in values_of(x).chunk(chunks, inner(x, dim, "chunk")))


def _narrow(x: NestedTensor, dim: int, start: int, length: int) -> Tensor:
    return like(x, values_of(x).narrow(inner(x, dim, "narrow"), start, length))


def _select(x: NestedTensor, dim: int, index: int) -> Tensor:
    if dim % len(sizes(x)) == 0:
        return parts_of(x)[index]
    return like(x, values_of(x).select(inner(x, dim, "select"), index))


ALONG: dict[str, Callable[..., Any]] = {
    **{name: _reduction(name) for name in _FILLS}, "split": _split, "split_with_sizes": _split, "chunk": _chunk,
    "narrow": _narrow, "select": _select,
}  # fmt: skip
