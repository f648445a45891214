"""Layers of quantized tensors."""

from __future__ import annotations

from ferrotorch.ao.nn.quantized.modules import *  # noqa: F403
from ferrotorch.ao.nn.quantized.modules import MaxPool2d as MaxPool2d
from ferrotorch.ao.nn.quantized.modules import __all__ as __all__


def __getattr__(name: str) -> object:
    """Load a part at its first use."""
    import importlib

    if name in ("dynamic", "functional"):
        return importlib.import_module(f"ferrotorch.ao.nn.quantized.{name}")
    raise AttributeError(f"module 'torch.ao.nn.quantized' has no attribute {name!r}")
