"""Finding GPUs by the name ``cuda``, choosing one, and waiting for it."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch.cuda._state import gpus, is_alias, module

Device = _C.device | str | int

# What programs ask for to choose between code paths: that of the first GPUs with tensor cores for float16 alone.
_CAPABILITY = (7, 0)


def is_available() -> bool:
    """Is there a GPU that ``cuda`` means?"""
    return is_alias() and module().is_available()


def device_count() -> int:
    """How many GPUs ``cuda`` means."""
    return module().device_count() if is_alias() else 0


def is_initialized() -> bool:
    """Has a GPU that ``cuda`` means been opened?"""
    return is_alias() and module().is_initialized()


def init() -> None:
    """Open the current GPU.

    Raises:
        AssertionError: ``cuda`` means none.
    """
    gpus().init()


def current_device() -> int:
    """The number of the current GPU of this thread."""
    return gpus().current_device()


def set_device(device: Device) -> None:
    """Choose the current GPU of this thread; a negative number changes nothing."""
    gpus().set_device(device)


def synchronize(device: Device | None = None) -> None:
    """Wait until a GPU has done all its work."""
    gpus().synchronize(device)


class device:
    """Make a GPU the current one within a ``with`` block; None or a negative number changes nothing."""

    def __init__(self, device: Any) -> None:
        self.idx = -1 if device is None or (isinstance(device, int) and device < 0) else _number(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx >= 0:
            self.prev_idx = current_device()
            set_device(self.idx)

    def __exit__(self, *exception: object) -> None:
        if self.idx >= 0:
            set_device(self.prev_idx)


def _number(device: Device) -> int:
    if isinstance(device, int):
        return device
    named = _C.device(device)
    if named.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {device}")
    return current_device() if named.index is None else named.index


class device_of(device):
    """Make the GPU of a tensor the current one within a ``with`` block; tensors of the host change nothing."""

    def __init__(self, obj: _C.Tensor) -> None:
        super().__init__(obj.device.index if obj.is_cuda else -1)


def get_device_name(device: Device | None = None) -> str:
    """The driver's name for a GPU."""
    return gpus().get_device_name(device)


def get_device_properties(device: Device | None = None) -> Any:
    """What a GPU is and can do, by the names that :class:`ferrotorch.wgpu._device.Properties` has."""
    return gpus().get_device_properties(device)


def get_device_capability(device: Device | None = None) -> tuple[int, int]:
    """(7, 0): float16, but no bfloat16 or TF32 of its own, is what may be expected of every GPU here."""
    gpus().get_device_properties(device)
    return _CAPABILITY


def can_device_access_peer(device: Device, peer_device: Device) -> bool:
    """False: tensors go from one GPU to another by way of the host."""
    gpus().get_device_properties(device)
    return False


def get_arch_list() -> list[str]:
    """Empty: nothing was compiled for GPUs of NVIDIA."""
    return []


def get_gencode_flags() -> str:
    """Empty: nothing was compiled for GPUs of NVIDIA."""
    return ""


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Are there bfloat16 tensors on the GPU? They are computed in float32 there, and rounded: emulated."""
    return including_emulation and is_available()


def is_tf32_supported() -> bool:
    """False: products of float32 are computed in float32."""
    return False


def ipc_collect() -> None:
    """Nothing is shared with other processes on a GPU, hence there is nothing to collect.

    Raises:
        AssertionError: ``cuda`` means no GPU.
    """
    gpus()
