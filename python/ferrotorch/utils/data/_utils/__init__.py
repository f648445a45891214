"""The parts of the data pipeline by the private names that packages import."""

from __future__ import annotations

import importlib
from typing import Any

_PARTS = ("collate", "fetch", "pin_memory", "worker")


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        return importlib.import_module(f"ferrotorch.utils.data._utils.{name}")
    raise AttributeError(f"module 'torch.utils.data._utils' has no attribute {name!r}")
