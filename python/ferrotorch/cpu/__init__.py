"""The host by the names that modules of devices have. It is one device, and its work is done when a call returns."""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch import _C

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_device",
    "current_stream",
    "device_count",
    "empty_cache",
    "is_available",
    "is_initialized",
    "max_memory_allocated",
    "memory_allocated",
    "memory_stats",
    "reset_peak_memory_stats",
    "set_device",
    "stream",
    "synchronize",
]


def is_available() -> bool:
    """True: the host is there."""
    return True


def is_initialized() -> bool:
    """True: the host needs no opening."""
    return True


def device_count() -> int:
    """1: however many cores it has, the host is one device."""
    return 1


def current_device() -> str:
    """The name of the host."""
    return "cpu"


def set_device(device: _C.device | str | int | None) -> None:
    """Accepted so that code for any device runs: there is nothing to choose."""


def synchronize(device: _C.device | str | int | None = None) -> None:
    """Accepted so that code for any device runs: no work is ever pending."""


def empty_cache() -> None:
    """Give memory that is kept for the next tensors back to the system.

    Some is kept, for a loop that asks for it again and again would otherwise be slow. After a peak most of it goes back
    by itself.
    """
    _C._release_host_memory()


def memory_allocated(device: _C.device | str | int | None = None) -> int:
    """Bytes of host memory that tensors hold. Memory borrowed from others, as from NumPy, does not count."""
    return _C._host_memory()["in_use"]


def max_memory_allocated(device: _C.device | str | int | None = None) -> int:
    """The most that `memory_allocated` has been, since the program began or `reset_peak_memory_stats` was called."""
    return _C._host_memory()["peak"]


def reset_peak_memory_stats(device: _C.device | str | int | None = None) -> None:
    """Start counting `max_memory_allocated` from what is held now."""
    _C._reset_peak_host_memory()


def memory_stats(device: _C.device | str | int | None = None) -> dict[str, int]:
    """Figures of the allocator of host memory, in bytes.

    Returns:
        ``allocated_bytes.all.current`` and ``.peak``: what tensors hold, and held at most;
        ``reserved_bytes.all.current``: that, and what is kept for the next tensors.
    """
    figures = _C._host_memory()
    return {
        "allocated_bytes.all.current": figures["in_use"],
        "allocated_bytes.all.peak": figures["peak"],
        "reserved_bytes.all.current": figures["in_use"] + figures["cached"],
    }


class Stream:
    """The one queue of the host, whose work is done when a call returns."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def synchronize(self) -> None:
        """No work is ever pending."""

    def wait_stream(self, stream: Stream) -> None:
        """No work is ever pending."""

    def record_event(self) -> Event:
        """An event that has happened."""
        return Event()

    def wait_event(self, event: Event) -> None:
        """No work is ever pending."""


class Event:
    """A moment in the work of the host, which has happened."""

    def __init__(self, enable_timing: bool = False) -> None:
        pass

    def query(self) -> bool:
        """True: it has happened."""
        return True

    def record(self, stream: Stream | None = None) -> None:
        """No work is ever pending."""

    def synchronize(self) -> None:
        """No work is ever pending."""

    def wait(self, stream: Stream | None = None) -> None:
        """No work is ever pending."""


class StreamContext:
    """The block of :func:`stream`."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def stream(stream: Stream | None) -> StreamContext:
    """A block whose work goes to the one queue of the host."""
    return StreamContext(stream)


_THE_STREAM = Stream()


def current_stream(device: _C.device | str | int | None = None) -> Stream:
    """The one queue of the host."""
    return _THE_STREAM


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "amp":
        return importlib.import_module("ferrotorch.cpu.amp")
    raise AttributeError(f"module 'torch.cpu' has no attribute {name!r}")
