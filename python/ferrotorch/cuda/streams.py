"""Streams and events of the GPUs that ``cuda`` means; see :mod:`ferrotorch._streams`."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, _streams
from ferrotorch.cuda._device import Device, current_device, set_device
from ferrotorch.cuda._state import gpus

__all__ = [
    "Event",
    "ExternalStream",
    "Stream",
    "StreamContext",
    "current_stream",
    "default_stream",
    "set_stream",
    "stream",
]


class Stream(_streams.Stream):
    """The queue of a GPU. All streams of a GPU are this one queue.

    Raises:
        AssertionError: ``cuda`` means no GPU.
    """

    cuda_stream = 0

    def __init__(self, device: Device | None = None, priority: int = 0, **kwargs: Any) -> None:
        gpus()
        super().__init__(_C.device("cuda") if device is None else device, priority)


class ExternalStream(Stream):
    """Streams of other libraries cannot be used.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, stream_ptr: int, device: Device | None = None, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.ExternalStream: streams of other libraries cannot be used here")


class Event(_streams.Event):
    """A moment in the work of a GPU. One with ``enable_timing`` waits for the GPU where it is recorded."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        super().__init__(enable_timing=enable_timing)


class StreamContext:
    """The block of :func:`stream`."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream
        self._before = -1

    def __enter__(self) -> None:
        if self.stream is not None:
            self._before = current_device()
            set_device(self.stream.device)

    def __exit__(self, *exception: object) -> None:
        if self.stream is not None:
            set_device(self._before)


def stream(stream: Stream | None) -> StreamContext:
    """A block whose work goes to a stream: to the GPU of it. None changes nothing."""
    return StreamContext(stream)


def set_stream(stream: Stream | None) -> None:
    """Choose the GPU of a stream as the current one; None changes nothing."""
    if stream is not None:
        set_device(stream.device)


def current_stream(device: Device | None = None) -> Stream:
    """The queue of a GPU."""
    return Stream(device)


default_stream = current_stream
