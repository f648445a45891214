"""NVIDIA's library of collective operations, which is not here."""

from __future__ import annotations

from typing import Any

__all__ = ["is_available", "version"]


def version() -> tuple[int, ...]:
    """No version.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("torch.cuda.nccl.version(): NCCL is not part of ferrotorch")


def is_available(tensors: Any) -> bool:
    """False: NCCL is not here."""
    return False
