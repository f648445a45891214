"""Layers whose weights are rounded while they are trained, so that training knows of quantization."""

from __future__ import annotations

from ferrotorch.ao.nn.qat.modules import *  # noqa: F403
from ferrotorch.ao.nn.qat.modules import __all__ as __all__
