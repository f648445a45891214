"""Readers and writers of safetensors for several processes: there are none here."""

from __future__ import annotations

from ferrotorch.distributed._absent import Absent

__all__ = ["HuggingFaceStorageReader", "HuggingFaceStorageWriter"]


class HuggingFaceStorageReader(Absent):
    """Reads safetensors for several processes, which cannot be made here: use ``safetensors.torch``."""


class HuggingFaceStorageWriter(Absent):
    """Writes safetensors for several processes, which cannot be made here: use ``safetensors.torch``."""
