"""NVIDIA's library of layers, which is not here. Its switches keep what they are set to.

Kernels of this library are deterministic, and there is one for each op: neither ``deterministic`` nor ``benchmark``
has anything to choose.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from ferrotorch import _C
from ferrotorch.backends._flags import changed

__all__ = ["flags", "is_acceptable", "is_available", "version"]

enabled = True
deterministic = False
benchmark = False
benchmark_limit: int | None = 10
allow_tf32 = True
fp32_precision = "none"


def version() -> int | None:
    """None: cuDNN is not here."""
    return None


def is_available() -> bool:
    """False: cuDNN is not here."""
    return False


def is_acceptable(tensor: _C.Tensor) -> bool:
    """False: cuDNN is not here."""
    return False


def flags(
    enabled: bool | None = False,
    benchmark: bool | None = False,
    benchmark_limit: int | None = 10,
    deterministic: bool | None = False,
    allow_tf32: bool | None = True,
    fp32_precision: str | None = "none",
) -> AbstractContextManager[None]:
    """A block in which the switches are set to these."""
    return changed(globals(), dict(locals()))
