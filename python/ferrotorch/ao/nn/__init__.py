"""Layers that are quantized, fused, or that round while they are trained."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["intrinsic", "qat", "quantized"]


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in __all__:
        return importlib.import_module(f"ferrotorch.ao.nn.{name}")
    raise AttributeError(f"module 'torch.ao.nn' has no attribute {name!r}")
