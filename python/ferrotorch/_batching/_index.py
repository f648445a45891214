"""Rules for what reads and writes by index, in index expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import is_batched, levels_of, on_whole, spread, wrapped

Tensor = _C.Tensor


def _index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    place = wrapped(dim, input.dim())
    if input.dim() == 0:
        return input.reshape(1)[index.reshape(-1)].reshape(())
    if not is_batched(index):
        return on_whole(input, lambda whole, k: whole.index_select(place + k, index))
    return input.movedim(place, 0)[index.reshape(-1)].movedim(0, place)


def _own_copy(input: Tensor, *others: Any) -> Tensor:
    """A copy of a tensor for every sample of it and the others."""
    return spread(input, levels_of(input, *others)).clone()


def _written(input: Tensor, dim: int, index: Tensor, values: Tensor, *, accumulate: bool) -> Tensor:
    """A copy with values written to, or added to, the entries of a dimension."""
    place, result = wrapped(dim, input.dim()), _own_copy(input, index, values)
    lines = result.reshape(1) if input.dim() == 0 else result.movedim(place, 0)
    values = values.reshape(1) if values.dim() == 0 else values.movedim(place, 0)
    _C._batched_index_put_(lines, [index.reshape(-1)], values.expand(index.numel(), *lines.shape[1:]), accumulate)
    return lines.reshape(()) if input.dim() == 0 else result


def _index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, alpha: Any = 1) -> Tensor:
    return _written(input, dim, index, source if alpha == 1 else source * alpha, accumulate=True)


def _index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    return _written(input, dim, index, source, accumulate=False)


def _index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        value = torch.full((), value, dtype=input.dtype, device=input.device)
    return _written(input, dim, index, value, accumulate=False)


def _index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, include_self: bool = True
) -> Tensor:
    if input.dim() == 0:
        return NotImplemented
    place = wrapped(dim, input.dim())
    shape = [1] * place + [-1] + [1] * (input.dim() - place - 1)
    places = index.reshape(shape).expand(source.shape)
    return input.scatter_reduce(place, places, source, reduce, include_self=include_self)


def _index_put(input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False) -> Tensor:
    result = _own_copy(input, *indices, values)
    _C._batched_index_put_(result, list(indices), values, accumulate)
    return result


def _take(input: Tensor, index: Tensor) -> Tensor:
    return input.reshape(-1)[index.reshape(-1)].reshape(index.shape)


def _put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    result = _own_copy(input.reshape(-1), index, source)
    _C._batched_index_put_(result, [index.reshape(-1)], source.reshape(-1), accumulate)
    return result.reshape(input.shape)


def _take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    if dim is None:
        return input.reshape(-1).gather(0, indices.reshape(-1))
    place = wrapped(dim, input.dim())
    if input.dim() != indices.dim():
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.dim()} dimensions for input, and {indices.dim()} dimensions for indices"
        )
    sizes = [1 if d == place else n for d, n in enumerate(input.shape)]
    shape = list(torch.broadcast_shapes(sizes, [1 if d == place else n for d, n in enumerate(indices.shape)]))
    source, places = list(shape), list(shape)
    source[place], places[place] = input.shape[place], indices.shape[place]
    return input.expand(source).gather(place, indices.expand(places) % input.shape[place])


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The place of an element in the source is the number of true elements before it."""
    shape = torch.broadcast_shapes(input.shape, mask.shape)
    chosen = mask.expand(shape)
    if chosen.numel() == 0:
        return input.expand(shape).clone()
    places = (chosen.reshape(-1).cumsum(0) - 1).clamp(0, max(source.numel() - 1, 0))
    return torch.where(chosen, source.reshape(-1)[places].reshape(shape), input)


def _fill(input: Tensor, value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        return on_whole(input, lambda whole, _: _C.fill(whole, value))
    if value.dim() != 0:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.dim()} dimensions."
        )
    return spread(value.to(input.dtype).expand(input.shape), _C._levels(input))


def _masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    if mask.dtype != torch.bool:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    if not isinstance(value, Tensor):
        value = torch.full((), value, dtype=input.dtype, device=input.device)
    if value.dim() != 0:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s)."
        )
    return torch.where(mask, value.to(input.dtype), input)


RULES: dict[str, Callable[..., Any]] = {
    "index_select": _index_select, "index_add": _index_add, "index_copy": _index_copy, "index_fill": _index_fill,
    "index_reduce": _index_reduce, "index_put": _index_put, "take": _take, "put": _put,
    "take_along_dim": _take_along_dim, "masked_scatter": masked_scatter, "fill": _fill, "masked_fill": _masked_fill,
}  # fmt: skip
