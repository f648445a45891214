"""Finding GPUs, choosing one, and waiting for it."""

from __future__ import annotations

import dataclasses
import functools

from ferrotorch import _C

Device = _C.device | str | int


@dataclasses.dataclass(frozen=True)
class Properties:
    """Facts about a GPU.

    Attributes:
        name: the driver's name for it.
        type: ``"discrete"``, ``"integrated"``, ``"virtual"``, ``"cpu"`` or ``"other"``.
        backend: ``"vulkan"``, ``"metal"`` or ``"dx12"``.
        driver: name and version of the driver.
        has_int64: are int64 tensors computed there, or on the host?
        has_float64: can there be float64 tensors?
        max_tensor_bytes: size of the largest tensor.
    """

    name: str
    type: str
    backend: str
    driver: str
    has_int64: bool
    has_float64: bool
    max_tensor_bytes: int


@functools.cache
def _all_properties() -> tuple[Properties, ...]:
    return tuple(Properties(**facts) for facts in _C._gpu_adapters())


def index_of(device: Device | None) -> int:
    """The number of a GPU; the current one's for None. Raises where there is no such GPU."""
    if isinstance(device, str):
        device = _C.device(device)
    if isinstance(device, _C.device):
        if device.type != _C._gpu_kind():
            raise ValueError(f"Expected a {_C._gpu_kind()} device, but got: {device}")
        device = device.index
    index = _C._gpu_current() if device is None else int(device)
    if not 0 <= index < device_count():
        raise RuntimeError(f"invalid device number {index}: there are {device_count()} GPUs")
    return index


def is_available() -> bool:
    """Is there a GPU?"""
    return device_count() > 0


def device_count() -> int:
    """How many GPUs there are."""
    return len(_all_properties())


def is_initialized() -> bool:
    """Has a GPU been opened?"""
    return _C._gpu_is_open()


def init() -> None:
    """Open the current GPU, which otherwise happens when it is first used.

    Raises:
        RuntimeError: there is none.
    """
    _C.Generator(_C.device("wgpu", index_of(None)))


def current_device() -> int:
    """The number of the GPU that ``"wgpu"`` stands for in this thread."""
    return _C._gpu_current()


def set_device(device: Device) -> None:
    """Choose the GPU that ``"wgpu"`` stands for in this thread; a negative number changes nothing.

    Raises:
        RuntimeError: there is no such GPU.
    """
    if not (isinstance(device, int) and device < 0):
        _C._gpu_set_current(index_of(device))


class device:
    """Make a GPU the current one within a ``with`` block; None or a negative number changes nothing."""

    def __init__(self, device: Device | None) -> None:
        unchanged = device is None or (isinstance(device, int) and device < 0)
        self.idx = -1 if unchanged else index_of(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        self.prev_idx = current_device()
        set_device(self.idx)

    def __exit__(self, *exception: object) -> None:
        set_device(self.prev_idx)


class device_of(device):
    """Make the GPU of a tensor the current one within a ``with`` block; tensors of the host change nothing."""

    def __init__(self, obj: _C.Tensor) -> None:
        super().__init__(obj.device.index if obj.device.type == _C._gpu_kind() else None)


def get_device_properties(device: Device | None = None) -> Properties:
    """What a GPU is and can do."""
    return _all_properties()[index_of(device)]


def get_device_name(device: Device | None = None) -> str:
    """The driver's name for a GPU."""
    return get_device_properties(device).name


def synchronize(device: Device | None = None) -> None:
    """Wait until a GPU has done all its work, and raise the errors that the work has left."""
    _C._gpu_synchronize(index_of(device))
