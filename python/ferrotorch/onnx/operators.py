"""Shapes as tensors, which exporters of other formats keep."""

from __future__ import annotations

from ferrotorch import _C
from ferrotorch._aten.variants import _shape_as_tensor

__all__ = ["reshape_from_tensor_shape", "shape_as_tensor"]

Tensor = _C.Tensor


def shape_as_tensor(x: Tensor) -> Tensor:
    """The sizes of a tensor as a tensor of int64."""
    return _shape_as_tensor(x)


def reshape_from_tensor_shape(x: Tensor, shape: Tensor) -> Tensor:
    """A tensor in the shape whose sizes another holds."""
    return x.reshape(shape.tolist())
