"""Limits of the numeric dtypes: `finfo` and `iinfo`."""

from __future__ import annotations

from typing import Any

import ferrotorch

__all__ = ["finfo", "iinfo"]

# Bits of the dtype, of the stored mantissa and of the exponent, and decimal digits that always survive.
_FLOATS = {
    "float16": (16, 10, 5, 3),
    "bfloat16": (16, 7, 8, 2),
    "float32": (32, 23, 8, 6),
    "float64": (64, 52, 11, 15),
}
_PARTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_INTEGERS = {"uint8": (8, False), "int8": (8, True), "int16": (16, True), "int32": (32, True), "int64": (64, True)}
_INTEGERS |= {f"uint{bits}": (bits, False) for bits in (16, 32, 64)}
_INTEGERS |= {"quint8": (8, False), "qint8": (8, True), "qint32": (32, True)}
# Formats of one byte, each by rules of its own: `eps`, `max`, `min`, and the smallest normal number.
_BYTES = {
    "float8_e4m3fn": (2.0**-3, 448.0, -448.0, 2.0**-6),
    "float8_e4m3fnuz": (2.0**-3, 240.0, -240.0, 2.0**-7),
    "float8_e5m2": (2.0**-2, 57344.0, -57344.0, 2.0**-14),
    "float8_e5m2fnuz": (2.0**-2, 57344.0, -57344.0, 2.0**-15),
    "float8_e8m0fnu": (1.0, 2.0**127, 2.0**-127, 2.0**-127),
}


def _name(kind: str, dtype: Any) -> str:
    if dtype in (float, int, complex, bool):
        dtype = ferrotorch._C._dtype_of(dtype)
    absent = type(dtype).__name__ == "dtype_without_kernels"
    if not isinstance(dtype, ferrotorch.dtype) and not absent:
        raise TypeError(f"{kind}(): argument 'type' (position 1) must be torch.dtype, not {type(dtype).__name__}")
    return str(dtype).rpartition(".")[2]


class finfo:
    """Limits of a floating-point dtype (of a complex one: of its parts).

    Args:
        type: the dtype; the default dtype if left out.

    Attributes:
        bits: number of bits.
        eps: the smallest number with ``1.0 + eps != 1.0``.
        max, min: largest and smallest number.
        tiny, smallest_normal: the smallest positive number with full precision.
        resolution: the approximate decimal resolution, ``10 ** -digits``.
        dtype: name of the dtype.

    Raises:
        TypeError: the dtype is not a floating-point one.
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: Any = None) -> None:
        name = _name("finfo", ferrotorch.get_default_dtype() if type is None else type)
        name = _PARTS.get(name, name)
        self.dtype = name
        if name in _BYTES:
            self.bits, self.resolution = 8, 1.0
            self.eps, self.max, self.min, self.tiny = _BYTES[name]
            self.smallest_normal = self.tiny
            return
        if name not in _FLOATS:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.{name}'"
            )
        self.bits, mantissa, exponent, digits = _FLOATS[name]
        bias = 2 ** (exponent - 1) - 1
        self.eps = 2.0**-mantissa
        self.max = (2.0 - self.eps) * 2.0**bias
        self.min = -self.max
        self.smallest_normal = self.tiny = 2.0 ** (1 - bias)
        self.resolution = float(f"1e-{digits}")

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash((finfo, self.dtype))


class iinfo:
    """Limits of an integer dtype.

    Args:
        type: the dtype.

    Attributes:
        bits: number of bits.
        max, min: largest and smallest number.
        dtype: name of the dtype.

    Raises:
        TypeError: the dtype is not an integer one.
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: Any) -> None:
        name = _name("iinfo", type)
        if name == "bool":
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if name not in _INTEGERS:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.{name}'")
        self.bits, signed = _INTEGERS[name]
        self.dtype = name
        self.max = 2 ** (self.bits - signed) - 1
        self.min = -self.max - 1 if signed else 0

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash((iinfo, self.dtype))
