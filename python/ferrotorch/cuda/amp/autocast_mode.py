"""``torch.cuda.amp.autocast`` and its like: ``torch.amp`` with the device type ``"cuda"``."""

from __future__ import annotations

import functools
from typing import Any

import ferrotorch as torch
from ferrotorch.amp import autocast_mode

__all__ = ["autocast", "custom_bwd", "custom_fwd"]


class autocast(autocast_mode.autocast):
    """``torch.autocast("cuda", ...)``."""

    def __init__(self, enabled: bool = True, dtype: torch.dtype | None = torch.float16, cache_enabled: bool = True):
        super().__init__("cuda", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


custom_fwd: Any = functools.partial(torch.amp.custom_fwd, device_type="cuda")
custom_bwd: Any = functools.partial(torch.amp.custom_bwd, device_type="cuda")
