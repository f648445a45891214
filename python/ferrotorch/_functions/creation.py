"""Tensors made of others, or in the form of others."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors, type_name
from ferrotorch._composite import one_node
from ferrotorch._functions._out import with_out_of_own_dtype
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor


def _check_parts(first: Tensor, second: Tensor) -> None:
    allowed = (_C.float32, _C.float64, _C.float16)
    if first.dtype not in allowed or second.dtype not in allowed:
        raise NotImplementedError(
            "Expected both inputs to be Half, Float or Double tensors "
            f"but got {type_name(first)} and {type_name(second)}"
        )
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {type_name(first)} but got scalar type {type_name(second)} "
            "for second argument"
        )


@with_out_of_own_dtype
@one_node("ComplexBackward0")
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers from their parts."""
    require_tensors("complex", real=real, imag=imag)
    _check_parts(real, imag)
    real, imag = _C.broadcast_tensors(real, imag)
    if real.is_contiguous():
        return _C.view_as_complex(_C.stack([real, imag], -1))
    # The result lies in memory as the real parts do.
    order = sorted(range(real.dim()), key=real.stride, reverse=True)
    parts = _C.stack([real.permute(order), imag.permute(order)], -1)
    return _C.view_as_complex(parts).permute(sorted(range(real.dim()), key=order.__getitem__))


@with_out_of_own_dtype
@one_node("PolarBackward0")
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers from absolute value and argument."""
    require_tensors("polar", abs=abs, angle=angle)
    _check_parts(abs, angle)
    return complex(abs * angle.cos(), abs * angle.sin())


def randint_like(input: Tensor, low: int = 0, high: int | None = None, *, dtype: Any = None, **options: Any) -> Tensor:
    """Random integers of ``[low, high)`` in the form of a tensor."""
    require_tensors("randint_like", input=input)
    start, end = (0, low) if high is None else (low, high)
    generator, requires_grad = options.pop("generator", None), options.pop("requires_grad", False)
    out = _C.empty_like(input, dtype=dtype, **options).random_(start, end, generator=generator)
    return out.requires_grad_() if requires_grad else out


FUNCTIONS = named(complex, polar, randint_like)
METHODS: Table = {}
IN_PLACE: Table = {}
