"""Exchange of arrays with other libraries by DLPack, which shares memory."""

from __future__ import annotations

from ferrotorch._exchange.dlpack import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
