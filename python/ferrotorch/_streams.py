"""Streams and events. A device has one queue here, which does its work in order.

What waits for another stream waits for nothing more, and an event has happened once the queue is empty.
"""

from __future__ import annotations

import time
from typing import Any, Self

from ferrotorch import _C

__all__ = ["Event", "Stream"]


class Stream:
    """The queue of a device. All streams of a device are this one queue.

    Args:
        device: The device; by default the GPU.
        priority: Accepted: there is one queue.
    """

    def __init__(self, device: _C.device | str | int | None = None, priority: int = 0, **kwargs: Any) -> None:
        named = _C.device(_C._gpu_kind() if device is None else device)
        if named.type == _C._gpu_kind() and named.index is None:
            named = _C.device(named.type, _C._gpu_current())
        self.device, self.priority = named, priority
        self.device_index, self.stream_id = named.index, 0

    def synchronize(self) -> None:
        """Wait until the device has done all its work."""
        from ferrotorch.accelerator import get_device_module

        get_device_module(self.device).synchronize(self.device)

    def query(self) -> bool:
        """True, when the device has done all its work: this waits for it."""
        self.synchronize()
        return True

    def wait_stream(self, stream: Stream) -> None:
        """The work of both is in one queue: what comes later waits already."""

    def wait_event(self, event: Event) -> None:
        """The event is in the same queue: what comes later waits already."""

    def record_event(self, event: Event | None = None) -> Event:
        """An event that happens when the work recorded so far is done."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.device == self.device

    def __hash__(self) -> int:
        return hash(self.device)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"torch.Stream device={self.device} stream_id=0"


class Event:
    """A moment in the work of a device. One with ``enable_timing`` waits for the device where it is recorded."""

    def __init__(self, *args: Any, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False):
        self._is_timed = enable_timing
        self._stream: Stream | None = None
        self._moment: float | None = None

    def record(self, stream: Stream | None = None) -> None:
        """Let the event be the end of what the device has been given so far."""
        self._stream = Stream() if stream is None else stream
        if self._is_timed:
            self._stream.synchronize()
            self._moment = time.perf_counter()

    def wait(self, stream: Stream | None = None) -> None:
        """What is given to the device from now on comes after the event already."""

    def synchronize(self) -> None:
        """Wait for the event."""
        if self._stream is not None:
            self._stream.synchronize()

    def query(self) -> bool:
        """True, once the event has happened: this waits for it."""
        self.synchronize()
        return True

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another one.

        Raises:
            ValueError: one of them was not recorded, or not with ``enable_timing``.
        """
        if self._moment is None or end_event._moment is None:
            raise ValueError("Both events must be recorded, with enable_timing=True, before calculating elapsed time.")
        return (end_event._moment - self._moment) * 1e3
