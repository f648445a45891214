"""``torch.cpu.amp.autocast``: ``torch.amp.autocast`` with the device type ``"cpu"``."""

from __future__ import annotations

import warnings

import ferrotorch as torch
from ferrotorch.amp import autocast_mode

__all__ = ["autocast"]


class autocast(autocast_mode.autocast):
    """``torch.autocast("cpu", ...)``."""

    def __init__(self, enabled: bool = True, dtype: torch.dtype | None = torch.bfloat16, cache_enabled: bool = True):
        warnings.warn(
            "`torch.cpu.amp.autocast(args...)` is deprecated. Please use `torch.amp.autocast('cpu', args...)` instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__("cpu", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)
