"""The functions of the package that tell and set whether a thread is autocasting, such as ``is_autocast_enabled``."""

from __future__ import annotations

from ferrotorch import _C
from ferrotorch.amp._state import STATE, require_device_type

__all__ = [
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "clear_autocast_cache",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Is this thread autocasting on a type of device? None means the GPU."""
    return STATE.enabled.get(_gpu() if device_type is None else require_device_type(device_type), False)


def set_autocast_enabled(device_type: str | bool, enabled: bool | None = None) -> None:
    """Switch autocasting of this thread on or off for a type of device; with one argument for the GPU."""
    if enabled is None:
        device_type, enabled = _gpu(), bool(device_type)
    STATE.set_enabled(require_device_type(device_type), bool(enabled))


def get_autocast_dtype(device_type: str) -> _C.dtype:
    """What this thread casts to on a type of device."""
    return STATE.dtype(require_device_type(device_type))


def set_autocast_dtype(device_type: str, dtype: _C.dtype) -> None:
    """Set what this thread casts to on a type of device."""
    if not isinstance(dtype, _C.dtype):
        given = type(dtype).__name__
        raise TypeError(f"set_autocast_dtype(): argument 'dtype' (position 2) must be torch.dtype, not {given}")
    STATE.set_dtype(require_device_type(device_type), dtype)


def is_autocast_cpu_enabled() -> bool:
    """Is this thread autocasting on the host?"""
    return is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """Switch autocasting of this thread on the host on or off."""
    set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype() -> _C.dtype:
    """What this thread casts to on the host."""
    return STATE.dtype("cpu")


def set_autocast_cpu_dtype(dtype: _C.dtype) -> None:
    """Set what this thread casts to on the host."""
    set_autocast_dtype("cpu", dtype)


def get_autocast_gpu_dtype() -> _C.dtype:
    """What this thread casts to on GPUs."""
    return STATE.dtype(_gpu())


def set_autocast_gpu_dtype(dtype: _C.dtype) -> None:
    """Set what this thread casts to on GPUs."""
    set_autocast_dtype(_gpu(), dtype)


def is_autocast_cache_enabled() -> bool:
    """Is kept what parameters were cast to?"""
    return STATE.caches


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Set whether what parameters were cast to is kept until autocasting ends."""
    STATE.caches = bool(enabled)


def clear_autocast_cache() -> None:
    """Forget what parameters were cast to."""
    STATE.clear_cache()


def autocast_increment_nesting() -> int:
    """Enter a block of autocasting; returns how many there are."""
    STATE.nesting += 1
    return STATE.nesting


def autocast_decrement_nesting() -> int:
    """Leave a block of autocasting; returns how many are left."""
    STATE.nesting -= 1
    return STATE.nesting


def _gpu() -> str:
    return _C._gpu_kind()
