"""Element-wise functions composed of others."""

from __future__ import annotations

import math
from typing import Any

from ferrotorch import _C
from ferrotorch._functions._out import with_out, with_out_of_own_dtype

Tensor = _C.Tensor


@with_out
def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians."""
    return input * (math.pi / 180)


@with_out
def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees."""
    return input * (180 / math.pi)


@with_out
def float_power(input: Any, exponent: Any) -> Tensor:
    """``input ** exponent`` in float64, or complex128."""
    parts = [x for x in (input, exponent) if isinstance(x, Tensor)]
    if not parts:
        raise TypeError(
            "float_power(): at least one of input and exponent must be a Tensor, "
            f"got {type(input).__name__} and {type(exponent).__name__}"
        )
    is_complex = any(x.is_complex() for x in parts) or any(type(x).__name__ == "complex" for x in (input, exponent))
    wide = _C.complex128 if is_complex else _C.float64
    base, power = (x.to(wide) if isinstance(x, Tensor) else x for x in (input, exponent))
    if not isinstance(base, Tensor):
        base = _C.tensor(base, dtype=wide)
    return base**power


@with_out
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2**other``."""
    _require_tensors("ldexp", input=input, other=other)
    return input * _C.pow(2.0, other)


def _require_tensors(op: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}(): argument '{name}' must be Tensor, not {type(value).__name__}")


@with_out
def angle(input: Tensor) -> Tensor:
    """The argument of complex numbers; 0 or pi for real ones."""
    if input.is_complex():
        return _C.atan2(input.imag, input.real)
    result = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    return _C.where(result.isnan(), result, _C.where(input < 0, math.pi, 0.0).to(result.dtype))


@with_out_of_own_dtype
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers from their parts."""
    _require_tensors("complex", real=real, imag=imag)
    if real.dtype is not imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {real.dtype} but got scalar type {imag.dtype} for second argument"
        )
    if real.dtype not in (_C.float32, _C.float64, _C.float16):
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {real.dtype} and {imag.dtype}"
        )
    return _C.view_as_complex(_C.stack(list(_C.broadcast_tensors(real, imag)), -1))


@with_out_of_own_dtype
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers from absolute value and argument."""
    _require_tensors("polar", abs=abs, angle=angle)
    return complex(abs * angle.cos(), abs * angle.sin())


def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    return _C.conj_physical(input) if input.is_complex() else input


def isreal(input: Tensor) -> Tensor:
    """Is the imaginary part zero?"""
    return input.imag == 0 if input.is_complex() else _C.ones_like(input, dtype=_C.bool)


def positive(input: Tensor) -> Tensor:
    """The tensor itself; not for bool."""
    if input.dtype is _C.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@with_out
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension ``p``."""
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    x = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    steps = _C.arange(0, p, dtype=x.dtype, device=x.device) * -0.5
    return (x.unsqueeze(-1) + steps).lgamma().sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, **options: Any) -> Tensor:
    """Random integers of ``[low, high)`` in the form of a tensor."""
    start, end = (0, low) if high is None else (low, high)
    options.pop("memory_format", None)
    options.setdefault("device", input.device)
    return _C.randint(start, end, tuple(input.shape), dtype=dtype or input.dtype, **options)


FUNCTIONS = {
    f.__name__: f
    for f in (
        deg2rad,
        rad2deg,
        float_power,
        ldexp,
        angle,
        complex,
        polar,
        conj,
        isreal,
        positive,
        mvlgamma,
        randint_like,
    )
}
