"""Dispatch modes compared, and what switches off the ``__torch_dispatch__`` of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch._C import _DisableTorchDispatch as no_dispatch

__all__ = ["all_same_mode", "no_dispatch"]


def all_same_mode(modes: Sequence[Any]) -> bool:
    """Are they all the same?"""
    return all(mode == modes[0] for mode in modes)
