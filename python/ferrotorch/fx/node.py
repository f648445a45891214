"""Nodes: the operations of a graph."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import ferrotorch as torch
from ferrotorch import _ops
from ferrotorch.fx._names import _find_module_of_method as _find_module_of_method
from ferrotorch.fx._names import _get_qualified_name, _type_repr
from ferrotorch.fx.immutable_collections import immutable_dict, immutable_list

__all__ = ["Node", "has_side_effect", "map_aggregate", "map_arg"]

F = TypeVar("F", bound=Callable[..., Any])
Target = Callable[..., Any] | str
Argument = Any

base_types: tuple[type[Any], ...] = (
    str,
    int,
    float,
    bool,
    complex,
    torch.dtype,
    torch.Tensor,
    torch.device,
    torch.memory_format,
    torch.layout,
    _ops.OpOverload,
)
_legal_ops = dict.fromkeys(["placeholder", "call_method", "call_module", "call_function", "get_attr", "output", "root"])
_side_effectful_functions: set[Callable[..., Any]] = {operator.setitem, torch._assert, torch._C._set_grad_enabled}
# Functions that draw random numbers: without one, what follows draws others.
_RANDOM_FUNCTIONS: set[Callable[..., Any]] = {
    torch.bernoulli, torch.multinomial, torch.normal, torch.poisson, torch.rand, torch.rand_like, torch.randint,
    torch.randint_like, torch.randn, torch.randn_like, torch.randperm,
}  # fmt: skip


def has_side_effect(fn: F) -> F:
    """Keep calls of a function when dead code is eliminated."""
    _side_effectful_functions.add(fn)
    return fn


def map_aggregate(a: Any, fn: Callable[[Any], Any]) -> Any:
    """``fn`` of everything in nested tuples, lists, dicts, slices and ranges; the result is nested alike."""
    if isinstance(a, tuple):
        items = [map_aggregate(item, fn) for item in a]
        return type(a)(*items) if hasattr(a, "_fields") else tuple(items)
    if isinstance(a, list):
        return immutable_list([map_aggregate(item, fn) for item in a])
    if isinstance(a, dict):
        return immutable_dict({name: map_aggregate(value, fn) for name, value in a.items()})
    if isinstance(a, slice):
        return slice(map_aggregate(a.start, fn), map_aggregate(a.stop, fn), map_aggregate(a.step, fn))
    return fn(a)


def map_arg(a: Any, fn: Callable[[Node], Any]) -> Any:
    """``fn`` of every node in nested tuples, lists, dicts and slices; the result is nested alike."""
    if not callable(fn):
        raise AssertionError("torch.fx.map_arg(a, fn): fn must be a callable")
    return map_aggregate(a, lambda x: fn(x) if isinstance(x, Node) else x)


def _format_arg(arg: Any, max_list_len: float = float("inf")) -> str:
    """An argument as the text of a graph shows it."""
    if hasattr(arg, "_custom_fx_repr_fn"):
        return str(arg._custom_fx_repr_fn())
    if isinstance(arg, list | tuple):
        shown = ", ".join(_format_arg(item) for i, item in enumerate(arg) if i < max_list_len)
        rest = "" if len(arg) < max_list_len + 1 else f", ...[total_len={len(arg)}]"
        if isinstance(arg, list):
            return f"[{shown}{rest}]"
        return f"({shown}{',' if len(arg) == 1 else ''}{rest})"
    if isinstance(arg, dict):
        return "{" + ", ".join(f"{name}: {_format_arg(value)}" for name, value in arg.items()) + "}"
    return f"%{arg}" if isinstance(arg, Node) else str(arg)


class Node:
    """An operation of a graph, and its value.

    Attributes:
        op: what kind it is.

            - ``placeholder``: an input of the function, ``target`` is its name, ``args`` may have its default.
            - ``get_attr``: what the module has under the dotted name ``target``.
            - ``call_function``: ``target(*args, **kwargs)``.
            - ``call_module``: the module of the dotted name ``target``, called.
            - ``call_method``: the method of the name ``target`` of ``args[0]``, called with the others.
            - ``output``: what the function returns, ``args[0]``.
        name: the name of the value in generated code.
        args, kwargs: arguments, with nodes for values; assigning them keeps ``users`` of others right.
        users: the nodes that use the value, as the keys of a dict.
        type: an annotation of the value, or None.
        meta: what passes note.
    """

    graph: torch.fx.Graph
    users: dict[Node, None]
    meta: dict[str, Any]

    def __init__(
        self,
        graph: torch.fx.Graph,
        name: str,
        op: str,
        target: Target,
        args: tuple[Argument, ...],
        kwargs: dict[str, Argument],
        return_type: Any | None = None,
    ) -> None:
        wanted = "Callable" if op == "call_function" else "str"
        if op not in _legal_ops:
            raise AssertionError(f"op '{op}' is not in _legal_ops")
        if not (callable(target) if op == "call_function" else isinstance(target, str)):
            raise ValueError(
                f"Node [graph = {graph}, name = '{name}'] target {target} has type {torch.typename(target)} "
                f"but a {wanted} is expected"
            )
        self.graph, self.op, self.target, self.type = graph, op, target, return_type
        self.name = name
        self.users, self.meta = {}, {}
        self._input_nodes: dict[Node, None] = {}
        self._prev = self._next = self
        self._erased = False
        self._sort_key: tuple[int, ...] = ()
        self._repr_fn: Callable[[Node], str] | None = None
        self._args: tuple[Argument, ...] = ()
        self._kwargs: dict[str, Argument] = {}
        self._update_args_kwargs(args, kwargs)

    # ---- its place in the graph

    @property
    def next(self) -> Node:
        """The node behind it; the graph's root behind the last."""
        return self._next

    @property
    def prev(self) -> Node:
        """The node before it; the graph's root before the first."""
        return self._prev

    def prepend(self, x: Node) -> None:
        """Move a node of the same graph before this one."""
        if self.graph is not x.graph:
            raise AssertionError("Attempting to move a Node into a different Graph")
        if self is x:
            return
        x._remove_from_list()
        before = self._prev
        before._next, x._prev = x, before
        x._next, self._prev = self, x
        x._sort_key = _key_between(before._sort_key, self._sort_key)

    def append(self, x: Node) -> None:
        """Move a node of the same graph behind this one."""
        if self is not x:
            self._next.prepend(x)

    def _remove_from_list(self) -> None:
        self._prev._next, self._next._prev = self._next, self._prev

    def __lt__(self, other: Node) -> bool:
        return self._sort_key < other._sort_key

    def __gt__(self, other: Node) -> bool:
        return self._sort_key > other._sort_key

    def __le__(self, other: Node) -> bool:
        return self is other or self < other

    def __ge__(self, other: Node) -> bool:
        return self is other or self > other

    # ---- arguments

    @property
    def args(self) -> tuple[Argument, ...]:
        """The positional arguments."""
        return self._args

    @args.setter
    def args(self, args: tuple[Argument, ...]) -> None:
        self._update_args_kwargs(args, self._kwargs)

    @property
    def kwargs(self) -> dict[str, Argument]:
        """The named arguments."""
        return self._kwargs

    @kwargs.setter
    def kwargs(self, kwargs: dict[str, Argument]) -> None:
        self._update_args_kwargs(self._args, kwargs)

    @property
    def all_input_nodes(self) -> list[Node]:
        """The nodes among the arguments, in their order, each once."""
        return list(self._input_nodes)

    def _update_args_kwargs(self, args: tuple[Argument, ...], kwargs: dict[str, Argument]) -> None:
        for node in self._input_nodes:
            node.users.pop(self, None)
        self._input_nodes = {}

        def note(node: Node) -> Node:
            self._input_nodes[node] = None
            node.users[self] = None
            return node

        self._args, self._kwargs = map_arg(tuple(args), note), map_arg(dict(kwargs), note)

    def update_arg(self, idx: int, arg: Argument) -> None:
        """Replace a positional argument."""
        args = list(self.args)
        args[idx] = arg
        self.args = tuple(args)

    def insert_arg(self, idx: int, arg: Argument) -> None:
        """Insert a positional argument before another."""
        if not 0 <= idx <= len(self.args):
            raise AssertionError(f"insert_args index must be between 0 and len(self.args), got {idx}")
        self.args = (*self.args[:idx], arg, *self.args[idx:])

    def update_kwarg(self, key: str, arg: Argument) -> None:
        """Give a named argument another value."""
        self.kwargs = {**self.kwargs, key: arg}

    def replace_input_with(self, old_input: Node, new_input: Node) -> None:
        """Use another node wherever a node is among the arguments."""
        self.graph._announce_replacement(old_input, new_input.name, self)
        self._replace_input_with(old_input, new_input)

    def _replace_input_with(self, old_input: Node, new_input: Any) -> None:
        def replaced(node: Node) -> Any:
            return new_input if node is old_input else node

        self._update_args_kwargs(map_arg(self._args, replaced), map_arg(self._kwargs, replaced))

    def replace_all_uses_with(
        self,
        replace_with: Node,
        delete_user_cb: Callable[[Node], bool] | None = None,
        *,
        propagate_meta: bool = False,
    ) -> list[Node]:
        """Let the users of this node use another one; returns those that do.

        Args:
            replace_with: the other node.
            delete_user_cb: whether a user shall change; all do by default.
            propagate_meta: copy ``meta`` to the other node, which must have none.
        """
        if propagate_meta:
            if replace_with.meta:
                raise AssertionError(
                    "Called node.replace_all_uses_with(replace_with, propagate_meta=True), "
                    "but replace_with already has .meta keys"
                )
            replace_with.meta.update(self.meta)
        changed = [user for user in self.users if delete_user_cb is None or delete_user_cb(user)]
        for user in changed:
            self.graph._announce_replacement(self, replace_with.name, user)
            user._replace_input_with(self, replace_with)
        return changed

    # ---- what it is

    @property
    def stack_trace(self) -> str | None:
        """Where in the program it was traced, if that was recorded."""
        return self.meta.get("stack_trace")

    @stack_trace.setter
    def stack_trace(self, trace: str | None) -> None:
        self.meta["stack_trace"] = trace

    def is_impure(self, impure_random: bool = True) -> bool:
        """Must it be kept even if nobody uses its value? Functions that draw random numbers must, whatever is asked.

        ``impure_random`` is accepted: drawing random numbers always counts.
        """
        if self.op in ("placeholder", "output"):
            return True
        if self.op == "call_module":
            if self.graph.owning_module is None:
                raise AssertionError("self.graph.owning_module not set for purity check")
            return bool(getattr(self.graph.owning_module.get_submodule(str(self.target)), "_is_impure", False))
        return self.op == "call_function" and _is_impure_function(self.target)

    def normalized_arguments(
        self,
        root: torch.nn.Module,
        arg_types: tuple[Any, ...] | None = None,
        kwarg_types: dict[str, Any] | None = None,
        normalize_to_only_use_kwargs: bool = False,
    ) -> Any:
        """The arguments by the names of the parameters; None where these cannot be known."""
        from ferrotorch.fx.operator_schemas import normalize_function, normalize_module

        only_named = normalize_to_only_use_kwargs
        if self.op == "call_function":
            assert callable(self.target)
            return normalize_function(self.target, self.args, self.kwargs, arg_types, kwarg_types, only_named)
        if self.op == "call_module":
            return normalize_module(root, str(self.target), self.args, self.kwargs, only_named)
        return None

    def _rename(self, candidate: str) -> None:
        if candidate != self.name:
            self.name = self.graph._graph_namespace.create_name(candidate, None)
            self.graph._graph_namespace._rename_object(self, self.name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "name" and "name" in self.__dict__:
            for user in self.users:
                self.graph._announce_replacement(self, value, user)
        object.__setattr__(self, name, value)

    # ---- as text

    def __repr__(self) -> str:
        return self.name if self._repr_fn is None else self._repr_fn(self)

    @staticmethod
    def _pretty_print_target(target: Any) -> str:
        """What is called, as text: ``builtins.getattr``, ``operator.add``, ``torch.relu``."""
        if isinstance(target, str):
            return target
        module, name = getattr(target, "__module__", None), getattr(target, "__name__", None)
        if name is not None and module == "builtins":
            return f"builtins.{name}"
        if name is not None and module == "_operator":
            return f"operator.{name}"
        return _get_qualified_name(target)

    def format_node(
        self,
        placeholder_names: list[str] | None = None,
        maybe_return_typename: list[str] | None = None,
        *,
        include_tensor_metadata: bool = False,
    ) -> str | None:
        """The node as a line of text.

        Args:
            placeholder_names: where a placeholder is noted instead, if the list is not empty.
            maybe_return_typename: a list of one item, which becomes the annotation of an output.
            include_tensor_metadata: show what ``meta`` knows of the value in the place of the annotation.
        """
        kind = f"{_type_repr(self.type)} " if self.type is not None else ""
        uses = f"[num_users={len(self.users)}]"
        if self.op == "placeholder":
            if placeholder_names:
                placeholder_names.append(f"{self.target}: {_type_repr(self.type)}" if self.type else str(self.target))
                return None
            default = f"(default={self.args[0]})" if self.args else ""
            return f"%{self.name} : {kind}{uses} = {self.op}[target={self.target}]{default}"
        if self.op == "get_attr":
            return f"%{self.name} : {kind}{uses} = {self.op}[target={self._pretty_print_target(self.target)}]"
        if self.op == "output":
            if self.type and maybe_return_typename:
                maybe_return_typename[0] = f" -> {_type_repr(self.type)}"
            return f"return {self.args[0]}"
        if include_tensor_metadata:
            kind = self._tensor_annotation() or kind
        arguments = f"(args = {_format_arg(self.args)}, kwargs = {_format_arg(self.kwargs)})"
        return f"%{self.name} : {kind}{uses} = {self.op}[target={self._pretty_print_target(self.target)}]{arguments}"

    def _tensor_annotation(self) -> str | None:
        value = next((self.meta[key] for key in ("val", "tensor_meta", "example_value") if key in self.meta), None)
        if not isinstance(value, torch.Tensor):
            return None
        from ferrotorch.utils._dtype_abbrs import dtype_abbrs

        shape, stride = (f"[{', '.join(map(str, sizes))}]" for sizes in (value.shape, value.stride()))
        return f'Tensor "{dtype_abbrs[value.dtype]}{shape}{stride}{value.device}"'


def _key_between(low: tuple[int, ...], high: tuple[int, ...]) -> tuple[int, ...]:
    """A key by which a node between two others sorts; an empty key is that of the graph's root."""
    if len(low) > len(high):
        return (*low[: len(high)], low[len(high)] + 1)
    if len(low) < len(high):
        return (*high[: len(low)], high[len(low)] - 1)
    return (*low, 0)


def _is_impure_function(target: Any) -> bool:
    if target in _side_effectful_functions or target in _RANDOM_FUNCTIONS:
        return True
    if not isinstance(target, _ops.OpOverload | _ops.OpOverloadPacket):
        return False
    packet = target if isinstance(target, _ops.OpOverloadPacket) else target.overloadpacket
    return bool(packet.is_mutable)


# The kinds of nodes, for type checkers.
Op = Literal["placeholder", "call_method", "call_module", "call_function", "get_attr", "output", "root"]
