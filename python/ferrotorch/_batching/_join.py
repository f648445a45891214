"""Rules for what makes larger tensors of smaller ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import is_batched, on_whole, wrapped

Tensor = _C.Tensor


def _hstack(tensors: Sequence[Tensor]) -> Tensor:
    parts = torch.atleast_1d(tensors)
    return torch.cat(parts, 0 if parts[0].dim() == 1 else 1)


def _vstack(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat(torch.atleast_2d(tensors), 0)


def _dstack(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat(torch.atleast_3d(tensors), 2)


def _column_stack(tensors: Sequence[Tensor]) -> Tensor:
    return torch.hstack([tensor.reshape(-1, 1) if tensor.dim() <= 1 else tensor for tensor in tensors])


def _block_diag(tensors: Sequence[Tensor]) -> Tensor:
    blocks = torch.atleast_2d(tensors)
    width, before, rows = sum(block.shape[1] for block in blocks), 0, []
    for block in blocks:
        rows.append(_C.constant_pad_nd(block, (before, width - before - block.shape[1])))
        before += block.shape[1]
    return torch.cat(rows, 0)


def _meshgrid(tensors: Sequence[Tensor], indexing: str | None = None) -> tuple[Tensor, ...]:
    lines = [tensor.reshape(-1) for tensor in tensors]
    if indexing == "xy" and len(lines) >= 2:
        grids = _meshgrid([lines[1], lines[0], *lines[2:]])
        return (grids[1], grids[0], *grids[2:])
    sizes, ndim = [line.shape[0] for line in lines], len(lines)
    return tuple(
        line.view([-1 if i == dim else 1 for i in range(ndim)]).expand(sizes) for dim, line in enumerate(lines)
    )


def _cartesian_prod(tensors: Sequence[Tensor]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    return torch.stack([grid.reshape(-1) for grid in _meshgrid(tensors)], 1)


def _repeat(input: Tensor, repeats: Sequence[int]) -> Tensor:
    if len(repeats) < input.dim():
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    padded = input.reshape((1,) * (len(repeats) - input.dim()) + tuple(input.shape))
    return on_whole(padded, lambda whole, k: whole.repeat(*(1,) * k, *repeats))


def _tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    return input.repeat((1,) * (input.dim() - len(dims)) + tuple(dims))


def _repeat_interleave(
    input: Tensor | None = None, repeats: Any = None, dim: int | None = None, output_size: int | None = None
) -> Tensor:
    if input is None or is_batched(repeats):
        return NotImplemented
    if dim is None:
        input, dim = input.reshape(-1), 0
    place = wrapped(dim, input.dim())
    return on_whole(input, lambda whole, k: whole.repeat_interleave(repeats, place + k, output_size=output_size))


def _combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    places = torch.combinations(torch.arange(input.shape[0], device=input.device), r, with_replacement)
    return input[places]


def _constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    return on_whole(input, lambda whole, _: _C.constant_pad_nd(whole, pad, value))


RULES: dict[str, Callable[..., Any]] = {
    "hstack": _hstack, "vstack": _vstack, "dstack": _dstack, "column_stack": _column_stack, "block_diag": _block_diag,
    "meshgrid": _meshgrid, "cartesian_prod": _cartesian_prod, "repeat": _repeat, "tile": _tile,
    "repeat_interleave": _repeat_interleave, "combinations": _combinations,
    "constant_pad_nd": _constant_pad_nd,
}  # fmt: skip
