"""Indices of wrappers, as the ops that PyTorch makes of them."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._ops import aten
from ferrotorch._wrappers import _recording


def getitem(x: Tensor, index: Any) -> Tensor:
    """``x[index]``: views by numbers, slices, None and ``...``, then what tensors and lists choose."""
    items = list(index) if isinstance(index, tuple) else [index]
    consumed = sum(item.dim() if _is_mask(item) else item is not None and item is not Ellipsis for item in items)
    if consumed > x.dim():
        raise IndexError(f"too many indices for tensor of dimension {x.dim()}")
    chosen: list[Any] = []
    dim, used = 0, 0
    for item in items:
        width = item.dim() if _is_mask(item) else int(item is not None and item is not Ellipsis)
        used += width
        if item is Ellipsis:
            dim += x.dim() - dim - (consumed - used)
        elif item is None:
            x, dim = x.unsqueeze(dim), dim + 1
        elif isinstance(item, slice):
            x, dim = _sliced(x, dim, item), dim + 1
        elif isinstance(item, int) and not isinstance(item, bool):
            x = x.select(dim, item)
        else:
            tensor = item if isinstance(item, Tensor) else torch.tensor(item)
            chosen += [None] * (dim - len(chosen)) + [tensor]
            dim += max(width, 1)
    return _recording.run(aten.index.Tensor, (x, chosen), {}) if chosen else _whole(x, items)


def _is_mask(item: Any) -> bool:
    return isinstance(item, Tensor) and item.dtype in (torch.bool, torch.uint8)


def _whole(x: Tensor, items: list[Any]) -> Tensor:
    return _recording.run(aten.alias.default, (x,), {}) if all(item is Ellipsis for item in items) else x


def _sliced(x: Tensor, dim: int, item: slice) -> Tensor:
    if item == slice(None):
        return x
    start, stop, step = item.indices(x.size(dim))
    if step <= 0:
        raise ValueError("step must be greater than zero")
    result: Tensor = _recording.run(aten.slice.Tensor, (x, dim, start, max(start, stop), step), {})
    return result


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``: writes to the view that the index is, or by ``index_put_``, which has a derivative."""
    values = value if isinstance(value, Tensor) else torch.tensor(value, dtype=x.dtype)
    if isinstance(index, Tensor | list):
        _recording.run(aten.index_put_.default, (x, [torch.as_tensor(index)], values), {})
    else:
        view = getitem(x, index)
        view.copy_(value) if isinstance(value, Tensor) else view.fill_(value)
