"""The host by the names that modules of devices have. It is one device, and its work is done when a call returns."""

from __future__ import annotations

from ferrotorch import _C

__all__ = ["current_device", "device_count", "is_available", "is_initialized", "set_device", "synchronize"]


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
