"""Kinds of quantization."""

from __future__ import annotations

import enum

__all__ = ["QuantType", "quant_type_to_str"]


class QuantType(enum.IntEnum):
    """When activations are quantized: by what is computed at the time, by what was observed before, or never."""

    DYNAMIC = 0
    STATIC = 1
    QAT = 2
    WEIGHT_ONLY = 3


def quant_type_to_str(quant_type: QuantType) -> str:
    """The kind in lower case."""
    return quant_type.name.lower()
