"""Element-wise functions composed of others."""

from __future__ import annotations

import math
from typing import Any

from ferrotorch import _C, return_types
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch._functions._out import with_out, with_out_of_own_dtype, write_out
from ferrotorch._functions._tables import in_place, in_place_of_own_dtype, named

Tensor = _C.Tensor


def _require_real(op: str, input: Tensor) -> None:
    require_tensors(op, input=input)
    if input.is_complex():
        raise NotImplementedError(f"{op} is not supported for complex tensors, got {input.dtype}")


@with_out
@one_node("Deg2RadBackward0")
def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians."""
    _require_real("deg2rad", input)
    return input * (math.pi / 180)


@with_out
@one_node("Rad2DegBackward0")
def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees."""
    _require_real("rad2deg", input)
    return input * (180 / math.pi)


@with_out_of_own_dtype
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
@one_node("LdexpBackward0")
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2**other``, in the dtype of a float ``input`` where ``other`` holds integers."""
    require_tensors("ldexp", input=input, other=other)
    if not input.is_floating_point() or other.is_floating_point() or other.is_complex():
        return input * _C.pow(2.0, other)
    if other.dtype is _C.bool:
        raise NotImplementedError("\"ldexp\" not implemented for 'Bool': exponents are integers or floats")
    # In two steps: 2**other itself may be out of range where the product is not.
    half = other // 2
    return (input * _two_to(half) * _two_to(other - half)).to(input.dtype)


def _two_to(exponent: Tensor) -> Tensor:
    """Of integers, in double precision and exact."""
    return _C.exp2(exponent.to(_C.float64))


@with_out
@one_node("AngleBackward0")
def angle(input: Tensor) -> Tensor:
    """The argument of complex numbers; 0 or pi for real ones."""
    require_tensors("angle", input=input)
    if input.is_complex():
        return _C.atan2(input.imag, input.real)
    x = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    # The angle is constant on both sides of zero; `sgn` gives it a gradient of zeros.
    angle = (x < 0).to(x.dtype) * math.pi + x.sgn() * 0.0
    return _C.where(x.isnan(), math.nan, angle)


def isreal(input: Tensor) -> Tensor:
    """Is the imaginary part zero?"""
    require_tensors("isreal", input=input)
    return input.imag == 0 if input.is_complex() else _C.ones_like(input, dtype=_C.bool)


def positive(input: Tensor) -> Tensor:
    """The tensor itself; not for bool."""
    require_tensors("positive", input=input)
    if input.dtype is _C.bool:
        raise NotImplementedError("The `+` operator, on a bool tensor is not supported.")
    return input


@with_out
@one_node("MvlgammaBackward0")
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension ``p``."""
    require_tensors("mvlgamma", input=input)
    if isinstance(p, bool) or not isinstance(p, int):
        raise TypeError(f"mvlgamma(): argument 'p' must be int, not {type(p).__name__}")
    if input.dtype is _C.bool or input.is_complex():
        raise RuntimeError(f"mvlgamma(): the input tensor may not be {input.dtype}: use a real dtype")
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    x = input if input.is_floating_point() else input.to(_C.get_default_dtype())
    steps = _C.arange(0, p, dtype=x.dtype, device=x.device) * -0.5
    return (x.unsqueeze(-1) + steps).lgamma().sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


def frexp(input: Tensor, *, out: Any = None) -> Any:
    """Mantissa, of ``[0.5, 1)`` and with the sign, and exponent: ``input == mantissa * 2**exponent``.

    Zeros, infinities and NaN are their own mantissa, with exponent 0. The exponent is int32.

    Raises:
        RuntimeError: ``input`` is of no float dtype.
    """
    require_tensors("frexp", input=input)
    if not input.is_floating_point():
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    results = _parted(input)
    if out is not None:
        results = tuple(write_out("frexp", x, o, own_dtype=True) for x, o in zip(results, out, strict=True))
    return return_types.frexp(results)


@one_node("FrexpBackward0")
def _parted(input: Tensor) -> tuple[Tensor, ...]:
    is_double = input.dtype is _C.float64
    wide, whole = (_C.float64, _C.int64) if is_double else (_C.float32, _C.int32)
    digits, lowest, scale = (52, 1022, 100) if is_double else (23, 126, 64)
    size = input.detach().to(wide).abs()
    # Numbers below the normal ones have no exponent of their own; scaled up, they do.
    small = size < 2.0 ** (scale - lowest)
    bits = _C.where(small, size * 2.0**scale, size).contiguous().view(whole)
    exponent = (bits >> digits) - _C.where(small, lowest + scale, lowest)
    exponent = _C.where((size == 0) | ~size.isfinite(), 0, exponent).to(_C.int32)
    # But for double precision the factor is no number out of range.
    mantissa = ldexp(input, -exponent) if is_double else (input * _two_to(-exponent)).to(input.dtype)
    return mantissa, exponent


IN_PLACE = in_place(deg2rad, rad2deg, ldexp, mvlgamma) | in_place_of_own_dtype(float_power)
METHODS = named(deg2rad, rad2deg, float_power, ldexp, angle, isreal, positive, mvlgamma, frexp)
FUNCTIONS = METHODS | {name: IN_PLACE[name] for name in ("deg2rad_", "rad2deg_", "ldexp_")}
