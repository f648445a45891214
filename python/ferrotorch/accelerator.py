"""The kind of GPU that is there, by names that do not mention it: here always ``"wgpu"``.

A function's ``device`` is a number, a device or its name; None is the current device of the thread.
"""

from __future__ import annotations

from types import ModuleType
from typing import NoReturn

from ferrotorch import _C
from ferrotorch._streams import Stream
from ferrotorch.wgpu._device import Device, current_device, device, index_of, set_device, synchronize
from ferrotorch.wgpu._device import device_count as device_count
from ferrotorch.wgpu._device import is_available as is_available
from ferrotorch.wgpu.memory import max_memory_allocated as max_memory_allocated
from ferrotorch.wgpu.memory import max_memory_reserved as max_memory_reserved
from ferrotorch.wgpu.memory import memory_allocated as memory_allocated
from ferrotorch.wgpu.memory import memory_reserved as memory_reserved
from ferrotorch.wgpu.memory import memory_stats as memory_stats
from ferrotorch.wgpu.memory import reset_peak_memory_stats as reset_peak_memory_stats

__all__ = [
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "empty_cache",
    "get_device_module",
    "get_memory_info",
    "is_available",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
    "set_device_idx",
    "set_device_index",
    "synchronize",
]


def current_accelerator(check_available: bool = False) -> _C.device | None:
    """The kind of GPU that this library knows, without a number; None where one is asked to be there and is not."""
    return None if check_available and not is_available() else _C.device(_C._gpu_kind())


def current_device_index() -> int:
    """The number of the current device of this thread."""
    return current_device()


def set_device_index(device: Device | None, /) -> None:
    """Choose the current device of this thread; None changes nothing."""
    if device is not None:
        set_device(index_of(device))


class device_index:
    """Make a device the current one within a ``with`` block; None changes nothing."""

    def __init__(self, device: int | None, /) -> None:
        self.idx = device

    def __enter__(self) -> None:
        self._block = device(self.idx)
        self._block.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._block.__exit__(*exception)


def empty_cache() -> None:
    """Give memory that the devices keep for reuse back to them; waits for their work."""
    for index in range(device_count()):
        _C._gpu_empty_cache(index)


def current_stream(device: Device | None = None, /) -> Stream:
    """The queue of a device; waiting for it is waiting for the device.

    Raises:
        RuntimeError: there is no such GPU.
    """
    return Stream(_C.device(_C._gpu_kind(), index_of(device)))


def get_memory_info(device_index: Device | None = None, /) -> NoReturn:
    """Graphics interfaces do not tell how much memory is free.

    Raises:
        RuntimeError: always.
    """
    index_of(device_index)
    raise RuntimeError(
        "torch.accelerator.get_memory_info(): Vulkan, Metal and DX12 do not tell how much memory is free. "
        "memory_allocated() and memory_reserved() say what this program holds"
    )


def get_device_module(device: _C.device | str | None = None) -> ModuleType:
    """The module for a kind of device, such as ``torch.wgpu``; for None that of the GPU, without one the host's."""
    import ferrotorch

    if device is None:
        return ferrotorch.wgpu if is_available() else ferrotorch.cpu
    kind = _C.device(device).type
    module: ModuleType | None = getattr(ferrotorch, kind, None)
    if module is None:
        raise RuntimeError(f"Invalid device type '{kind}': there is no module torch.{kind}")
    return module


current_device_idx = current_device_index
set_device_idx = set_device_index
