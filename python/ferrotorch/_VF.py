"""PyTorch's functions as its layers call them: those of the package, recurrent layers with given weights among them."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(torch, name)
