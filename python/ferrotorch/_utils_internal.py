"""Answers that PyTorch gives differently where it is built for one company: here those of all others."""

from __future__ import annotations

import os
import tempfile

__all__ = ["get_file_path", "get_file_path_2", "get_writable_path", "justknobs_check", "resolve_library_path"]


def justknobs_check(name: str, default: bool = True) -> bool:
    """The default: there is no service that switches features while programs run."""
    return default


def resolve_library_path(path: str) -> str:
    """Where a file is, without symbolic links."""
    return os.path.realpath(path)


def get_file_path(*path_components: str) -> str:
    """The path of a file of the package."""
    return os.path.join(os.path.dirname(__file__), *path_components)


def get_file_path_2(*path_components: str) -> str:
    """The path of a file."""
    return os.path.join(*path_components)


def get_writable_path(path: str) -> str:
    """A path itself where it can be written to, and that of a new folder otherwise."""
    return path if os.access(path, os.W_OK) else tempfile.mkdtemp(suffix=os.path.basename(path))
