"""Layers that belong together: a convolution or linear layer with what follows it."""

from __future__ import annotations

from ferrotorch.ao.nn.intrinsic.modules import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.modules import __all__ as __all__
from ferrotorch.ao.nn.intrinsic.modules.fused import _FusedModule as _FusedModule


def __getattr__(name: str) -> object:
    """Load a part at its first use."""
    import importlib

    if name in ("qat", "quantized"):
        return importlib.import_module(f"ferrotorch.ao.nn.intrinsic.{name}")
    raise AttributeError(f"module 'torch.ao.nn.intrinsic' has no attribute {name!r}")
