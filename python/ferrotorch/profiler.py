"""Profiles of programs, over some of their steps.

>>> with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as p:
...     with record_function("forward"):
...         model(x)
>>> print(p.key_averages().table(sort_by="cpu_time_total"))

The events are those of :mod:`ferrotorch.autograd.profiler`: one for each launch on the thread that profiles.
"""

from __future__ import annotations

import enum
import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from ferrotorch.autograd import profiler as _events
from ferrotorch.autograd.profiler import record_function

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(enum.Enum):
    """What is looked at. Kernels on a GPU run when they like: their events show what the host does for them."""

    CPU = 0
    XPU = 1
    CUDA = 2


def kineto_available() -> bool:
    """True: what PyTorch needs its library Kineto for, schedules and traces, is there."""
    return True


def supported_activities() -> set[ProfilerActivity]:
    """What is looked at: the host."""
    return {ProfilerActivity.CPU}


class ProfilerAction(enum.Enum):
    """What a profile does with a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0
) -> Callable[[int], ProfilerAction]:
    """Cycles of steps that are not looked at (``wait``, then ``warmup``) and of steps that are (``active``).

    Args:
        wait: Steps at the start of a cycle.
        warmup: Steps behind these.
        active: Steps that are recorded; with the last of them the profile is handed to ``on_trace_ready``.
        repeat: Number of cycles; 0 goes on for ever.
        skip_first: Steps before the first cycle.
    """
    if active <= 0 or min(wait, warmup, repeat, skip_first) < 0:
        raise AssertionError("Invalid profiler schedule arguments")
    length = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if repeat > 0 and step // length >= repeat:
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[Any], None]:
    """An ``on_trace_ready`` that writes each trace into a folder, under a name that tells worker and time."""

    def write(profiler: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        path = os.path.join(dir_name, f"{worker}.{time.time_ns()}.pt.trace.json")
        profiler.export_chrome_trace(path)
        if use_gzip:
            import gzip

            with open(path, "rb") as plain, gzip.open(f"{path}.gz", "wb") as packed:
                packed.write(plain.read())
            os.remove(path)

    return write


class profile:
    """A context whose steps are profiled by a schedule; without one, all of it.

    ``with_modules`` is accepted: the stack of modules is TorchScript's.

    Args:
        activities: Accepted for compatibility: what the host does is recorded either way.
        schedule: What to do at each step; :meth:`step` goes on to the next.
        on_trace_ready: Called with the profile when a cycle ends, or the context.
        record_shapes: Note the shapes of inputs.
        profile_memory: Note the bytes of results.
        with_stack: Accepted for compatibility.
        with_flops: Note floating-point operations.
        experimental_config: Accepted, as ``with_stack``.
        execution_trace_observer: Accepted, as ``with_stack``.
        acc_events: Accepted: the events of one cycle are kept.
        use_cuda: Accepted: launches on all devices are recorded.
        custom_trace_id_callback: Accepted: traces have no number.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[Any], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Callable[[], str] | None = None,
    ) -> None:
        self.activities = set(activities or supported_activities())
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.record_steps = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.record_shapes, self.profile_memory, self.with_flops = record_shapes, profile_memory, with_flops
        self.with_stack, self.with_modules, self.acc_events = with_stack, with_modules, acc_events
        self._metadata: dict[str, Any] = {}
        self._options: dict[str, Any] = {
            "record_shapes": record_shapes,
            "with_flops": with_flops,
            "profile_memory": profile_memory,
        }
        self.step_num = 0
        self.current_action = self.schedule(0)
        self._running: _events.profile | None = None
        self._step: record_function | None = None
        self._events = _events.EventList()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with the first step."""
        self._begin()

    def stop(self) -> None:
        """End the step, and hand over what was recorded."""
        recorded = self._running is not None
        self._end()
        if recorded and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def step(self) -> None:
        """Go on to the next step."""
        before, self.step_num = self.current_action, self.step_num + 1
        self.current_action = self.schedule(self.step_num)
        self._end_step()
        if before is ProfilerAction.RECORD_AND_SAVE:
            self._end()
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)
        self._begin()

    def _begin(self) -> None:
        records = self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if records and self._running is None:
            self._running = _events.profile(**self._options).__enter__()
        if records and self.record_steps:
            self._step = record_function(f"ProfilerStep#{self.step_num}").__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def _end(self) -> None:
        self._end_step()
        if self._running is not None:
            self._running.__exit__()
            self._events, self._running = self._running.function_events, None

    def events(self) -> _events.EventList:
        """The events of the last cycle."""
        return self._events

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> _events.EventList:
        """The events of each name (and of the same shapes) together.

        ``group_by_stack_n`` and ``group_by_overload_name`` are accepted: neither is recorded.
        """
        return self._events.key_averages(group_by_input_shape)

    def export_chrome_trace(self, path: str) -> None:
        """Write the events in the format of ``chrome://tracing`` and Perfetto."""
        self._events.export_chrome_trace(path, self._metadata)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the callers of events, of which none are recorded."""
        self._events.export_stacks(path, metric)

    def add_metadata(self, key: str, value: str) -> None:
        """Add a text to the trace."""
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Add what a text in JSON says to the trace."""
        self._metadata[key] = json.loads(value)

    preset_metadata_json = add_metadata_json

    @property
    def profiler(self) -> _events.profile | None:
        """What records, while it does."""
        return self._running
