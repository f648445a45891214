"""How collective operations join the tensors of several processes."""

from __future__ import annotations

import enum

from ferrotorch import _C

__all__ = ["ReduceOp", "check_reduction"]

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
