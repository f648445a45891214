"""Exchange of arrays with other libraries by DLPack, which shares memory.

Source: the Python specification of DLPack, https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

import enum
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(enum.IntEnum):
    """Numbers of kinds of devices, as DLPack knows them."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


_HOST = (DLDeviceType.kDLCPU, 0)


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule of the form before DLPack 1.0, which shares the tensor's memory and can be used once.

    Raises:
        TypeError: The argument is no tensor.
        BufferError: The memory of the tensor is read-only.
        ValueError: The tensor is on a device whose memory cannot be exchanged.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"to_dlpack(): argument must be Tensor, not {type(tensor).__name__}")
    return _C._to_dlpack(tensor.detach(), False, False)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of an object with ``__dlpack__``, or of a capsule.

    Args:
        ext_tensor: The array of another library, or a capsule.
        device: Where the tensor shall be; by default where the array is.
        copy: True: always copy; False: never, raise if that is impossible; None: where it must be.

    Raises:
        RuntimeError: The capsule was used before.
        BufferError: Sharing is impossible.
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        if device is not None or copy is not None:
            raise RuntimeError("device and copy kwargs not supported when ext_tensor is already a DLPack capsule.")
        return _C._from_dlpack(ext_tensor)
    requested: dict[str, Any] = {"max_version": (1, 0)}
    if copy is not None:
        requested["copy"] = copy
    if device is not None:
        requested["dl_device"] = _number_of(_C.device(device))
    try:
        capsule = ext_tensor.__dlpack__(**requested)
    except TypeError:
        # Producers from before DLPack 1.0 know none of the keywords.
        requested.pop("max_version")
        capsule = ext_tensor.__dlpack__(**requested)
    return _C._from_dlpack(capsule)


def _number_of(device: Any) -> tuple[int, int]:
    if device.type != "cpu":
        raise ValueError(f"Unknown device type {device.type} for Dlpack")
    return _HOST


def dlpack(
    self: Tensor,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[Any, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """A capsule that shares the tensor's memory, for ``from_dlpack`` of any library.

    Args:
        stream: Where the consumer will use the data; means nothing on the host.
        max_version: The newest DLPack version that the consumer understands; from (1, 0) on the capsule is versioned.
        dl_device: Where the consumer wants the data; only the host is offered.
        copy: True: always copy; False: never; None: where it must be.

    Raises:
        BufferError: The tensor requires gradients, or is not where the consumer wants it and must not be copied.
        TypeError: The stream is no int.
        ValueError: The memory of the device cannot be exchanged.
    """
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if dl_device is not None and tuple(dl_device) != _HOST:
        raise BufferError(f"__dlpack__: cannot export to device {tuple(dl_device)}: only the host (1, 0) is offered")
    tensor, copied = self, bool(copy)
    if copy:
        tensor = self.cpu().clone()
    elif dl_device is not None and self.device.type != "cpu":
        if copy is False:
            raise BufferError(
                f"__dlpack__: moving from {self.device} to the host needs a copy, which copy=False forbids"
            )
        tensor, copied = self.cpu(), True
    return _C._to_dlpack(tensor, max_version is not None and max_version[0] >= 1, copied)


def dlpack_device(self: Tensor) -> tuple[int, int]:
    """Kind and number of the device, as DLPack numbers them."""
    return _number_of(self.device)
