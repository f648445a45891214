"""Tensors from the data of others and data of tensors for others, in shared memory where that is possible."""

from __future__ import annotations

from ferrotorch._exchange.arrays import array_wrap, asarray
from ferrotorch._exchange.dlpack import dlpack, dlpack_device, from_dlpack, to_dlpack

__all__ = ["asarray", "from_dlpack", "to_dlpack"]

METHODS = {"__array_wrap__": array_wrap, "__dlpack__": dlpack, "__dlpack_device__": dlpack_device}
