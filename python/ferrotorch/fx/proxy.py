"""Proxies: values that are not known yet, whose uses are written into a graph."""

from __future__ import annotations

import copy
import dis
import enum
import inspect
import operator
import sys
import traceback
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from types import FrameType
from typing import Any, NoReturn

import ferrotorch as torch
from ferrotorch.fx import traceback as fx_traceback
from ferrotorch.fx._emit import magic_methods, reflectable_magic_methods
from ferrotorch.fx._names import _name_of_target
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.node import Argument, Node, Target, base_types, map_aggregate, map_arg
from ferrotorch.fx.operator_schemas import check_for_mutable_operation

__all__ = [
    "Attribute",
    "GraphAppendingTracer",
    "ParameterProxy",
    "Proxy",
    "Scope",
    "ScopeContextManager",
    "TraceError",
    "TracerBase",
]


class TraceError(ValueError):
    """The value of a proxy was asked for."""


class Scope:
    """The module whose forward function is being traced: its dotted name and its class."""

    def __init__(self, module_path: str, module_type: Any) -> None:
        self.module_path, self.module_type = module_path, module_type


class ScopeContextManager:
    """A context in which another module's function is traced."""

    def __init__(self, scope: Scope, current_scope: Scope) -> None:
        self._before = copy.copy(scope)
        self._scope = scope
        scope.module_path, scope.module_type = current_scope.module_path, current_scope.module_type

    def __enter__(self) -> Scope:
        return self._scope

    def __exit__(self, *exception: object) -> None:
        self._scope.module_path, self._scope.module_type = self._before.module_path, self._before.module_type


class TracerBase:
    """What proxies call to write nodes; subclasses decide how arguments and control flow are treated.

    Attributes:
        graph: where nodes are written.
        record_stack_traces: note with each node where it comes from.
        check_mutable_operations: refuse ops that write into their arguments.
        trace_asserts: write assertions about proxies into the graph.
        proxy_buffer_attributes: let buffers be proxies when they are asked for.
        traced_func_name: the method of a module that is traced.
    """

    graph: Graph
    record_stack_traces: bool = False
    check_mutable_operations: bool = False
    trace_asserts: bool = False
    proxy_buffer_attributes: bool = False
    traced_func_name: str = "forward"
    scope: Scope
    module_stack: OrderedDict[str, tuple[str, Any]]
    node_name_to_scope: dict[str, tuple[str, Any]]

    def create_node(
        self,
        kind: str,
        target: Target,
        args: tuple[Argument, ...],
        kwargs: dict[str, Argument],
        name: str | None = None,
        type_expr: Any | None = None,
    ) -> Node:
        """Write a node; to be overridden by what wants to look at it."""
        if kind == "call_function" and self.check_mutable_operations:
            check_for_mutable_operation(target, args, kwargs)  # type: ignore[arg-type]
        node = self.graph.create_node(kind, target, args, kwargs, name, type_expr)
        self.node_name_to_scope[node.name] = (self.scope.module_path, self.scope.module_type)
        if fx_traceback.has_preserved_node_meta():
            fx_traceback.copy_current_meta(node)
        elif self.module_stack:
            node.meta["nn_module_stack"] = copy.copy(self.module_stack)
        if self.record_stack_traces and not node.stack_trace:
            trace = _user_stack()
            if trace:
                node.stack_trace = trace
        return node

    def proxy(self, node: Node) -> Proxy:
        """The proxy for a node."""
        return Proxy(node, self)

    def create_proxy(
        self,
        kind: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any | None = None,
        proxy_factory_fn: Callable[[Node], Proxy] | None = None,
    ) -> Proxy:
        """Write a node for a call with arguments as the program has them, and return its proxy."""
        node_args, node_kwargs = self.create_arg(args), self.create_arg(kwargs)
        node = self.create_node(kind, target, node_args, node_kwargs, name, type_expr)
        return self.proxy(node) if proxy_factory_fn is None else proxy_factory_fn(node)

    def _find_user_frame(self) -> FrameType | None:
        """The innermost frame that is the program's own."""
        frame = inspect.currentframe()
        while frame is not None and _is_library_file(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    def create_arg(self, a: Any) -> Argument:
        """What a graph has for an argument of the program; to be overridden for further types.

        Raises:
            NotImplementedError: a graph cannot hold it.
        """
        if isinstance(a, Proxy):
            return a.node
        if hasattr(a, "__fx_create_arg__"):
            return a.__fx_create_arg__(self)
        if isinstance(a, tuple):
            items = [self.create_arg(item) for item in a]
            return type(a)(*items) if hasattr(a, "_fields") else tuple(items)
        if isinstance(a, list):
            return [self.create_arg(item) for item in a]
        if isinstance(a, dict):
            return {self._create_key(name): self.create_arg(value) for name, value in a.items()}
        if isinstance(a, slice):
            return slice(self.create_arg(a.start), self.create_arg(a.stop), self.create_arg(a.step))
        if isinstance(a, range):
            return range(self.create_arg(a.start), self.create_arg(a.stop), self.create_arg(a.step))
        if isinstance(a, torch._ops.OpOverload):
            return a
        if is_dataclass(a) and not isinstance(a, type):
            values = {field.name: self.create_arg(getattr(a, field.name)) for field in fields(a)}
            return self.create_node("call_function", type(a), (), values)
        if isinstance(a, (*base_types, enum.Enum)) or a is None or a is ...:
            return a
        raise NotImplementedError(f"argument of type: {type(a)}")

    def _create_key(self, key: Any) -> Any:
        if isinstance(key, str):
            return key
        key = self.create_arg(key)
        map_arg(key, _refuse_key)
        return key

    def to_bool(self, obj: Proxy) -> bool:
        """Is a proxy true? To be overridden by tracers that know."""
        raise TraceError("symbolically traced variables cannot be used as inputs to control flow")

    def iter(self, obj: Proxy) -> Iterator[Any]:
        """Go through a proxy; to be overridden by tracers that know its length."""
        raise TraceError(
            "Proxy object cannot be iterated. This can be attempted when the Proxy is used in a loop or as a *args or "
            "**kwargs function argument. See the torch.fx docs on pytorch.org for a more detailed explanation of what "
            "types of control flow can be traced, and check out the Proxy docstring for help troubleshooting Proxy "
            "iteration errors"
        )

    def keys(self, obj: Proxy) -> Any:
        """``proxy.keys()``, which ``**proxy`` asks for."""
        return Attribute(obj, "keys")()


def _refuse_key(node: Node) -> NoReturn:
    raise RuntimeError(f"Keys for dictionaries used as an argument cannot contain a Node. Got key: {node}")


_LIBRARY = torch.__path__[0]


def _is_library_file(name: str) -> bool:
    return name.startswith(_LIBRARY)


def _user_stack() -> str:
    """The stack from the first forward function on, without the library's frames."""
    frames = traceback.extract_stack()
    first = next((i for i, frame in enumerate(frames) if frame.name == "forward"), len(frames))
    own = [frame for frame in frames[first:] if not _is_library_file(frame.filename)]
    return "".join(traceback.StackSummary.from_list(own).format()).strip()


class GraphAppendingTracer(TracerBase):
    """Writes to the end of a graph that is there."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.scope = Scope("", None)
        self.module_stack = OrderedDict()
        self.node_name_to_scope = {}


def assert_fn(x: Any) -> None:
    """An assertion in a graph."""
    if not x:
        raise AssertionError("Assertion failed")


class Proxy:
    """A value of a graph in the hands of a program: what is done with it becomes nodes.

    Functions and methods of the library, operators and attributes are written into the graph. Control flow by a proxy
    cannot be: a loop over one, its truth or its length raise.

    Args:
        node: the node that computes the value.
        tracer: what writes nodes; by default they go to the end of the node's graph.
    """

    def __init__(self, node: Node, tracer: TracerBase | None = None) -> None:
        self.tracer = GraphAppendingTracer(node.graph) if tracer is None else tracer
        self.node = node

    def __repr__(self) -> str:
        return f"Proxy({self.node.name})"

    def __getattr__(self, k: str) -> Attribute:
        return Attribute(self, k)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state

    def __deepcopy__(self, memo: dict[int, Any]) -> Proxy:
        return Proxy(copy.deepcopy(self.node, memo), copy.copy(self.tracer))

    def __call__(self, *args: Any, **kwargs: Any) -> Proxy:
        return self.tracer.create_proxy("call_method", "__call__", (self, *args), kwargs)

    def __iter__(self) -> Iterator[Any]:
        code = _code_of_caller()
        if code and code[0].opname == "UNPACK_SEQUENCE":
            return (self[i] for i in range(code[0].argval))  # type: ignore[index]
        return self.tracer.iter(self)

    def __abs__(self) -> Proxy:
        return self.tracer.create_proxy("call_function", operator.abs, (self,), {})

    def __bool__(self) -> bool:
        if self.tracer.trace_asserts and _is_asserted(_code_of_caller()):
            self.tracer.create_proxy("call_function", assert_fn, (self,), {})
            return True
        return self.tracer.to_bool(self)

    def keys(self) -> Any:
        """What ``**proxy`` asks for."""
        return self.tracer.keys(self)

    def __len__(self) -> int:
        raise RuntimeError(
            "'len' is not supported in symbolic tracing by default. If you want this call to be recorded, please call "
            "torch.fx.wrap('len') at module scope"
        )

    @classmethod
    def __torch_function__(
        cls, orig_method: Any, types: Any, args: tuple[Any, ...] | None = None, kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = args or (), kwargs or {}
        tracer = _only_tracer(cls, orig_method, args, kwargs)
        name = orig_method.__name__
        if torch.overrides.is_tensor_method_or_property(orig_method):
            return tracer.create_proxy("call_method", name, args, kwargs)
        name = tracer.graph._target_to_str(_name_of_target(orig_method))
        return tracer.create_proxy("call_function", orig_method, args, kwargs, name=name)


def _only_tracer(cls: type[Proxy], function: Any, args: Any, kwargs: Any) -> TracerBase:
    tracers: dict[TracerBase, None] = {}

    def note(value: Any) -> None:
        if isinstance(value, cls):
            tracers[value.tracer] = None

    map_aggregate((args, kwargs), note)
    if len(tracers) > 1:
        raise RuntimeError(
            f"Found multiple different tracers {list(tracers)} while trying to trace operations {function}"
        )
    return next(iter(tracers))


def _code_of_caller() -> list[dis.Instruction]:
    """The instructions from where the caller of the method that asks is, on."""
    frame = sys._getframe(2)
    code = list(dis.get_instructions(frame.f_code))
    return code[bisect_left(code, frame.f_lasti, key=lambda instruction: instruction.offset) :]


def _is_asserted(code: list[dis.Instruction]) -> bool:
    """Is the truth that is asked for that of an ``assert`` statement?"""
    jump, *rest = code
    behind = next(instruction for instruction in rest if instruction.opname != "NOT_TAKEN")
    return "JUMP" in jump.opname and "TRUE" in jump.opname and behind.opname == "LOAD_ASSERTION_ERROR"


class Attribute(Proxy):
    """An attribute of a proxy; it becomes a node when it is used as a value, not when it is called."""

    def __init__(self, root: Proxy, attr: str) -> None:
        self.root, self.attr, self.tracer = root, attr, root.tracer
        self._node: Node | None = None

    @property
    def node(self) -> Node:  # type: ignore[override]
        """The node of the value."""
        if self._node is None:
            self._node = self.tracer.create_proxy("call_function", getattr, (self.root, self.attr), {}).node
        return self._node

    def __call__(self, *args: Any, **kwargs: Any) -> Proxy:
        return self.tracer.create_proxy("call_method", self.attr, (self.root, *args), kwargs)


class ParameterProxy(Proxy):
    """A proxy for a parameter whose shape is known."""

    def __init__(self, tracer: TracerBase, node: Node, name: str, param: torch.nn.Parameter) -> None:
        super().__init__(node, tracer)
        if not isinstance(param, torch.nn.Parameter):
            raise AssertionError(f"Expected Parameter, got {type(param)}")
        self.param, self.name = param, name

    def __repr__(self) -> str:
        return f"ParameterProxy({self.name})"

    @property
    def shape(self) -> Any:
        """The parameter's shape."""
        return self.param.shape

    @property
    def ndim(self) -> int:
        """The parameter's number of dimensions."""
        return self.param.ndim

    def size(self) -> Any:
        """The parameter's shape."""
        return self.param.size()

    def dim(self) -> int:
        """The parameter's number of dimensions."""
        return self.param.dim()

    def numel(self) -> int:
        """The parameter's number of elements."""
        return self.param.numel()

    def nelement(self) -> int:
        """The parameter's number of elements."""
        return self.param.nelement()


def _define_operator(name: str) -> None:
    def apply(*args: Any, **kwargs: Any) -> Any:
        return args[0].tracer.create_proxy("call_function", getattr(operator, name), args, kwargs)

    apply.__name__ = name
    setattr(Proxy, f"__{name.strip('_')}__", apply)


def _define_reflected(name: str) -> None:
    def apply(self: Proxy, rhs: Any) -> Proxy:
        return self.tracer.create_proxy("call_function", getattr(operator, name), (rhs, self), {})

    apply.__name__ = apply.__qualname__ = f"__r{name.strip('_')}__"
    setattr(Proxy, apply.__name__, apply)


for _name in magic_methods:
    if hasattr(operator, _name):
        _define_operator(_name)
for _name in reflectable_magic_methods:
    if hasattr(operator, _name):
        _define_reflected(_name)
