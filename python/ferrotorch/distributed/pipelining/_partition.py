"""Models divided into stages by tracing them: at marks in the code, before or after named parts, or by a policy."""

from __future__ import annotations

import copy
import inspect
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import ferrotorch as torch
from ferrotorch import fx
from ferrotorch.distributed.pipelining.stage import PipelineStage
from ferrotorch.fx._symbolic_trace import _assert_is_none
from ferrotorch.fx.node import map_arg

__all__ = ["Pipe", "PipeInfo", "SplitPoint", "build_stage", "pipe_split", "pipeline"]

Module = torch.nn.Module
Node = fx.Node


class SplitPoint(Enum):
    """Where a model is divided: before or after a part."""

    BEGINNING = 1
    END = 2


# Traces that are under way, the innermost last.
_traces: list[_Tracer] = []


def pipe_split() -> None:
    """A mark in a ``forward``: what comes after it is in the next stage. It is one while :func:`pipeline` traces."""
    if _traces:
        _traces[-1].create_node("call_function", pipe_split, (), {})


class _Tracer(fx.Tracer):
    """Marks the beginnings and ends of parts.

    Args:
        points: Where to divide, by parts.
        opened: The modules that are traced through; None for all but those of ``torch.nn``.
    """

    def __init__(self, points: dict[Module, SplitPoint], opened: set[Module] | None) -> None:
        super().__init__()
        self._points, self._opened = points, opened

    def is_leaf_module(self, m: Module, module_qualified_name: str) -> bool:
        """Is a module one node?"""
        return super().is_leaf_module(m, module_qualified_name) if self._opened is None else m not in self._opened

    def call_module(self, m: Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a module, with marks around it."""
        if self._points.get(m) is SplitPoint.BEGINNING:
            pipe_split()
        result = super().call_module(m, forward, args, kwargs)
        if self._points.get(m) is SplitPoint.END:
            pipe_split()
        return result


@dataclass
class PipeInfo:
    """What is known of a divided model: how its stages follow one another, and how many there are."""

    graph: fx.Graph
    num_stages: int
    has_loss_and_backward: bool


class Pipe(Module):
    """A model in stages, made by :func:`pipeline`. Called, it computes them one after the other, as the model did.

    A parameter that several stages use is copied into each of them: ``replicated_params`` lists the names of the copies
    by stage. Whoever trains them adds up their gradients.
    """

    def __init__(self, stages: list[Module], signature: inspect.Signature, names: list[str]) -> None:
        super().__init__()
        self._signature, self._names = signature, names
        self.num_stages, self.has_loss_and_backward = len(stages), False
        self.replicated_params = _separated(stages)
        self.split_gm = _chained(stages, names)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the model for the same arguments."""
        bound = self._signature.bind(*args, **kwargs)
        values = tuple(bound.arguments[name] for name in self._names)
        for number in range(self.num_stages):
            result = self.get_stage_module(number)(*values)
            values = result if isinstance(result, tuple) else (result,)
        return result

    def get_stage_module(self, stage_idx: int) -> Module:
        """A stage.

        Raises:
            ValueError: there is none of that number.
        """
        if not 0 <= stage_idx < self.num_stages:
            raise ValueError(f"Invalid stage index {stage_idx}!")
        found: Module = getattr(self.split_gm, f"submod_{stage_idx}")
        return found

    def info(self) -> PipeInfo:
        """How the stages follow one another."""
        return PipeInfo(self.split_gm.graph, self.num_stages, self.has_loss_and_backward)

    def build_stage(self, stage_index: int, device: Any, group: Any = None) -> PipelineStage:
        """A stage as schedules take it, on a device of this process; see :class:`PipelineStage`."""
        return build_stage(self.get_stage_module(stage_index), stage_index, self.info(), device, group)

    def print_readable(self) -> None:
        """Print the stages as code."""
        self.split_gm.print_readable()

    def __str__(self) -> str:
        return str(self.split_gm)

    __repr__ = __str__


def _separated(stages: list[Module]) -> list[dict[str, str]]:
    """Let each stage have parameters of its own; the names of those that several had, by stage."""
    users: dict[torch.nn.Parameter, dict[str, str]] = {}
    for number, stage in enumerate(stages):
        for name, parameter in stage.named_parameters():
            users.setdefault(parameter, {})[f"submod_{number}"] = name
    shared = [names for names in users.values() if len(names) > 1]
    for names in shared:
        for number, stage in enumerate(stages):
            if f"submod_{number}" in names:
                path, _, last = names[f"submod_{number}"].rpartition(".")
                # A module that two stages call is one object in both: each gets its own.
                _own_path(stage, path)
                owner = stage.get_submodule(path)
                setattr(owner, last, copy.deepcopy(getattr(owner, last)))
    return shared


def _own_path(stage: Module, path: str) -> None:
    """Replace the modules on a path by copies that share their members."""
    owner = stage
    for name in path.split(".") if path else ():
        part = owner._modules[name]
        assert part is not None
        own = copy.copy(part)
        own.__dict__.update({key: dict(part.__dict__[key]) for key in ("_parameters", "_buffers", "_modules")})
        owner._modules[name] = own
        owner = own


def _chained(stages: list[Module], names: list[str]) -> fx.GraphModule:
    """A module that calls the stages one after the other."""
    graph = fx.Graph()
    values: tuple[Any, ...] = tuple(graph.placeholder(name) for name in names)
    for number, stage in enumerate(stages):
        result = graph.create_node("call_module", f"submod_{number}", values, {})
        count = len(getattr(stage, "carried", ()))
        several = (graph.call_function(operator.getitem, (result, place)) for place in range(count))
        values = tuple(several) if count > 1 else (result,)
    graph.output(result)
    return fx.GraphModule({f"submod_{number}": stage for number, stage in enumerate(stages)}, graph)


class _Division:
    """A traced model, cut at its marks.

    Args:
        root: The model.
        graph: Its trace.
        names: The names of its arguments.
        constants: Values of the arguments that nobody gives.
    """

    def __init__(self, root: Module, graph: fx.Graph, names: Iterable[str], constants: dict[str, Any]) -> None:
        # The trace says of arguments that are None by themselves that they must be so.
        self._root, self._nodes = root, [node for node in graph.nodes if node.target is not _assert_is_none]
        placeholders = [node for node in self._nodes if node.op == "placeholder"]
        self._names = dict(zip(placeholders, names, strict=False))
        self._constants = {node: constants[name] for node, name in self._names.items() if name in constants}
        self._stage = self._numbers()
        self.count = max(self._stage.values()) + 1
        self._last_use = {
            node: max((self._stage.get(user, made) for user in node.users), default=made)
            for node, made in self._stage.items()
        }

    def _numbers(self) -> dict[Node, int]:
        """The stage of each node. Marks with nothing between them are one."""
        stage, has_work, numbers = 0, False, {}
        for node in self._nodes:
            if node.target is pipe_split:
                stage, has_work = stage + has_work, False
            elif node.op not in ("get_attr", "placeholder"):
                has_work |= node.op != "output"
                numbers[node] = stage
            elif node.op == "placeholder":
                numbers[node] = 0
        return numbers

    def arguments(self) -> dict[Node, str]:
        """The arguments that the first stage gets, and their names."""
        return {node: name for node, name in self._names.items() if node not in self._constants}

    def carried(self, stage: int) -> list[Node]:
        """What a stage hands on: all that it or one before it has made and a later one needs."""
        needed = [node for node, made in self._stage.items() if made <= stage < self._last_use[node]]
        return [node for node in needed if node not in self._constants]

    def module(self, stage: int) -> fx.GraphModule:
        """A stage, whose parts have the names that they have in the model."""
        graph = fx.Graph()
        copies: dict[Node, Any] = {}

        def copied(node: Node) -> Any:
            if node not in copies and node.op == "get_attr":
                copies[node] = graph.node_copy(node)
            return copies[node] if node in copies else self._constants[node]

        names = self.arguments() if stage == 0 else {node: node.name for node in self.carried(stage - 1)}
        copies |= {node: graph.placeholder(name) for node, name in names.items()}
        for node, number in self._stage.items():
            if number == stage and node.op not in ("placeholder", "output"):
                copies[node] = graph.node_copy(node, copied)
        carried = self.carried(stage)
        if stage == self.count - 1:
            graph.output(map_arg(self._nodes[-1].args[0], copied))
        else:
            results = tuple(copies[node] for node in carried)
            graph.output(results if len(results) > 1 else results[0])
        made = fx.GraphModule(self._root, graph)
        made.carried = [node.name for node in carried]
        return made


def _opened(module: Module, points: dict[str, SplitPoint]) -> set[Module]:
    """The modules that contain a part at which the model is divided.

    Raises:
        AttributeError: there is no such part.
    """
    found = {module}
    for path in points:
        module.get_submodule(path)
        parents = path.split(".")[:-1]
        found |= {module.get_submodule(".".join(parents[:depth])) for depth in range(len(parents) + 1)}
    return found


def pipeline(
    module: Module,
    mb_args: tuple[Any, ...],
    mb_kwargs: dict[str, Any] | None = None,
    split_spec: dict[str, SplitPoint] | None = None,
    split_policy: Callable[[fx.GraphModule], fx.GraphModule] | None = None,
) -> Pipe:
    """Divide a model into stages, by tracing it once.

    Stages keep the parameters of the model, and their names. What a stage needs of one long before it goes through
    those between. With ``split_spec`` only modules around the named parts are traced through; else all but those of
    ``torch.nn``, which have to be traceable by `torch.fx`.

    Args:
        module: The model.
        mb_args: Inputs of a micro-batch: which arguments there are; nothing is computed with them.
        mb_kwargs: Inputs by name.
        split_spec: Names of parts, and whether the next stage begins before or after each; else the marks that
            :func:`pipe_split` makes in the code.
        split_policy: Gets the traced model and returns it with calls of :func:`pipe_split` among its nodes.

    Raises:
        ValueError: both a specification and a policy.
        AttributeError: a part that the model does not have.
        RuntimeError: the model cannot be traced.
    """
    if split_spec is not None and split_policy is not None:
        raise ValueError("Cannot specify both `split_spec` and `split_policy`. Please use only one of them.")
    signature = inspect.signature(module.forward)
    given = signature.bind(*mb_args, **(mb_kwargs or {})).arguments
    constants = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if name not in given and parameter.default is not parameter.empty
    }
    points = {module.get_submodule(path): point for path, point in (split_spec or {}).items()}
    tracer = _Tracer(points, None if split_spec is None else _opened(module, split_spec))
    _traces.append(tracer)
    try:
        graph = tracer.trace(module, concrete_args=constants)
    except fx.proxy.TraceError as error:
        raise RuntimeError(
            "It seems that we cannot capture your model as a full graph: its forward depends on values of tensors. "
            f"Name the parts to divide at by split_spec, or make each stage a PipelineStage. {error}"
        ) from error
    finally:
        _traces.pop()
    if split_policy is not None:
        graph = split_policy(fx.GraphModule(module, graph)).graph
    division = _Division(module, graph, signature.parameters, constants)
    stages: list[Module] = [division.module(stage) for stage in range(division.count)]
    return Pipe(stages, signature, list(division.arguments().values()))


def build_stage(
    stage_module: Module, stage_index: int, pipe_info: PipeInfo, device: Any, group: Any = None
) -> PipelineStage:
    """A stage of a divided model as schedules take it.

    Args:
        stage_module: The stage, which is moved to the device.
        stage_index: Its number.
        pipe_info: What :meth:`Pipe.info` says.
        device: Where it computes.
        group: The processes; by default all.
    """
    return PipelineStage(stage_module.to(device), stage_index, pipe_info.num_stages, device, group=group)
