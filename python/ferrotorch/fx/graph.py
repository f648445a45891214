"""Graphs: functions as lists of operations."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch as torch
from ferrotorch.fx import _lint
from ferrotorch.fx._codegen import (
    CodeGen,
    PythonCode,
    TransformCodeFunc,
    _BoxedCodeGen,
    _PyTreeCodeGen,
    _PyTreeInfo,
)
from ferrotorch.fx._emit import (
    _format_target,
    inplace_methods,
    magic_methods,
    reflectable_magic_methods,
)
from ferrotorch.fx._names import (
    _custom_builtins,
    _get_qualified_name,
    _is_from_torch,
    _name_of_target,
    _Namespace,
    _register_custom_builtin,
    _snake_case,
    _type_repr,
)
from ferrotorch.fx._readable import _parse_stack_trace, _ParsedStackTrace
from ferrotorch.fx.node import Argument, Node, Target, map_arg

__all__ = [
    "CodeGen",
    "Graph",
    "PythonCode",
    "_BoxedCodeGen",
    "_Namespace",
    "_ParsedStackTrace",
    "_PyTreeCodeGen",
    "_PyTreeInfo",
    "_custom_builtins",
    "_format_target",
    "_get_qualified_name",
    "_is_from_torch",
    "_parse_stack_trace",
    "_register_custom_builtin",
    "_snake_case",
    "_type_repr",
    "inplace_methods",
    "magic_methods",
    "reflectable_magic_methods",
]


class _InsertPoint:
    """Where new nodes go; as a context, until its end."""

    def __init__(self, graph: Graph, new_insert: Callable[[Node], None]) -> None:
        self.graph = graph
        self.orig_insert, graph._insert = graph._insert, new_insert

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self.graph._insert = self.orig_insert


class _node_list:
    """The nodes of a graph in their order; nodes may be inserted and erased while they are gone through."""

    def __init__(self, graph: Graph, direction: str = "_next") -> None:
        if direction not in ("_next", "_prev"):
            raise AssertionError(f"direction must be '_next' or '_prev', got {direction}")
        self.graph, self.direction = graph, direction

    def __len__(self) -> int:
        return self.graph._len

    def __iter__(self) -> Iterator[Node]:
        root = self.graph._root
        node = getattr(root, self.direction)
        while node is not root:
            if not node._erased:
                yield node
            node = getattr(node, self.direction)

    def __reversed__(self) -> Iterator[Node]:
        return iter(_node_list(self.graph, "_prev" if self.direction == "_next" else "_next"))


class Graph:
    """A function as a list of nodes: inputs, calls, and an output; ``print`` shows them."""

    def __init__(
        self,
        owning_module: torch.fx.GraphModule | None = None,
        tracer_cls: type[torch.fx.Tracer] | None = None,
        tracer_extras: dict[str, Any] | None = None,
    ) -> None:
        self._root = Node(self, "", "root", "", (), {})
        self._insert: Callable[[Node], None] = self._root.prepend
        self._len = 0
        self._graph_namespace = _Namespace()
        self._owning_module = owning_module
        self._tracer_cls, self._tracer_extras = tracer_cls, tracer_extras
        self._codegen: CodeGen = CodeGen()
        self._co_fields: dict[str, Any] = {}

    @property
    def owning_module(self) -> torch.fx.GraphModule | None:
        """The module whose function it is."""
        return self._owning_module

    @owning_module.setter
    def owning_module(self, mod: torch.fx.GraphModule | None) -> None:
        self._owning_module = mod

    @property
    def nodes(self) -> _node_list:
        """The nodes in their order."""
        return _node_list(self)

    def output_node(self) -> Node:
        """The node of what the function returns."""
        return next(node for node in reversed(self.nodes) if node.op == "output")

    def find_nodes(self, *, op: str, target: Target | None = None, sort: bool = True) -> list[Node]:
        """The nodes of a kind and, if one is given, of a target; in their order.

        ``sort`` is accepted: they are always in the order of the graph.
        """
        if op == "call_function" and target is None:
            raise AssertionError("target must not be None for call_function op")
        return [node for node in self.nodes if node.op == op and (target is None or node.target == target)]

    # ---- new nodes

    def create_node(
        self,
        op: str,
        target: Target,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        name: str | None = None,
        type_expr: Any | None = None,
    ) -> Node:
        """Add a node where nodes are inserted at present.

        Args:
            op: the kind, see :class:`Node`.
            target: what it calls, or a name.
            args, kwargs: arguments.
            name: what its name shall be like; by default the target's.
            type_expr: an annotation of its value.
        """
        if args is not None and not isinstance(args, tuple):
            raise AssertionError(f"args must be a tuple, got {type(args)}")
        if kwargs is not None and not isinstance(kwargs, dict):
            raise AssertionError(f"kwargs must be a dict, got {type(kwargs)}")
        unique = self._graph_namespace.create_name(name if name is not None else self._target_to_str(target), None)
        node = Node(self, unique, op, target, args or (), kwargs or {}, type_expr)
        for hook in getattr(self.owning_module, "_create_node_hooks", None) or ():
            hook(node)
        self._graph_namespace.associate_name_with_obj(unique, node)
        self._insert(node)
        self._len += 1
        return node

    def placeholder(self, name: str, type_expr: Any | None = None, default_value: Any = ...) -> Node:
        """Add an input; ``*name`` and ``**name`` are as in Python."""
        args = () if default_value is ... else (default_value,)
        return self.create_node("placeholder", name, args=args, type_expr=type_expr)

    def get_attr(self, qualified_name: str, type_expr: Any | None = None) -> Node:
        """Add a node for what the module has under a dotted name; warns if it has nothing there."""
        if self.owning_module is not None and not _is_member(self.owning_module, qualified_name):
            warnings.warn(
                "Attempted to insert a get_attr Node with no underlying reference in the owning GraphModule! Call "
                "GraphModule.add_submodule to add the necessary submodule, GraphModule.add_parameter to add the "
                "necessary Parameter, or nn.Module.register_buffer to add the necessary buffer",
                stacklevel=2,
            )
        return self.create_node("get_attr", qualified_name, type_expr=type_expr)

    def call_module(
        self,
        module_name: str,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any | None = None,
    ) -> Node:
        """Add a call of the module of a dotted name; warns if there is none."""
        if self.owning_module is not None and _submodule(self.owning_module, module_name) is None:
            warnings.warn(
                "Attempted to insert a call_module Node with no underlying reference in the owning GraphModule! "
                "Call GraphModule.add_submodule to add the necessary submodule",
                stacklevel=2,
            )
        return self.create_node("call_module", module_name, args, kwargs, type_expr=type_expr)

    def call_method(
        self,
        method_name: str,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any | None = None,
    ) -> Node:
        """Add a call of a method of ``args[0]``."""
        return self.create_node("call_method", method_name, args, kwargs, type_expr=type_expr)

    def call_function(
        self,
        the_function: Callable[..., Any],
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any | None = None,
        name: str | None = None,
    ) -> Node:
        """Add a call of a function."""
        return self.create_node("call_function", the_function, args, kwargs, name=name, type_expr=type_expr)

    def output(self, result: Argument, type_expr: Any | None = None) -> Node:
        """Add what the function returns."""
        return self.create_node("output", "output", args=(result,), type_expr=type_expr)

    def inserting_before(self, n: Node | None = None) -> _InsertPoint:
        """Insert new nodes before a node, or before all; as a context, until its end."""
        if n is None:
            return self.inserting_after(self._root)
        if n.graph != self:
            raise AssertionError("Node to insert before is not in graph.")
        return _InsertPoint(self, n.prepend)

    def inserting_after(self, n: Node | None = None) -> _InsertPoint:
        """Insert new nodes behind a node, or behind all; as a context, until its end."""
        if n is None:
            return self.inserting_before(self._root)
        if n.graph != self:
            raise AssertionError("Node to insert after is not in graph.")
        return _InsertPoint(self, n.append)

    def _target_to_str(self, target: Target | None) -> str:
        """What a node's name is made of."""
        if callable(target):
            return _snake_case(_name_of_target(target))
        if not isinstance(target, str):
            raise AssertionError(f"Expected target to be str, got {type(target)}")
        is_magic = target.startswith("__") and target.endswith("__")
        return _snake_case(target[2:-2] if is_magic else target)

    # ---- copies and removals

    def node_copy(self, node: Node, arg_transform: Callable[[Node], Argument] = lambda x: x) -> Node:
        """Add a copy of a node of another graph; ``arg_transform`` says what stands for its inputs here."""
        args, kwargs = map_arg(node.args, arg_transform), map_arg(node.kwargs, arg_transform)
        if not isinstance(args, tuple):
            raise AssertionError(f"Expected args to be tuple, got {type(args)}")
        result = self.create_node(node.op, node.target, args, kwargs, node.name, node.type)
        result.meta = copy.copy(node.meta)
        return result

    def graph_copy(self, g: Graph, val_map: dict[Node, Node], return_output_node: bool = False) -> Any:
        """Add copies of all nodes of a graph but its output.

        Args:
            g: the graph.
            val_map: what stands for its nodes here; the copies are added.
            return_output_node: return the output node, too.

        Returns:
            What ``g`` returns, in terms of this graph; None if it has no output.
        """
        for node in g.nodes:
            if node in val_map:
                continue
            if node.op == "output":
                result = map_arg(node.args[0], lambda n: val_map[n])
                return (result, node) if return_output_node else result
            val_map[node] = self.node_copy(node, lambda n: val_map[n])
        return None

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Graph:
        memo = {} if memo is None else memo
        graph = Graph(tracer_cls=self._tracer_cls)
        memo[id(self)] = graph
        found = graph.graph_copy(self, val_map=(nodes := {}), return_output_node=True)
        graph._codegen = copy.deepcopy(self._codegen)
        graph._co_fields = dict(self._co_fields)
        if found is not None:
            value, old = found
            new = graph.output(value, type_expr=old.type)
            new.meta, nodes[old] = copy.copy(old.meta), new
        for old, new in nodes.items():
            memo[id(old)] = new
        return graph

    def erase_node(self, to_erase: Node) -> None:
        """Remove a node.

        Raises:
            RuntimeError: it has users, or is none of this graph.
        """
        if to_erase.users:
            raise RuntimeError(
                f"Tried to erase Node {to_erase} but it still had {len(to_erase.users)} "
                f"users in the graph: {to_erase.users}!"
            )
        if to_erase.graph is not self:
            raise RuntimeError(f"Attempting to remove {to_erase} from wrong graph!")
        if to_erase._erased:
            warnings.warn(f"erase_node({to_erase}) on an already erased node", stacklevel=2)
            return
        for hook in getattr(self.owning_module, "_erase_node_hooks", None) or ():
            hook(to_erase)
        to_erase._remove_from_list()
        to_erase._erased = True
        self._len -= 1
        to_erase.args = map_arg(to_erase.args, lambda node: None)
        to_erase.kwargs = map_arg(to_erase.kwargs, lambda node: None)

    def eliminate_dead_code(self, is_impure_node: Callable[[Node], bool] | None = None) -> bool:
        """Remove nodes whose value nobody uses, unless they do something besides; tells whether there were any.

        Args:
            is_impure_node: whether a node does something besides; :meth:`Node.is_impure` by default.
        """
        self.lint()
        keeps = is_impure_node or Node.is_impure
        changed = False
        for node in reversed(self.nodes):
            if not node.users and not keeps(node):
                self.erase_node(node)
                changed = True
        used = {node.target for node in self.nodes if node.op == "get_attr"}
        for name, child in self.owning_module.named_children() if self.owning_module is not None else ():
            if name in used and isinstance(child, torch.fx.GraphModule):
                changed |= child.graph.eliminate_dead_code()
                child.recompile()
        return changed

    def _clear_nodes(self) -> None:
        for node in reversed(self.nodes):
            node.meta.clear()
            self.erase_node(node)

    def _announce_replacement(self, old: Node, new: str, user: Node) -> None:
        """Tell the hooks of the module that a user of a node will use another."""
        for hook in getattr(self.owning_module, "_replace_hooks", None) or ():
            hook(old=old, new=new, user=user)

    # ---- as text

    def python_code(self, root_module: str, **options: Any) -> PythonCode:
        """The graph as the text of a Python function.

        Args:
            root_module: the name of the module there, ``"self"``.
            options: ``verbose`` adds comments and what is known of values, with ``include_stride`` and
                ``include_device``; ``colored`` marks for terminals, ``expanded_def`` a line for each parameter,
                ``additional_meta`` what of ``meta`` is to be shown.
        """
        namespace = _Namespace()

        def name_of(node: Node) -> str:
            return namespace.create_name(node.name, node)

        before = {node: node._repr_fn for node in self.nodes}
        try:
            for node in self.nodes:
                node._repr_fn = name_of
            return self._codegen._gen_python_code(self.nodes, root_module, namespace, **options)
        finally:
            for node, shown in before.items():
                node._repr_fn = shown

    def __str__(self) -> str:
        lines = [f"    {line}" for line in (node.format_node() for node in self.nodes) if line]
        return "\n".join(["graph():", *lines])

    def print_tabular(self) -> None:
        """Print the nodes as a table, by the package ``tabulate``."""
        try:
            from tabulate import tabulate  # type: ignore[import-untyped]
        except ImportError:
            print(
                "`print_tabular` relies on the library `tabulate`, which could not be found on this machine. "
                "Run `pip install tabulate` to install the library."
            )
            raise
        rows = [[n.op, n.name, n.target, n.args, n.kwargs] for n in self.nodes]
        print(tabulate(rows, headers=["opcode", "name", "target", "args", "kwargs"]))

    def lint(self) -> None:
        """Check that nodes belong to the graph, come behind what they use, and refer to what the module has.

        Raises:
            RuntimeError: they do not.
        """
        _lint.check(self)

    # ---- how it is called

    def process_inputs(self, *args: Any) -> Any:
        """Arguments of the function as the placeholders take them."""
        return self._codegen.process_inputs(*args)

    def process_outputs(self, out: Any) -> Any:
        """Results of the graph as the function returns them."""
        return self._codegen.process_outputs(out)

    def set_codegen(self, codegen: CodeGen) -> None:
        """Write the function in another way."""
        self._codegen = codegen

    def on_generate_code(
        self, make_transformer: Callable[[TransformCodeFunc | None], TransformCodeFunc]
    ) -> contextlib.AbstractContextManager[None]:
        """Change the lines of generated code.

        Args:
            make_transformer: takes the present transformer, or None; returns one, which takes and returns lines.

        Returns:
            A context at whose end the present transformer is back.
        """
        before = self._codegen._body_transformer
        self._codegen._body_transformer = make_transformer(before)

        @contextlib.contextmanager
        def until_here() -> Iterator[None]:
            try:
                yield
            finally:
                self._codegen._body_transformer = before

        return until_here()


def _submodule(module: torch.nn.Module, path: str) -> torch.nn.Module | None:
    try:
        return module.get_submodule(path)
    except AttributeError:
        return None


def _is_member(module: torch.nn.Module, path: str) -> bool:
    """Is there a module, parameter or buffer of a dotted name?"""
    prefix, _, name = path.rpartition(".")
    owner = _submodule(module, prefix)
    if owner is None:
        warnings.warn(f"Failed to fetch module {prefix}!", stacklevel=3)
        return False
    value = getattr(owner, name, None)
    return isinstance(value, torch.nn.Module | torch.nn.Parameter) or name in owner._buffers
