"""How collective operations join the tensors of several processes."""

from __future__ import annotations

import enum
from typing import Any

from ferrotorch import _C

__all__ = ["ReduceOp", "arithmetic_dtype", "check_reduction", "divide"]

Tensor = _C.Tensor


class ReduceOp(enum.Enum):
    """How a collective operation joins the elements of tensors: sum, mean, product, least, greatest, bits."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


# The type of its values, which PyTorch has as a class within it.
ReduceOp.RedOpType = ReduceOp  # type: ignore[attr-defined]

_BITWISE = frozenset([ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR])
_ORDERED = frozenset([ReduceOp.MIN, ReduceOp.MAX])
_HALVES = frozenset([_C.float16, _C.bfloat16])


def arithmetic_dtype(dtype: Any) -> Any:
    """The dtype in which elements are joined: their own, or a wider one where theirs is for storing alone."""
    if dtype is _C.complex32:
        return _C.complex64
    is_narrow = dtype.is_floating_point and dtype.itemsize < 4 and dtype not in _HALVES
    return _C.float32 if is_narrow else dtype


def divide(tensor: Tensor, count: int) -> None:
    """Make a sum of ``count`` tensors their mean, in place."""
    wide = arithmetic_dtype(tensor.dtype)
    if wide is tensor.dtype:
        tensor.div_(count)
    else:
        tensor.copy_(tensor.to(wide).div_(count))


def check_reduction(name: str, op: ReduceOp, tensor: Tensor) -> None:
    """Refuse joining elements in a way that their dtype has not.

    Raises:
        TypeError: ``op`` is no `ReduceOp`.
        ValueError: the order of complex numbers; a sum of multiples, which is of NCCL alone.
        RuntimeError: bits of numbers that are no integers; a mean of integers.
    """
    if not isinstance(op, ReduceOp):
        raise TypeError(f"{name}: op must be a ReduceOp, got {type(op).__name__}")
    if op is ReduceOp.PREMUL_SUM:
        raise ValueError(f"{name}: ReduceOp.PREMUL_SUM needs NCCL: multiply the tensor first and use ReduceOp.SUM")
    is_integral = not (tensor.is_floating_point() or tensor.is_complex())
    if op in _BITWISE and not is_integral:
        raise RuntimeError(f"Cannot use ReduceOp.{op.name} with non-integral dtype ({name} of {tensor.dtype})")
    if (op in _BITWISE or op in _ORDERED) and tensor.is_complex():
        raise ValueError(f"{name} does not support ReduceOp.{op.name} on complex tensors")
    if op is ReduceOp.AVG and is_integral:
        raise RuntimeError(f"result type Float can't be cast to the desired output type {tensor.dtype} ({name}, AVG)")
