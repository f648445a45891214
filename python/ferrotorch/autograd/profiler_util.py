"""Events of profiles, their averages, and tables and traces of them."""

from __future__ import annotations

import enum
import gzip
import json
import os
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DeviceType", "EventList", "FunctionEvent", "FunctionEventAvg", "Interval"]


class DeviceType(enum.Enum):
    """Where something runs."""

    CPU = 0
    CUDA = 1


class Interval:
    """From when to when, in microseconds."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def elapsed_us(self) -> float:
        """How long that is."""
        return self.end - self.start


def _attribute_of_events(of: str) -> Any:
    return property(lambda self: getattr(self, of), doc=f"As `{of}`.")


def _text_of_time(of: str) -> Any:
    return property(lambda self: _time(getattr(self, of)), doc=f"`{of}` as text.")


class _OfTheHost:
    """What events and averages have besides times of the host: those of devices are nothing, for none is watched."""

    count: int
    cpu_time_total: float
    self_cpu_time_total: float
    device_type = DeviceType.CPU
    use_device: str | None = None
    node_id = -1
    scope = 0
    overload_name = ""
    is_remote = False
    is_legacy = False
    device_time_total = self_device_time_total = 0
    device_time = 0.0
    device_memory_usage = self_device_memory_usage = 0
    cuda_time_total = self_cuda_time_total = 0
    cuda_time = 0.0
    cuda_memory_usage = self_cuda_memory_usage = 0
    cpu_time_str = _text_of_time("cpu_time")
    cpu_time_total_str = _text_of_time("cpu_time_total")
    self_cpu_time_total_str = _text_of_time("self_cpu_time_total")
    device_time_str = _text_of_time("device_time")
    device_time_total_str = _text_of_time("device_time_total")
    self_device_time_total_str = _text_of_time("self_device_time_total")

    @property
    def cpu_time(self) -> float:
        """Microseconds that one call takes in the mean."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def stack(self) -> list[str]:
        """The callers: they are not recorded."""
        return []


@dataclass(eq=False)
class FunctionEvent(_OfTheHost):
    """One launch, call of a function or named range: times are in microseconds of a clock that only goes forward.

    Memory is what is taken within it; what events inside of it take is not in ``self_cpu_memory_usage``.
    """

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
    self_cpu_memory_usage: int = 0
    id: int = 0
    thread: int = 0
    cpu_parent: FunctionEvent | None = field(default=None, repr=False)
    cpu_children: list[FunctionEvent] = field(default_factory=list, repr=False)
    # Is it the call of a function, which launches come from?
    is_call: bool = False

    count = 1
    key = _attribute_of_events("name")

    def __post_init__(self) -> None:
        """Let all steps go by one name; only traces number them."""
        self.trace_name = self.name
        if self.name.startswith("ProfilerStep#"):
            self.name = "ProfilerStep*"

    @property
    def cpu_time_total(self) -> float:  # type: ignore[override]
        """Microseconds from start to end."""
        return self.end - self.start

    @property
    def time_range(self) -> Interval:
        """From when to when."""
        return Interval(self.start, self.end)


@dataclass
class FunctionEventAvg(_OfTheHost):
    """Events of one name together."""

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    flops: int = 0
    cpu_memory_usage: int = 0
    input_shapes: list[list[int]] = field(default_factory=list)
    self_cpu_memory_usage: int = 0
    is_user_annotation: bool = False
    is_async: bool = False

    name = _attribute_of_events("key")
    cpu_parent = None

    @property
    def cpu_children(self) -> list[Any]:
        """Averages are inside of none."""
        return []

    def add(self, event: Any) -> FunctionEventAvg:
        """Take in another event, or another average."""
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.flops += event.flops
        self.cpu_memory_usage += event.cpu_memory_usage
        self.self_cpu_memory_usage += event.self_cpu_memory_usage
        self.is_user_annotation = event.is_user_annotation
        return self


class EventList(list[Any]):
    """Events, or averages of events.

    Args:
        events: the events.
        use_device: accepted; tables have the columns of devices where there are such events.
        profile_memory: tables tell the memory.
        with_flops: tables tell floating-point operations.
    """

    def __init__(
        self, events: Any = (), *, use_device: str | None = None, profile_memory: bool = False, with_flops: bool = False
    ) -> None:
        super().__init__(events)
        self._options: dict[str, Any] = {"profile_memory": profile_memory, "with_flops": with_flops}

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events of each name (and of the same shapes) together.

        ``group_by_stack_n`` and ``group_by_overload_name`` are accepted: neither is recorded.
        """
        averages: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else []
            average = averages.setdefault((event.key, str(shapes)), FunctionEventAvg(event.key, input_shapes=shapes))
            average.add(event)
        return EventList(averages.values(), **self._options)

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

    def table(
        self, sort_by: str | None = None, row_limit: int = 100, max_src_column_width: int = 75,
        max_name_column_width: int = 55, max_shapes_column_width: int = 80, header: str | None = None,
        top_level_events_only: bool = False, time_unit: str | None = None,
    ) -> str:  # fmt: skip
        """Events or averages as text.

        Args:
            sort_by: an attribute such as ``cpu_time_total``, the largest of which comes first.
            row_limit: how many are shown; -1 for all.
            max_src_column_width: accepted: callers are not recorded.
            max_name_column_width, max_shapes_column_width: what is longer is cut.
            header: a line above.
            top_level_events_only: leave out events inside of others.
            time_unit: ``"s"``, ``"ms"`` or ``"us"`` for all times; by default as they are large.
        """
        rows = [row for row in self if not top_level_events_only or row.cpu_parent is None]
        if sort_by is not None:
            rows.sort(key=lambda row: getattr(row, sort_by), reverse=True)
        total = sum(row.self_cpu_time_total for row in self)
        widths = {"Name": max_name_column_width, "Input Shapes": max_shapes_column_width}
        cells = [_cells(row, total, self._options, time_unit) for row in rows[: None if row_limit < 0 else row_limit]]
        if not any(row["Input Shapes"] not in ("", "[]") for row in cells):
            for row in cells:
                del row["Input Shapes"]
        lines = [list(cells[0]) if cells else ["Name"]]
        lines += [[_cut(text, widths.get(name)) for name, text in row.items()] for row in cells]
        sizes = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        sizes = [max(size, 12) if place else size for place, size in enumerate(sizes)]
        rule = "  ".join("-" * size for size in sizes)
        text = ["  ".join(cell.rjust(size) for cell, size in zip(line, sizes, strict=True)) for line in lines]
        above = [] if header is None else ["=" * len(rule), header]
        ending = f"Self CPU time total: {_time(total, time_unit)}"
        return "\n".join([*above, rule, text[0], rule, *text[1:], rule, ending, ""])

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str, metadata: dict[str, Any] | None = None) -> None:
        """Write the events in the format of ``chrome://tracing`` and Perfetto, with further entries of the file.

        A path that ends with ``.gz`` is packed.
        """
        trace = {"schemaVersion": 1, **(metadata or {}), "traceEvents": [_trace_event(event) for event in self]}
        with gzip.open(path, "wt") if str(path).endswith(".gz") else open(path, "w") as file:
            json.dump(trace, file)

    def export_stacks(self, path: str, metric: str) -> None:
        """Write the callers of events with a time of each.

        None are recorded, so that the file is empty.

        Raises:
            ValueError: another metric than ``"self_cpu_time_total"`` and ``"self_device_time_total"``.
        """
        metrics = ("self_cpu_time_total", "self_cuda_time_total", "self_device_time_total", "self_xpu_time_total")
        if metric not in metrics:
            raise ValueError(f"metric should be one of: {list(metrics)}")
        with open(path, "w"):
            pass


def _cut(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else f"{text[: width - 3]}..."


def _share(part: float, total: float) -> str:
    return f"{100 * part / total:.2f}%" if total else "NaN"


def _cells(row: Any, total: float, options: dict[str, bool], unit: str | None) -> dict[str, str]:
    """What a table shows of an event, by column."""
    cells = {
        "Name": row.key,
        "Self CPU %": _share(row.self_cpu_time_total, total),
        "Self CPU": _time(row.self_cpu_time_total, unit),
        "CPU total %": "0.00%" if row.is_async else _share(row.cpu_time_total, total),
        "CPU total": _time(row.cpu_time_total, unit),
        "CPU time avg": _time(row.cpu_time, unit),
    }
    if options["profile_memory"]:
        cells |= {"CPU Mem": _bytes(row.cpu_memory_usage), "Self CPU Mem": _bytes(row.self_cpu_memory_usage)}
    cells |= {"# of Calls": str(row.count), "Input Shapes": str(row.input_shapes)}
    if options["with_flops"]:
        cells["Total FLOPs"] = str(row.flops) if row.flops else "--"
    return cells


def _trace_event(event: Any) -> dict[str, Any]:
    return {
        "ph": "X",
        "cat": "communication" if event.is_async else "user_annotation" if event.is_user_annotation else "cpu_op",
        "name": event.trace_name,
        "pid": os.getpid(),
        "tid": int(event.is_async),
        "ts": event.start,
        "dur": event.cpu_time_total,
        "args": {"Input Dims": event.input_shapes, "flops": event.flops},
    }


def _time(microseconds: float, unit: str | None = None) -> str:
    sizes = {"s": 1e6, "ms": 1e3, "us": 1.0}
    if unit is None:
        unit = next((name for name, size in sizes.items() if microseconds >= size), "us")
    return f"{microseconds / sizes[unit]:.3f}{unit}"


def _bytes(count: int) -> str:
    for name, size in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if abs(count) >= size:
            return f"{count / size:.2f} {name}"
    return f"{count} B"
