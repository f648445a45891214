"""Quantized layers whose positive part is taken."""

from __future__ import annotations

from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch.ao.nn import quantized as nnq

__all__ = ["BNReLU2d", "BNReLU3d", "ConvReLU1d", "ConvReLU2d", "ConvReLU3d", "LinearReLU"]


class LinearReLU(nnq.Linear):
    """The positive part of a quantized linear layer."""

    def forward(self, x: Tensor) -> Tensor:
        """The quantized results (..., out_features) of quantized inputs (..., in_features)."""
        return _products.linear(x, *self._weight_bias(), self.scale, self.zero_point, relu=True)

    def _get_name(self) -> str:
        return "QuantizedLinearReLU"


class ConvReLU1d(nnq.Conv1d):
    """The positive part of a quantized convolution in one dimension."""

    _relu = True

    def _get_name(self) -> str:
        return "QuantizedConvReLU1d"


class ConvReLU2d(nnq.Conv2d):
    """The positive part of a quantized convolution in two dimensions."""

    _relu = True

    def _get_name(self) -> str:
        return "QuantizedConvReLU2d"


class ConvReLU3d(nnq.Conv3d):
    """The positive part of a quantized convolution in three dimensions."""

    _relu = True

    def _get_name(self) -> str:
        return "QuantizedConvReLU3d"


class BNReLU2d(nnq.BatchNorm2d):
    """The positive part of a quantized batch normalisation in two dimensions."""

    _relu = True

    def _get_name(self) -> str:
        return "QuantizedBNReLU2d"


class BNReLU3d(nnq.BatchNorm3d):
    """The positive part of a quantized batch normalisation in three dimensions."""

    _relu = True

    def _get_name(self) -> str:
        return "QuantizedBNReLU3d"
