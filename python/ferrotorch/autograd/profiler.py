"""Where time goes: events of what the core launches, and of ranges that a program names.

An event of the core is one launch of a kernel, named as PyTorch names ops (``aten::exp``), in forward and backward
passes. Launches lie within events of the function that the program calls where that has another name, such as
``aten::linear``. What Python itself takes lies between the events. See :mod:`ferrotorch.profiler` for schedules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Self, TypeVar

from ferrotorch import _C
from ferrotorch.autograd.profiler_util import DeviceType, EventList, FunctionEvent, FunctionEventAvg, Interval

__all__ = [
    "DeviceType",
    "EventList",
    "FunctionEvent",
    "FunctionEventAvg",
    "Interval",
    "emit_itt",
    "emit_nvtx",
    "profile",
    "record_function",
]

F = TypeVar("F", bound=Callable[..., Any])


#: The profiles that are on, the innermost last.
_ACTIVE: list[profile] = []


#: Launches that PyTorch names otherwise than the function that they are the work of.
_LAUNCHES = {
    "batch_norm": "native_batch_norm",
    "group_norm": "native_group_norm",
    "layer_norm": "native_layer_norm",
    "log_softmax": "_log_softmax",
    "softmax": "_softmax",
    "to": "_to_copy",
}


class _Calls:
    """Makes an event of each call of a function that is an op of PyTorch's, while a profile is on."""

    def __init__(self, owner: profile, record_shapes: bool) -> None:
        from ferrotorch.overrides import TorchFunctionMode

        class Mode(TorchFunctionMode):
            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                name = _op_name(func)
                if name is None:
                    return func(*args, **(kwargs or {}))
                shapes = [list(x.shape) if isinstance(x, _C.Tensor) else [] for x in args] if record_shapes else []
                start = _C._nanoseconds()
                try:
                    return func(*args, **(kwargs or {}))
                finally:
                    end = _C._nanoseconds() / 1e3
                    owner._ranges.append(
                        FunctionEvent(f"aten::{name}", start / 1e3, end, input_shapes=shapes, is_call=True)
                    )

        self._mode = Mode()

    def enter(self) -> None:
        """Watch calls from now on."""
        from ferrotorch import overrides

        overrides._push_mode(self._mode)

    def leave(self) -> None:
        """Watch no longer; modes that the program has entered since stay."""
        from ferrotorch import overrides

        later = []
        while (mode := overrides._pop_mode()) is not self._mode:
            later.append(mode)
        for mode in reversed(later):
            overrides._push_mode(mode)


_OP_NAMES: dict[str, str | None] = {"__get__": None, "__set__": None, "__getitem__": None, "__setitem__": None}


def _op_name(func: Any) -> str | None:
    """PyTorch's name for what a function does; None for one that is no op."""
    from ferrotorch._ops import aten

    name = getattr(func, "__name__", "")
    if name not in _OP_NAMES:
        plain = name[2:-2] if name.startswith("__") and name.endswith("__") else name
        plain = {"float": "to", "double": "to", "half": "to", "bfloat16": "to"}.get(plain, plain)
        choices = [plain, plain[1:] if plain[:1] == "r" else plain]
        _OP_NAMES[name] = next((each for each in choices if each and hasattr(aten, each)), None)
    return _OP_NAMES[name]


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
        self._calls = _Calls(self, record_shapes)
        self._ranges: list[FunctionEvent] = []
        self.function_events = EventList()

    def __enter__(self) -> Self:
        if self.enabled:
            _ACTIVE.append(self)
            self._calls.enter()
            self._record.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.enabled:
            self._record.stop()
            self._calls.leave()
            _ACTIVE.remove(self)
            events = _nested([*self._ranges, *map(self._event, self._record.drain())])
            options: dict[str, Any] = {"profile_memory": self.profile_memory, "with_flops": self.with_flops}
            self.function_events = EventList(events, **options)

    def _event(self, launch: tuple[Any, ...]) -> FunctionEvent:
        name, start, end, flops, size, shapes = launch
        return FunctionEvent(
            f"aten::{_LAUNCHES.get(name, name)}",
            start / 1e3,
            end / 1e3,
            flops if self.with_flops else 0,
            size if self.profile_memory else 0,
            shapes,
        )

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events of each name (and of the same shapes) together.

        ``group_by_stack_n`` and ``group_by_overload_name`` are accepted: neither is recorded.
        """
        return self.function_events.key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """All events together."""
        return self.function_events.total_average()

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """The events as text; see :meth:`EventList.table`."""
        return self.function_events.table(sort_by, row_limit, **options)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the callers of events, of which none are recorded."""
        self.function_events.export_stacks(path, metric)

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
    """Events in the order of their starts, each with what is its own and what is of events inside of it."""
    ordered: list[FunctionEvent] = []
    around: list[FunctionEvent] = []
    for event in sorted(events, key=lambda e: (e.start, -e.end)):
        if not event.is_async:
            while around and around[-1].end <= event.start:
                around.pop()
            if around and around[-1].is_call and around[-1].name == event.name:
                # A function that is one launch is no event besides it.
                ordered.remove(around.pop())
            event.self_cpu_time_total = event.cpu_time_total
            event.self_cpu_memory_usage = event.cpu_memory_usage
            event.cpu_parent = around[-1] if around else None
            around.append(event)
        ordered.append(event)
    for event in reversed(ordered):
        parent = event.cpu_parent
        if parent is not None:
            parent.cpu_children.insert(0, event)
            parent.self_cpu_time_total -= event.cpu_time_total
            parent.cpu_memory_usage += event.cpu_memory_usage
            if parent.name.startswith("aten::conv") and event.name == "aten::convolution":
                parent.flops, event.flops = parent.flops + event.flops, 0
    for place, event in enumerate(ordered):
        event.id = place
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


class emit_itt(emit_nvtx):
    """A context that marks ops for Intel's profilers, which have no part here: as :class:`emit_nvtx`.

    Args:
        enabled: False makes the context do nothing.
        record_shapes: accepted for compatibility.

    Raises:
        RuntimeError: on entering it, if enabled.
    """

    def __enter__(self) -> Self | None:
        if self.enabled:
            raise RuntimeError("emit_itt: ITT functions not installed. Are you sure you have a ITT build?")
        return None
