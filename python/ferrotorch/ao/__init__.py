"""Architecture optimization: of quantization the names that models in floating point use."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "quantization":
        return importlib.import_module("ferrotorch.ao.quantization")
    raise AttributeError(f"module 'torch.ao' has no attribute {name!r}")
