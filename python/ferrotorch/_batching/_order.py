"""Rules for sorting, searching and diagonals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import Batch, is_batched, on_whole, wrapped

Tensor = _C.Tensor


def _msort(input: Tensor) -> Tensor:
    return input.sort(0).values


def _searchsorted(sorted_sequence: Tensor, input: Any, sorter: Tensor | None = None, **options: Any) -> Tensor:
    if not isinstance(input, Tensor):
        input = torch.tensor(input, device=sorted_sequence.device)
    if not is_batched(sorted_sequence) and not is_batched(sorter) and sorted_sequence.dim() == 1:
        return on_whole(input, lambda whole, _: _C.searchsorted(sorted_sequence, whole, sorter=sorter, **options))
    batch = Batch(sorted_sequence, input, sorter)
    lines, order = batch.fold(sorted_sequence), None if sorter is None else batch.fold(sorter)
    values = batch.fold(input if sorted_sequence.dim() > 1 else input.reshape(-1))
    return batch.unfold(_C.searchsorted(lines, values, sorter=order, **options)).reshape(input.shape)


def _bucketize(input: Any, boundaries: Tensor, **options: Any) -> Tensor:
    return _searchsorted(boundaries, input, **options)


def _isin(
    elements: Any = None, test_elements: Any = None, element: Any = None, test_element: Any = None,
    assume_unique: bool = False, invert: bool = False,
) -> Tensor:  # fmt: skip
    elements = element if elements is None else elements
    tests = test_element if test_elements is None else test_elements
    if isinstance(elements, Tensor) and isinstance(tests, Tensor):
        found = (elements.unsqueeze(-1) == tests.reshape(-1)).any(-1)
    else:
        found = elements == tests if isinstance(elements, Tensor) else (tests == elements).any()
    return ~found if invert else found


def _quantile(name: str) -> Callable[..., Tensor]:
    op = getattr(_C, name) if hasattr(_C, name) else getattr(Tensor, name)

    def rule(
        input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear"
    ) -> Tensor:
        if is_batched(q):
            return NotImplemented
        flat = input.reshape(-1) if dim is None or input.dim() == 0 else input
        place = 0 if dim is None else wrapped(dim, input.dim())
        several = isinstance(q, Tensor) and q.dim() == 1

        def whole_quantile(whole: Tensor, k: int) -> Tensor:
            result = op(whole, q, place + k, keepdim and flat is input, interpolation=interpolation)
            return result.movedim(0, k) if several else result

        result = on_whole(flat, whole_quantile)
        if not keepdim or flat is input:
            return result
        return result.reshape(tuple(result.shape) + (1,) * input.dim())

    return rule


def _diag(input: Tensor, diagonal: int = 0) -> Tensor:
    if input.dim() not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")
    return input.diag_embed(diagonal) if input.dim() == 1 else input.diagonal(diagonal).clone()


def _diagflat(input: Tensor, offset: int = 0) -> Tensor:
    return input.reshape(-1).diag_embed(offset)


def _trace(input: Tensor) -> Tensor:
    if input.dim() != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.dim()}")
    return input.diagonal().sum()


def _extreme(name: str, other_op: str, all_op: str) -> Callable[..., Tensor]:
    def rule(input: Tensor, other: Tensor | None = None) -> Tensor:
        return getattr(input, all_op)() if other is None else getattr(_C, other_op)(input, other)

    return rule


def _median(name: str) -> Callable[..., Tensor]:
    return lambda input: getattr(input.reshape(-1), name)(0).values


def _histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    if not input.is_floating_point() or bins <= 0 or not min < max < math.inf:
        # The samples' own ends, or what is refused.
        return NotImplemented
    x = input.detach().reshape(-1)
    inside = (x >= min) & (x <= max)
    place = ((x - min) * float(bins) / (max - min)).floor().clamp_max(bins - 1)
    bin = torch.where(inside, place, 0).to(torch.int64)
    counts = torch.zeros(bins, dtype=x.dtype, device=x.device)
    return counts.scatter_add(0, bin, inside.to(x.dtype))


def _nonzero_static(input: Tensor, size: int, fill_value: int = -1) -> Tensor:
    if size < 0 or input.dim() == 0 or 0 in input.shape:
        return NotImplemented
    found = (input != 0).reshape(-1)
    # A stable order has what is found first, in its own order.
    order = (~found).to(torch.int8).sort(stable=True).indices[:size]
    coordinates = torch.stack(torch.unravel_index(order, input.shape), -1)
    valid = torch.arange(order.shape[0], device=input.device) < found.sum()
    rows = torch.where(valid.unsqueeze(-1), coordinates, fill_value)
    return _C._nn.pad(rows, [0, 0, 0, size - order.shape[0]], "constant", fill_value)


RULES: dict[str, Callable[..., Any]] = {
    "msort": _msort, "searchsorted": _searchsorted, "bucketize": _bucketize, "isin": _isin,
    "quantile": _quantile("quantile"), "nanquantile": _quantile("nanquantile"), "diag": _diag, "diagflat": _diagflat,
    "trace": _trace, "max": _extreme("max", "maximum", "amax"), "min": _extreme("min", "minimum", "amin"),
    "histc": _histc, "nonzero_static": _nonzero_static, "median": _median("median"), "nanmedian": _median("nanmedian"),
}  # fmt: skip
