"""Layers with quantized weights, whose inputs are quantized by their own range for the product alone."""

from __future__ import annotations

from ferrotorch.ao.nn.quantized.dynamic.modules import *  # noqa: F403
from ferrotorch.ao.nn.quantized.dynamic.modules import __all__ as __all__
