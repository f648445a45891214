"""Intel's library of layers, which is not here: the kernels are the library's own."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ferrotorch.backends._flags import changed

__all__ = ["flags", "is_available"]

enabled = True
deterministic = False
allow_tf32 = True
fp32_precision = "none"


def is_available() -> bool:
    """False: oneDNN is not here."""
    return False


def flags(
    enabled: bool | None = False,
    deterministic: bool | None = False,
    allow_tf32: bool | None = True,
    fp32_precision: str | None = "none",
) -> AbstractContextManager[None]:
    """A block in which the switches are set to these."""
    return changed(globals(), dict(locals()))
