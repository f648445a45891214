"""Between numbers and integers: dtypes of quantized tensors, and the two kinds of quantizers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import type_name


class Integers(NamedTuple):
    """The integers of a quantized dtype."""

    dtype: Any
    low: int
    high: int
    name: str


def integers_of(dtype: Any) -> Integers:
    """The integers that a quantized dtype consists of.

    Raises:
        RuntimeError: the dtype is no quantized one.
        NotImplementedError: several of its elements share a byte.
    """
    if dtype in _PACKED:
        raise NotImplementedError(f"quantized tensors of {dtype}, whose elements share bytes, are not here: use quint8")
    if dtype not in _INTEGERS:
        name = type_name(torch.empty(0, dtype=dtype)) if isinstance(dtype, torch.dtype) else str(dtype)
        raise RuntimeError(f"ScalarType {name} is not supported in new_qtensor.")
    return _INTEGERS[dtype]


def dtype_of_integers(x: Tensor, what: str) -> Any:
    """The quantized dtype whose integers a tensor has.

    Raises:
        RuntimeError: there is none.
    """
    for dtype, integers in _INTEGERS.items():
        if x.dtype == integers.dtype:
            return dtype
    raise RuntimeError(f"{what}: expected a tensor of int8, uint8 or int32, got {x.dtype}")


_PACKED = (torch.quint4x2, torch.quint2x4)
_INTEGERS = {
    torch.qint8: Integers(torch.int8, -128, 127, "QInt8"),
    torch.quint8: Integers(torch.uint8, 0, 255, "QUInt8"),
    torch.qint32: Integers(torch.int32, -(2**31), 2**31 - 1, "QInt32"),
}


def rounded(x: Tensor, integers: Integers, scale: Any, zero_point: Any) -> Tensor:
    """``round(x / scale) + zero_point`` within the bounds of a dtype; ties go to even numbers.

    As in FBGEMM, ``x`` is multiplied by the reciprocal of the scale in float32.

    Args:
        x: float32.
        scale, zero_point: float32 and integral tensors that broadcast with x.
    """
    steps = (x * torch.reciprocal(scale)).round_()
    if integers.dtype == torch.int32:
        steps = steps.double()
    return (steps + zero_point).clamp_(integers.low, integers.high).to(integers.dtype)


@dataclass(frozen=True)
class PerTensor:
    """One scale and one zero point for all elements."""

    scale: float
    zero_point: int

    @property
    def scheme(self) -> Any:
        """``torch.per_tensor_affine``."""
        return torch.per_tensor_affine

    def check(self, integers: Integers, shape: Any) -> None:
        """Raises RuntimeError where the zero point is no integer of the dtype."""
        for bound, outside in (
            ("below lower", self.zero_point < integers.low),
            ("above upper", self.zero_point > integers.high),
        ):
            if outside:
                raise RuntimeError(f"quantize_tensor_per_tensor_affine zero_point {self.zero_point} is {bound} bound.")

    def quantize(self, x: Tensor, integers: Integers) -> Tensor:
        """The integers of float32 numbers."""
        return rounded(x, integers, torch.tensor(self.scale, device=x.device), self.zero_point)

    def dequantize(self, values: Tensor) -> Tensor:
        """The numbers, in float32, that integers stand for."""
        if values.dtype == torch.int32:
            values = values.long()
            return (values - self.zero_point).float() * self.scale
        return (values.float() - self.zero_point) * self.scale


@dataclass(frozen=True, eq=False)
class PerChannel:
    """A scale and a zero point for each index along an axis.

    Attributes:
        scales: float64, or float32 where the zero points are.
        zero_points: int64 or float32.
        axis: the dimension.
    """

    scales: Tensor
    zero_points: Tensor
    axis: int

    @property
    def has_float_parameters(self) -> bool:
        """Are the zero points numbers, that are added before rounding?"""
        return self.zero_points.is_floating_point()

    @property
    def scheme(self) -> Any:
        """The scheme by name."""
        return torch.per_channel_affine_float_qparams if self.has_float_parameters else torch.per_channel_affine

    def check(self, integers: Integers, shape: Any) -> None:
        """Raises RuntimeError where the parameters do not fit the dtype or the shape."""
        if not 0 <= self.axis < len(shape):
            raise RuntimeError(
                f"Channel axis out of range in per channel affine quantization. Got: {self.axis}"
                f"Expected: [0, {len(shape)})"
            )
        for name, given in (("scales", self.scales), ("zero_points", self.zero_points)):
            if len(given) != shape[self.axis]:
                raise RuntimeError(
                    f"length of {name} must equal to channel, expected {shape[self.axis]} got, {len(given)}"
                )
        if self.has_float_parameters or not len(self.zero_points):
            return
        low, high = (int(bound) for bound in self.zero_points.aminmax())
        if low < integers.low:
            raise RuntimeError(f"quantize_tensor_per_channel_affine zero_point {low} is below lower bound.")
        if high > integers.high:
            raise RuntimeError(f"quantize_tensor_per_channel_affine zero_point {high} is above upper bound.")

    def _along(self, x: Tensor, parameter: Tensor) -> Tensor:
        return parameter.reshape([-1 if dim == self.axis else 1 for dim in range(x.dim())])

    def quantize(self, x: Tensor, integers: Integers) -> Tensor:
        """The integers of float32 numbers."""
        scale, zero_point = self._along(x, self.scales.float()), self._along(x, self.zero_points)
        if self.has_float_parameters:
            steps = (x * torch.reciprocal(scale) + zero_point).round_()
            return steps.clamp_(integers.low, integers.high).to(integers.dtype)
        return rounded(x, integers, scale, zero_point)

    def dequantize(self, values: Tensor) -> Tensor:
        """The numbers, in float32, that integers stand for."""
        exact = values.double() if values.dtype == torch.int32 else values.float()
        return (exact - self._along(values, self.zero_points)).float() * self._along(values, self.scales.float())


Quantizer = PerTensor | PerChannel
