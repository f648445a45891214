"""Answers that PyTorch gives differently where it is built for one company: here those of all others."""

from __future__ import annotations

import os

__all__ = ["justknobs_check", "resolve_library_path"]


def justknobs_check(name: str, default: bool = True) -> bool:
    """The default: there is no service that switches features while programs run."""
    return default


def resolve_library_path(path: str) -> str:
    """Where a file is, without symbolic links."""
    return os.path.realpath(path)
