"""What programs ask of CUDA. There is none here: GPUs of every maker are ``torch.wgpu``.

Everything answers as in a build of PyTorch without CUDA, unless ``cuda`` is made to mean the GPU of this library
(``python -m ferrotorch --device-alias cuda=wgpu``): then all functions act on it. See docs/compatibility.md.
"""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch.cuda._device import (
    can_device_access_peer,
    current_device,
    device,
    device_count,
    device_of,
    get_arch_list,
    get_device_capability,
    get_device_name,
    get_device_properties,
    get_gencode_flags,
    init,
    ipc_collect,
    is_available,
    is_bf16_supported,
    is_initialized,
    is_tf32_supported,
    set_device,
    synchronize,
)

has_half = True
has_magma = False

# Loaded at their first use: submodules, and names by the module that has them.
_SUBMODULES = ("amp", "graphs", "memory", "nccl", "nvtx", "profiler", "random", "streams")
_ELSEWHERE = ("memory", "random", "streams", "graphs", "_types")

__all__ = [
    "can_device_access_peer",
    "current_device",
    "device",
    "device_count",
    "device_of",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_gencode_flags",
    "init",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "is_tf32_supported",
    "set_device",
    "synchronize",
]


def _is_in_bad_fork() -> bool:
    """False: a forked process refuses GPUs where it uses them."""
    return False


def _lazy_init() -> None:
    init()


def _lazy_call(callable: Any, **kwargs: Any) -> None:
    """Call what is to be called when the GPU is opened, which here may be any time; without a GPU never."""
    if is_available():
        callable()


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "_initialized":
        return is_initialized()
    if name in _SUBMODULES:
        return importlib.import_module(f"ferrotorch.cuda.{name}")
    if name == "default_generators":
        from ferrotorch import _C

        return tuple(_C._gpu_generator(i) for i in range(device_count()))
    if name == "OutOfMemoryError":
        from ferrotorch import OutOfMemoryError

        return OutOfMemoryError
    for part in _ELSEWHERE:
        module = importlib.import_module(f"ferrotorch.cuda.{part}")
        if name in module.__all__:
            globals()[name] = value = getattr(module, name)
            return value
    raise AttributeError(f"module 'torch.cuda' has no attribute {name!r}")
