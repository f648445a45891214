"""The dynamically quantized linear layer whose positive part is taken."""

from __future__ import annotations

from ferrotorch.ao.nn.quantized import dynamic

__all__ = ["LinearReLU"]


class LinearReLU(dynamic.Linear):
    """The positive part of a linear layer with a quantized weight."""

    _relu = True

    def _get_name(self) -> str:
        return "DynamicQuantizedLinearReLU"
