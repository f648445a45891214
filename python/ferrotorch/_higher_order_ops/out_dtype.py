"""An op on integers whose result is wider than its inputs."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = ["out_dtype"]


def out_dtype(op: Any, output_dtype: _C.dtype, *args: Any) -> _C.Tensor:
    """The result of an op in another dtype than it has by itself, without rounding or overflow on the way.

    Args:
        op: an op such as ``torch.ops.aten.mm.default``.
        output_dtype: a dtype that holds the inputs' numbers; the op computes in it.
        args: the op's arguments.
    """
    return op(*(arg.to(output_dtype) if isinstance(arg, _C.Tensor) else arg for arg in args))
