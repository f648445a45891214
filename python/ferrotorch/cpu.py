"""The host by the names that modules of devices have. It is one device, and its work is done when a call returns."""

from __future__ import annotations

from ferrotorch import _C

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "is_available",
    "is_initialized",
    "max_memory_allocated",
    "memory_allocated",
    "memory_stats",
    "reset_peak_memory_stats",
    "set_device",
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
