"""Element-wise functions composed of others."""

from __future__ import annotations

import math
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._out import with_out
from ferrotorch._functions._tables import check_in_place, in_place, named

Tensor = _C.Tensor


@with_out
def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians."""
    require_tensors("deg2rad", input=input)
    return input * (math.pi / 180)


@with_out
def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees."""
    require_tensors("rad2deg", input=input)
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
    require_tensors("ldexp", input=input, other=other)
    return input * _C.pow(2.0, other)


@with_out
def angle(input: Tensor) -> Tensor:
    """The argument of complex numbers; 0 or pi for real ones."""
    require_tensors("angle", input=input)
    if input.is_complex():
        return _C.atan2(input.imag, input.real)
    result = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    return _C.where(result.isnan(), result, _C.where(input < 0, math.pi, 0.0).to(result.dtype))


def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    require_tensors("conj", input=input)
    return _C.conj_physical(input) if input.is_complex() else input


def isreal(input: Tensor) -> Tensor:
    """Is the imaginary part zero?"""
    require_tensors("isreal", input=input)
    return input.imag == 0 if input.is_complex() else _C.ones_like(input, dtype=_C.bool)


def positive(input: Tensor) -> Tensor:
    """The tensor itself; not for bool."""
    require_tensors("positive", input=input)
    if input.dtype is _C.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@with_out
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension ``p``."""
    require_tensors("mvlgamma", input=input)
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    x = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    steps = _C.arange(0, p, dtype=x.dtype, device=x.device) * -0.5
    return (x.unsqueeze(-1) + steps).lgamma().sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """``float_power`` in place, for float64 and complex128."""
    require_tensors("float_power_", input=input)
    result = float_power(input, exponent)
    if input.dtype != result.dtype:
        raise RuntimeError(
            f"float_power_(): the base has dtype {input.dtype} but the operation's result requires dtype {result.dtype}"
        )
    check_in_place("float_power_", input, result)
    return input.copy_(result)


IN_PLACE = {**in_place(deg2rad, rad2deg, ldexp, mvlgamma), **named(float_power_)}
METHODS = named(deg2rad, rad2deg, float_power, ldexp, angle, conj, isreal, positive, mvlgamma)
FUNCTIONS = METHODS | {name: IN_PLACE[name] for name in ("deg2rad_", "rad2deg_", "ldexp_")}
