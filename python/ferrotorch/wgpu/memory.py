"""Memory of GPUs. Figures are in bytes and count whole blocks, which tensors are rounded up to."""

from __future__ import annotations

from ferrotorch import _C
from ferrotorch.wgpu._device import Device, index_of

__all__ = [
    "empty_cache",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
]


def empty_cache(device: Device | None = None) -> None:
    """Give memory that a GPU keeps for reuse back to it; waits for its work."""
    _C._gpu_empty_cache(index_of(device))


def memory_stats(device: Device | None = None) -> dict[str, int]:
    """All figures of a GPU under PyTorch's names: bytes held by tensors, and bytes held from the device altogether."""
    allocated, allocated_peak, reserved, reserved_peak = _C._gpu_memory(index_of(device))
    return {
        "allocated_bytes.all.current": allocated,
        "allocated_bytes.all.peak": allocated_peak,
        "reserved_bytes.all.current": reserved,
        "reserved_bytes.all.peak": reserved_peak,
    }


def memory_allocated(device: Device | None = None) -> int:
    """Bytes held by tensors."""
    return memory_stats(device)["allocated_bytes.all.current"]


def max_memory_allocated(device: Device | None = None) -> int:
    """The most bytes that tensors have held since the peaks were last reset."""
    return memory_stats(device)["allocated_bytes.all.peak"]


def memory_reserved(device: Device | None = None) -> int:
    """Bytes held by tensors or kept for reuse."""
    return memory_stats(device)["reserved_bytes.all.current"]


def max_memory_reserved(device: Device | None = None) -> int:
    """The most bytes that were held by tensors or kept for reuse since the peaks were last reset."""
    return memory_stats(device)["reserved_bytes.all.peak"]


def reset_peak_memory_stats(device: Device | None = None) -> None:
    """Let the peaks begin anew from what is held now."""
    _C._gpu_reset_peak(index_of(device))
