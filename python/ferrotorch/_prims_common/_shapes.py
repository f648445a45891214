"""Dimensions, shapes and strides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C

__all__ = [
    "canonicalize_dim", "canonicalize_dims", "compute_required_storage_length", "infer_size", "is_contiguous",
    "make_channels_last_strides_for", "make_contiguous_strides_for", "reduction_dims", "suggest_memory_format",
]  # fmt: skip


def canonicalize_dim(rank: int, idx: int, wrap_scalar: bool = True) -> int:
    """A dimension counted from the front.

    Args:
        rank: how many there are.
        idx: the dimension, from ``-rank`` to ``rank - 1``.
        wrap_scalar: of no dimensions, take 0 and -1 as if there were one.

    Raises:
        IndexError: there is no such dimension.
    """
    if rank == 0 and not wrap_scalar:
        raise IndexError(f"Dimension specified as {idx} but tensor has no dimensions")
    count = max(rank, 1)
    if not -count <= idx < count:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {idx})")
    return idx % count


def canonicalize_dims(rank: int, indices: Any, wrap_scalar: bool = True) -> Any:
    """:func:`canonicalize_dim` of one dimension, or of each of several."""
    if isinstance(indices, int):
        return canonicalize_dim(rank, indices, wrap_scalar)
    return tuple(canonicalize_dim(rank, index, wrap_scalar) for index in indices)


def reduction_dims(shape: Sequence[int], dims: Sequence[int] | None) -> tuple[int, ...]:
    """The dimensions that a reduction goes over: all for None.

    Raises:
        RuntimeError: one is named twice.
    """
    if dims is None:
        return tuple(range(len(shape)))
    found = tuple(canonicalize_dim(len(shape), dim) for dim in dims)
    if len(set(found)) != len(found):
        raise RuntimeError("duplicate value in the list of dims")
    return found


def make_contiguous_strides_for(shape: Sequence[int], row_major: bool = True) -> tuple[int, ...]:
    """The strides of a contiguous tensor: rows one after the other.

    Args:
        shape: its shape.
        row_major: False for matrices (the last two dimensions) whose columns come one after the other.
    """
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    found = strides[::-1]
    if not row_major and len(shape) >= 2:
        found[-2:] = [1, max(shape[-2], 1)]
    return tuple(found)


def make_channels_last_strides_for(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of lines (3 dimensions), images (4) or volumes (5) whose channels lie next to each other.

    Raises:
        RuntimeError: another number of dimensions.
    """
    if len(shape) not in (3, 4, 5):
        raise RuntimeError(f"no channels last format strides exist in {len(shape)} dimensions")
    order = [0, *range(2, len(shape)), 1]
    inner = make_contiguous_strides_for([shape[dim] for dim in order])
    return tuple(inner[order.index(dim)] for dim in range(len(shape)))


def compute_required_storage_length(shape: Sequence[int], strides: Sequence[int], storage_offset: int) -> int:
    """How many elements a storage needs for a tensor of a shape, strides and offset; 0 for one without elements."""
    if math.prod(shape) == 0:
        return 0
    return 1 + storage_offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def infer_size(shape: Sequence[int], numel: int) -> tuple[int, ...]:
    """A shape of which one size may be -1, for that many elements.

    Raises:
        RuntimeError: several unknown sizes; the sizes do not fit.
    """
    return tuple(torch.empty(numel, device="meta").view(tuple(shape)).shape)


def is_contiguous(a: _C.Tensor) -> bool:
    """Do rows lie one after the other?"""
    return a.is_contiguous()


def suggest_memory_format(x: _C.Tensor) -> _C.memory_format:
    """The format in which a tensor lies in memory, of those that its number of dimensions has."""
    for rank, format in ((4, torch.channels_last), (5, torch.channels_last_3d)):
        if x.dim() == rank and not x.is_contiguous() and x.is_contiguous(memory_format=format):
            return format
    return torch.contiguous_format
