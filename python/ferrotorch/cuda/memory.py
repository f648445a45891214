"""Memory of the GPUs that ``cuda`` means, in bytes; without any there is none."""

from __future__ import annotations

from typing import Any

from ferrotorch.cuda._device import Device
from ferrotorch.cuda._state import gpus, is_alias, module

__all__ = [
    "empty_cache",
    "get_allocator_backend",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_snapshot",
    "memory_stats",
    "memory_stats_as_nested_dict",
    "memory_summary",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "set_per_process_memory_fraction",
]


def empty_cache() -> None:
    """Give memory that the GPU keeps for reuse back to it; nothing without a GPU."""
    if is_alias():
        module().empty_cache()


def memory_stats(device: Device | None = None) -> dict[str, int]:
    """The figures of a GPU under PyTorch's names; empty without a GPU."""
    return module().memory_stats(device) if is_alias() else {}


def memory_stats_as_nested_dict(device: Device | None = None) -> dict[str, Any]:
    """The figures as dictionaries in one another, by the parts of their names."""
    nested: dict[str, Any] = {}
    for path, value in memory_stats(device).items():
        place = nested
        *outer, last = path.split(".")
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


def memory_allocated(device: Device | None = None) -> int:
    """Bytes held by tensors."""
    return memory_stats(device).get("allocated_bytes.all.current", 0)


def max_memory_allocated(device: Device | None = None) -> int:
    """The most bytes that tensors have held since the peaks were last reset."""
    return memory_stats(device).get("allocated_bytes.all.peak", 0)


def memory_reserved(device: Device | None = None) -> int:
    """Bytes held by tensors or kept for reuse."""
    return memory_stats(device).get("reserved_bytes.all.current", 0)


def max_memory_reserved(device: Device | None = None) -> int:
    """The most bytes that were held by tensors or kept for reuse since the peaks were last reset."""
    return memory_stats(device).get("reserved_bytes.all.peak", 0)


memory_cached = memory_reserved
max_memory_cached = max_memory_reserved


def reset_peak_memory_stats(device: Device | None = None) -> None:
    """Let the peaks begin anew from what is held now."""
    gpus().reset_peak_memory_stats(device)


reset_max_memory_allocated = reset_max_memory_cached = reset_peak_memory_stats


def reset_accumulated_memory_stats(device: Device | None = None) -> None:
    """No figure here adds up over time: there is nothing to reset."""
    gpus()


def mem_get_info(device: Device | None = None) -> tuple[int, int]:
    """Graphics interfaces do not tell how much memory is free.

    Raises:
        RuntimeError: always, on a GPU.
    """
    gpus()
    raise RuntimeError(
        "torch.cuda.mem_get_info(): Vulkan, Metal and DX12 do not tell how much memory is free. "
        "memory_allocated() and memory_reserved() say what this program holds"
    )


def memory_snapshot() -> list[dict[str, Any]]:
    """Empty: blocks are not listed."""
    return []


def memory_summary(device: Device | None = None, abbreviated: bool = False) -> str:
    """The figures of a GPU as text, one a line."""
    gpus()
    return "\n".join(f"{name:<32} {value:>16,} bytes" for name, value in memory_stats(device).items())


def get_allocator_backend() -> str:
    """``"native"``: the allocator of the library."""
    return "native"


def set_per_process_memory_fraction(fraction: float, device: Device | None = None) -> None:
    """The memory of a GPU cannot be bounded.

    Raises:
        RuntimeError: always, on a GPU, but for the fraction 1.
    """
    gpus()
    if fraction != 1:
        raise RuntimeError("torch.cuda.set_per_process_memory_fraction(): the memory of a GPU cannot be bounded here")
