"""Architecture optimization: quantization of models."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["nn", "quantization"]


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in __all__:
        return importlib.import_module(f"ferrotorch.ao.{name}")
    raise AttributeError(f"module 'torch.ao' has no attribute {name!r}")
