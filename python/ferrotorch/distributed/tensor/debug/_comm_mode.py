"""Counting the collective operations of a program, module by module."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import ferrotorch as torch
from ferrotorch import _ops
from ferrotorch.distributed import _watching
from ferrotorch.distributed.tensor._api import DTensor
from ferrotorch.overrides import TorchFunctionMode
from ferrotorch.utils._python_dispatch import TorchDispatchMode
from ferrotorch.utils.module_tracker import ModuleTracker

__all__ = ["CommDebugMode"]

_GLOBAL = "Global"
# Ops that only look at tensors otherwise.
_TRIVIAL = frozenset(
    ["aten.detach.default", "aten.t.default", "aten.view.default", "aten.view_as.default", "aten._to_copy.default",
     "aten.as_strided.default", "aten.transpose.int"]
)  # fmt: skip
_YELLOW, _RED, _PLAIN = "\033[1;33m", "\033[1;31m", "\033[0m"
_COLOURS = re.compile(r"\x1B\[[0-?]*[ -/]*[@-~]")


@dataclass
class _Op:
    """An op that ran: of functions of tensors over processes also shapes, placements and mesh of these."""

    name: str
    is_bw: bool
    shapes: list[Any] = field(default_factory=list)
    placements: list[Any] = field(default_factory=list)
    mesh: str = ""

    def is_shown(self, noise_level: int) -> bool:
        """Is it in tables of a level?"""
        if noise_level >= 3:
            return True
        return self.name not in _TRIVIAL and (noise_level == 2 or (noise_level == 1 and bool(self.shapes)))


@dataclass
class _Part:
    """What is known of a module that ran."""

    kind: str = ""
    depth: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    ops: list[_Op] = field(default_factory=list)

    def placements(self) -> dict[str, Any]:
        """How parameters lie that are spread."""
        return {name: each.placements for name, each in self.parameters.items() if isinstance(each, DTensor)}


class _Tracker(ModuleTracker):
    """Knows which modules are at work, and calls what is given with each module whose forward pass begins."""

    def __init__(self, note: Callable[[str, Any, str], None], parts: dict[str, _Part]) -> None:
        super().__init__()
        self._note = note
        # What is known of each module that ran, by names.
        self.module_helper_dict = parts

        self._watched: set[int] = set()
        # Modules whose own hook came too late for the call that is under way.
        self._late: set[int] = set()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._watched.clear()
        self._late.clear()

    def _before(self, module: Any, inputs: Any) -> None:
        if not self.is_bw:
            self._note(self._name_of(module), module, self.innermost())
        if id(module) not in self._watched:
            self._late.add(id(module))
            for part in module.modules():
                self._watch_end(part)
        super()._before(module, inputs)

    def _watch_end(self, module: Any) -> None:
        """Hear of the end of forward passes by the last of a module's hooks: what others do to outputs is its doing."""
        if id(module) not in self._watched:
            self._watched.add(id(module))
            self._handles.append(module.register_forward_hook(super()._after))

    def _after(self, module: Any, inputs: Any, output: Any) -> None:
        """The hook of all modules comes before their own ones, and counts where these came too late."""
        if id(module) in self._late:
            self._late.discard(id(module))
            super()._after(module, inputs, output)

    def innermost(self) -> str:
        """The name of the module at work that is in no other."""
        return max(self.parents, key=lambda name: (name != _GLOBAL, name.count(".")))


class _Ops(TorchDispatchMode):
    """Sees each op on plain tensors."""

    def __init__(self, note: Callable[[_Op], None], tracker: _Tracker) -> None:
        super().__init__()
        self._note, self._tracker = note, tracker

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._note(_Op(str(func), self._tracker.is_bw))
        return func(*args, **(kwargs or {}))


class _Functions(TorchFunctionMode):
    """Sees each function of tensors over processes."""

    def __init__(self, note: Callable[[_Op], None], tracker: _Tracker) -> None:
        super().__init__()
        self._note, self._tracker = note, tracker

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        spread = [each for each in args if isinstance(each, DTensor)]
        if spread and getattr(func, "__name__", "") not in ("__get__", "__set__"):
            name, mesh = getattr(func, "__name__", str(func)), str(spread[0].device_mesh)
            shapes, placements = [each.shape for each in spread], [each.placements for each in spread]
            self._note(_Op(name, self._tracker.is_bw, shapes, placements, mesh))
        return func(*args, **(kwargs or {}))


class CommDebugMode:
    """A context that counts collective operations, in all and by module.

    Example::

        with CommDebugMode() as mode:
            model(inputs).sum().backward()
        print(mode.get_comm_counts())
        print(mode.generate_comm_debug_tracing_table(noise_level=0))

    Counts are by ops: those of `torch.distributed` by ``torch.ops.c10d.allreduce_`` and the like; those of tensors over
    processes, and those that return new tensors, by ``torch.ops.c10d_functional.all_reduce`` and the like.
    """

    def __init__(self) -> None:
        self.comm_counts: dict[Any, int] = defaultdict(int)
        # By names of modules, "forward" or "backward", and op.
        self.comm_module_counts: dict[str, dict[str, dict[Any, int]]] = {}
        self._parts: dict[str, _Part] = {}
        self._tracker = self.advanced_module_tracker = _Tracker(self._note_module, self._parts)
        self._modes = (_Ops(self._note_op, self._tracker), _Functions(self._note_op, self._tracker))

    def __enter__(self) -> Self:
        self.comm_counts.clear()
        self.comm_module_counts.clear()
        self._parts.clear()
        self._parts[_GLOBAL] = _Part()
        self._counts_of(_GLOBAL)
        for each in (self._tracker, *self._modes):
            each.__enter__()
        _watching.watchers.append(self._note_collective)
        return self

    def __exit__(self, *exception: object) -> None:
        _watching.watchers.remove(self._note_collective)
        for each in (*reversed(self._modes), self._tracker):
            each.__exit__(*exception)

    def __repr__(self) -> str:
        return f"CommDebugMode(get_total_counts()={self.get_total_counts()})"

    def _note_module(self, name: str, module: torch.nn.Module, parent: str) -> None:
        if name in self._parts:
            return
        parameters = {key: each.data for key, each in module.named_parameters(recurse=False)}
        depth = self._parts[parent].depth + 1
        self._parts[name] = _Part(str(type(module)).strip("<>"), depth, parameters)
        self._parts[parent].children.append(name)

    def _note_op(self, op: _Op) -> None:
        self._parts[self._tracker.innermost()].ops.append(op)

    def _note_collective(self, name: str) -> None:
        space, _, op = name.partition(".")
        key = getattr(_ops.ops, space)._packet(op)
        self.comm_counts[key] += 1
        way = "backward" if self._tracker.is_bw else "forward"
        for module in self._tracker.parents:
            self._counts_of(module)[way][key] += 1

    def _counts_of(self, module: str) -> dict[str, dict[Any, int]]:
        fresh: dict[str, dict[Any, int]] = {"forward": defaultdict(int), "backward": defaultdict(int)}
        return self.comm_module_counts.setdefault(module, fresh)

    def get_total_counts(self) -> int:
        """How many operations there were."""
        return sum(self.comm_counts.values())

    def get_comm_counts(self) -> dict[Any, int]:
        """How many of each op there were; 0 of others."""
        return self.comm_counts

    def get_parameter_info(self) -> dict[str, dict[str, Any]]:
        """By names of modules that ran, their own parameters by names."""
        return {name: part.parameters for name, part in self._parts.items() if part.parameters}

    def get_sharding_info(self) -> dict[str, Any]:
        """By names of modules and parameters, how those lie that are spread."""
        return {
            f"{name}.{key}": placements
            for name, part in self._parts.items()
            for key, placements in part.placements().items()
        }

    def generate_comm_debug_tracing_table(self, noise_level: int = 3) -> str:
        """A table, coloured for terminals, of modules and what they did.

        Args:
            noise_level: 0: counts of operations by module; 1: also functions of tensors over processes, and parameters;
                2: also other ops; 3: also those that only look at a tensor otherwise.
        """
        lines = []
        for name, part in self._parts.items():
            indent = "    " * part.depth
            lines.append(f"{indent}{name}")
            if noise_level > 0 and part.kind:
                lines.append(f"{indent}*module type: {part.kind}")
                lines += _lines_of_parameters(part, indent)
            counts = self._counts_of(name)
            for way, title in (("forward", "FORWARD PASS"), ("backward", "BACKWARD PASS")):
                ops = [op for op in part.ops if op.is_bw == (way == "backward") and op.is_shown(noise_level)]
                if counts[way] or ops:
                    lines.append(f"{indent}  {title}")
                    lines += [f"{_YELLOW}{indent}    *{op}: {count}{_PLAIN}" for op, count in counts[way].items()]
                    lines += [line for op in ops for line in _lines_of_op(op, indent)]
        return "".join(f"{line}\n" for line in lines)

    def log_comm_debug_tracing_table_to_file(self, file_name: str = "comm_mode_log.txt", noise_level: int = 3) -> None:
        """Write :meth:`generate_comm_debug_tracing_table`, without colours, into a file."""
        with open(file_name, "w") as file:
            file.write(_COLOURS.sub("", self.generate_comm_debug_tracing_table(noise_level)))

    def generate_json_dump(self, file_name: str = "comm_mode_log.json", noise_level: int = 3) -> None:
        """Write what :meth:`generate_comm_debug_tracing_table` shows as a tree of modules into a file of JSON."""
        with open(file_name, "w") as file:
            json.dump(self._tree(_GLOBAL, noise_level), file, indent=4)

    def _tree(self, name: str, noise_level: int) -> dict[str, Any]:
        part, counts = self._parts[name], self._counts_of(name)
        shown = [op for op in part.ops if op.is_shown(noise_level)]
        parameters = [(key, str(each)) for key, each in part.placements().items()]
        return {
            "fqn": name,
            "module_type": part.kind if noise_level > 0 else "",
            "parameters": parameters if noise_level > 0 else [],
            "children": [self._tree(child, noise_level) for child in part.children],
            "collectives_forward": [(str(op), count) for op, count in counts["forward"].items()],
            "collectives_backward": [(str(op), count) for op, count in counts["backward"].items()],
            "operations_forward": [_entry(op) for op in shown if not op.is_bw],
            "operations_backward": [_entry(op) for op in shown if op.is_bw],
        }


def _lines_of_parameters(part: _Part, indent: str) -> list[str]:
    lines = [f"{indent} *{name}: {placements}" for name, placements in part.placements().items()]
    return [f"{indent}*Parameter List", *lines] if lines else []


def _lines_of_op(op: _Op, indent: str) -> list[str]:
    lines = [f"{_YELLOW}{indent}    **{op.name}{_PLAIN}"]
    if op.shapes:
        about = {"shape": op.shapes, "sharding": op.placements, "device mesh": op.mesh}
        lines += [f"{_RED}{indent}      {what}: {value}{_PLAIN}" for what, value in about.items()]
    return lines


def _entry(op: _Op) -> dict[str, Any]:
    return {
        "name": op.name,
        "input_shape": list(map(str, op.shapes)),
        "input_sharding": list(map(str, op.placements)),
        "device_mesh": op.mesh,
        "is_bw": op.is_bw,
    }
