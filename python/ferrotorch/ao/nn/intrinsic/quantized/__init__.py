"""Quantized layers with the activation that follows them."""

from __future__ import annotations

from ferrotorch.ao.nn.intrinsic.quantized.modules import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.quantized.modules import __all__ as __all__


def __getattr__(name: str) -> object:
    """Load a part at its first use."""
    import importlib

    if name == "dynamic":
        return importlib.import_module("ferrotorch.ao.nn.intrinsic.quantized.dynamic")
    raise AttributeError(f"module 'torch.ao.nn.intrinsic.quantized' has no attribute {name!r}")
