"""Where time goes: events of what the core launches, and of ranges that a program names.

An event of the core is one launch of a kernel, named as PyTorch names ops (``aten::exp``), in forward and backward
passes. What Python itself takes lies between the events. See :mod:`ferrotorch.profiler` for schedules.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Self, TypeVar

from ferrotorch import _C

__all__ = [
    "EventList",
    "FunctionEvent",
    "FunctionEventAvg",
    "emit_nvtx",
    "profile",
    "record_function",
]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class FunctionEvent:
    """One launch or named range: times are in microseconds of a clock that only goes forward."""

    name: str
    start: float
    end: float
    flops: int = 0
    cpu_memory_usage: int = 0
    input_shapes: list[list[int]] = field(default_factory=list)
    is_user_annotation: bool = False
    self_cpu_time_total: float = 0.0
    # Is it under way beside what the thread does? Then it takes none of its time.
    is_async: bool = False

    @property
    def key(self) -> str:
        """The name, by which events are averaged."""
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """Microseconds from start to end."""
        return self.end - self.start

    @property
    def cpu_time(self) -> float:
        """Microseconds from start to end."""
        return self.cpu_time_total


@dataclass
class FunctionEventAvg:
    """Events of one name together."""

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    flops: int = 0
    cpu_memory_usage: int = 0
    input_shapes: list[list[int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name that the events share."""
        return self.key

    @property
    def cpu_time(self) -> float:
        """Microseconds that one call takes in the mean."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def add(self, event: Any) -> None:
        """Take in another event, or another average."""
        self.count += getattr(event, "count", 1)
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.flops += event.flops
        self.cpu_memory_usage += event.cpu_memory_usage


class EventList(list[Any]):
    """Events, or averages of events."""

    def key_averages(self, group_by_input_shape: bool = False) -> EventList:
        """The events of each name (and of the same shapes) together."""
        averages: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else []
            average = averages.setdefault((event.key, str(shapes)), FunctionEventAvg(event.key, input_shapes=shapes))
            average.add(event)
        return EventList(averages.values())

    def total_average(self) -> FunctionEventAvg:
        """All events together."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all events, those inside of others counted once."""
        return sum(event.self_cpu_time_total for event in self)

    def table(self, sort_by: str | None = None, row_limit: int = 100, max_name_column_width: int = 55) -> str:
        """Averages as text, the largest by ``sort_by`` (an attribute such as ``cpu_time_total``) first."""
        rows = list(self) if any(isinstance(e, FunctionEventAvg) for e in self) else list(self.key_averages())
        if sort_by is not None:
            rows.sort(key=lambda row: getattr(row, sort_by), reverse=True)
        total = sum(row.self_cpu_time_total for row in rows) or 1.0
        header = ["Name", "Self CPU %", "Self CPU", "CPU total", "CPU time avg", "# of Calls"]
        with_flops = any(row.flops for row in rows)
        lines = [header + ["Total FLOPs"] * with_flops]
        for row in rows[:row_limit] if row_limit >= 0 else rows:
            cells = [
                row.key[:max_name_column_width], f"{100 * row.self_cpu_time_total / total:.2f}%",
                _time(row.self_cpu_time_total), _time(row.cpu_time_total), _time(row.cpu_time), str(row.count),
            ]  # fmt: skip
            lines.append(cells + [str(row.flops)] * with_flops)
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        rule = "  ".join("-" * width for width in widths)
        text = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([rule, text[0], rule, *text[1:], rule, f"Self CPU time total: {_time(total)}", ""])

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str) -> None:
        """Write the events in the format of ``chrome://tracing`` and Perfetto."""
        with open(path, "w") as file:
            json.dump({"schemaVersion": 1, "traceEvents": [_trace_event(event) for event in self]}, file)


def _trace_event(event: Any) -> dict[str, Any]:
    return {
        "ph": "X",
        "cat": "communication" if event.is_async else "user_annotation" if event.is_user_annotation else "cpu_op",
        "name": event.name,
        "pid": os.getpid(),
        "tid": int(event.is_async),
        "ts": event.start,
        "dur": event.cpu_time_total,
        "args": {"Input Dims": event.input_shapes, "flops": event.flops},
    }


def _time(microseconds: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3f}{unit}"
    return f"{microseconds:.3f}us"


#: The profiles that are on, the innermost last.
_ACTIVE: list[profile] = []


class profile:
    """A context whose launches on this thread become events.

    Args:
        enabled: False makes the context do nothing.
        record_shapes: Note the shapes of inputs.
        with_flops: Note the floating-point operations of matrix products, convolutions and attention.
        profile_memory: Note the bytes of results.
        use_cuda: Accepted: launches on all devices are recorded.
        use_device: Accepted, as ``use_cuda``.
        with_stack: Accepted: callers are not recorded.
        with_modules: Accepted, as ``with_stack``.
        use_kineto: Accepted: there is one way of recording.
        use_cpu: Accepted, as ``use_kineto``.
        experimental_config: Accepted, as ``use_kineto``.
        acc_events: Accepted: the events of one block are kept.
        custom_trace_id_callback: Accepted: traces have no number.
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Callable[[], str] | None = None,
    ) -> None:
        self.enabled, self.with_flops, self.profile_memory = enabled, with_flops, profile_memory
        self._record = _C._LaunchRecord(record_shapes)
        self._ranges: list[FunctionEvent] = []
        self.function_events = EventList()

    def __enter__(self) -> Self:
        if self.enabled:
            _ACTIVE.append(self)
            self._record.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.enabled:
            self._record.stop()
            _ACTIVE.remove(self)
            self.function_events = EventList(_nested([*self._ranges, *map(self._event, self._record.drain())]))

    def _event(self, launch: tuple[Any, ...]) -> FunctionEvent:
        name, start, end, flops, size, shapes = launch
        return FunctionEvent(
            f"aten::{name}",
            start / 1e3,
            end / 1e3,
            flops if self.with_flops else 0,
            size if self.profile_memory else 0,
            shapes,
        )

    def key_averages(self, group_by_input_shape: bool = False) -> EventList:
        """The events of each name together."""
        return self.function_events.key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """All events together."""
        return self.function_events.total_average()

    def table(self, sort_by: str | None = None, row_limit: int = 100) -> str:
        """Averages as text."""
        return self.key_averages().table(sort_by, row_limit)

    def export_chrome_trace(self, path: str) -> None:
        """Write the events in the format of ``chrome://tracing`` and Perfetto."""
        self.function_events.export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all events."""
        return self.function_events.self_cpu_time_total

    def __str__(self) -> str:
        return self.table()


def _nested(events: Iterable[FunctionEvent]) -> list[FunctionEvent]:
    """Events in the order of their starts, each with the time that is its own and not that of events inside of it."""
    ordered = sorted(events, key=lambda e: (e.start, -e.end))
    around: list[FunctionEvent] = []
    for event in ordered:
        if event.is_async:
            continue
        event.self_cpu_time_total = event.cpu_time_total
        while around and around[-1].end <= event.start:
            around.pop()
        if around:
            around[-1].self_cpu_time_total -= event.cpu_time_total
        around.append(event)
    return ordered


def beginning() -> int:
    """When something begins whose end :func:`note_async` is to be told; 0 where no profile is on."""
    return _C._nanoseconds() if _ACTIVE else 0


def note_async(name: str, start: int) -> None:
    """Let profiles know of something that was under way beside what the thread did, since :func:`beginning`."""
    event = FunctionEvent(name, start / 1e3, _C._nanoseconds() / 1e3, is_async=True)
    for active in _ACTIVE:
        active._ranges.append(event)


class record_function:
    """A context, or decorator, whose time becomes an event of that name where a profile is on."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._starts: list[int] = []

    def __enter__(self) -> Self:
        self._starts.append(_C._nanoseconds() if _ACTIVE else -1)
        return self

    def __exit__(self, *exception: object) -> None:
        start = self._starts.pop()
        if start >= 0:
            event = FunctionEvent(self.name, start / 1e3, _C._nanoseconds() / 1e3, is_user_annotation=True)
            for active in _ACTIVE:
                active._ranges.append(event)

    def __call__(self, function: F) -> F:
        @wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return recorded  # type: ignore[return-value]


class emit_nvtx:
    """A context that marks ops for NVIDIA's profilers, for which there is no CUDA here.

    Args:
        enabled: False makes the context do nothing.
        record_shapes: accepted for compatibility.

    Raises:
        RuntimeError: on entering it, if enabled.
    """

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> Self | None:
        if self.enabled:
            raise RuntimeError("emit_nvtx: NVTX functions not installed. Are you sure you have a CUDA build?")
        return None

    def __exit__(self, *exception: object) -> None:
        pass
