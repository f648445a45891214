"""PyTorch's compiler, which is not here; its options may be set."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "config":
        return importlib.import_module("ferrotorch._inductor.config")
    raise AttributeError(f"module 'torch._inductor' has no attribute {name!r}")
