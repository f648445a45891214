"""Sizes of windows: an int for all spatial dimensions, or one for each."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from ferrotorch._C import Tensor

IntOrInts = int | Sequence[int]


def per_dim(value: IntOrInts, ndim: int, name: str, op: str) -> tuple[int, ...]:
    """``value`` as a tuple of ``ndim`` ints; an int, or a sequence of one, stands for all dimensions.

    Raises:
        RuntimeError: a sequence of another length.
        TypeError: a tensor of more than one number.
    """
    if isinstance(value, int) or (isinstance(value, Tensor) and value.dim() == 0):
        return (operator.index(value),) * ndim
    if isinstance(value, Tensor):
        raise TypeError(f"{op}(): argument '{name}' must be tuple of ints, not Tensor")
    sizes = tuple(value)
    if len(sizes) == ndim:
        return sizes
    if len(sizes) == 1:
        return sizes * ndim
    expected = "one int" if ndim == 1 else f"one int or {ndim} ints"
    raise RuntimeError(f"{op}() argument '{name}' should contain {expected} (got {len(sizes)})")


def stride_or_kernel(stride: IntOrInts | None, kernel: tuple[int, ...], op: str) -> tuple[int, ...]:
    """Steps between windows: where none are given, the windows lie side by side."""
    if stride is None or (not isinstance(stride, (int, Tensor)) and len(stride) == 0):
        return kernel
    return per_dim(stride, len(kernel), "stride", op)
