"""Comparisons of sparse tensors."""

from __future__ import annotations

from ferrotorch._C import Tensor


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Have two tensors, of whatever layout, the same size?"""
    return tuple(input.shape) == tuple(other.shape)
