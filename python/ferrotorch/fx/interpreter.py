"""Running a graph node by node, and making another graph of it on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch.fx import traceback as fx_traceback
from ferrotorch.fx._symbolic_trace import Tracer
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Argument, Node, Target, map_aggregate, map_arg
from ferrotorch.fx.proxy import Proxy

__all__ = ["Interpreter", "Transformer"]


class Interpreter:
    """Runs a graph; subclasses override what a kind of node does.

    Args:
        module: the module of the graph, or any that has what the graph refers to.
        garbage_collect_values: free values behind their last use.
        graph: the graph, if it is not that of ``module``.
    """

    def __init__(
        self, module: torch.nn.Module, garbage_collect_values: bool = True, graph: Graph | None = None
    ) -> None:
        self.module = module
        self.submodules = dict(module.named_modules())
        self.graph: Graph = module.graph if graph is None else graph
        self.env: dict[Node, Any] = {}
        self.name = "Interpreter"
        self.garbage_collect_values = garbage_collect_values
        self.extra_traceback = True
        self.args_iter: Iterator[Any] = iter(())
        self.user_to_last_uses: dict[Node, list[Node]] = {}
        if garbage_collect_values:
            last: dict[Node, Node] = {}
            for user in reversed(self.graph.nodes):
                for node in user._input_nodes:
                    if last.setdefault(node, user) is user:
                        self.user_to_last_uses.setdefault(user, []).append(node)

    def run(self, *args: Any, initial_env: dict[Node, Any] | None = None, enable_io_processing: bool = True) -> Any:
        """What the graph returns for arguments.

        Args:
            args: the arguments.
            initial_env: values of nodes that are not to be computed.
            enable_io_processing: take containers apart and put them together as the graph's function does.
        """
        self.env = {} if initial_env is None else dict(initial_env)
        if enable_io_processing:
            args = self.graph.process_inputs(*args)
        self.args_iter = iter(args)
        for node in self.graph.nodes:
            if node in self.env:
                continue
            self._run_into_env(node)
            if node.op == "output":
                value = self.env[node]
                return self.graph.process_outputs(value) if enable_io_processing else value
        return None

    def _run_into_env(self, node: Node) -> None:
        try:
            self.env[node] = self.run_node(node)
        except Exception as error:
            if self.extra_traceback:
                _explain(error, node)
            raise
        for used in self.user_to_last_uses.get(node, ()):
            del self.env[used]

    def boxed_run(self, args_list: list[Any]) -> Any:
        """As :meth:`run`, of a list that is emptied at once."""
        inputs = sum(node.op == "placeholder" for node in self.graph.nodes)
        if len(args_list) != inputs:
            detail = "extra arguments" if len(args_list) > inputs else "missing arguments"
            raise RuntimeError(
                f"Interpreter.boxed_run expected {inputs} arguments for placeholders but received {len(args_list)} "
                f"({detail})"
            )
        args = list(args_list)
        args_list.clear()
        return self.run(*args, enable_io_processing=False)

    @contextmanager
    def _set_current_node(self, node: Node) -> Iterator[None]:
        with fx_traceback.set_current_meta(node):
            yield

    def run_node(self, n: Node) -> Any:
        """The value of a node."""
        with self._set_current_node(n):
            args, kwargs = self.fetch_args_kwargs_from_env(n)
            return getattr(self, n.op)(n.target, args, kwargs)

    def placeholder(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """The next argument; the rest for ``*args``, the default where there is none.

        ``kwargs`` are ignored.

        Raises:
            RuntimeError: there are too few arguments.
        """
        if str(target).startswith("*"):
            return list(self.args_iter)
        try:
            return next(self.args_iter)
        except StopIteration as error:
            if args:
                return args[0]
            raise RuntimeError(
                f"Expected positional argument for parameter {target}, but one was not passed in!"
            ) from error

    def get_attr(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """What the module has under a dotted name.

        ``args`` and ``kwargs`` are ignored.
        """
        return self.fetch_attr(str(target))

    def call_function(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a function."""
        return target(*args, **kwargs)  # type: ignore[operator]

    def call_method(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a method of the first argument."""
        owner, *rest = args
        return getattr(owner, str(target))(*rest, **kwargs)

    def call_module(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """The result of the module of a dotted name."""
        return self.fetch_attr(str(target))(*args, **kwargs)

    def output(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """What the graph returns.

        ``target`` and ``kwargs`` are ignored.
        """
        return args[0]

    def fetch_attr(self, target: str) -> Any:
        """What the module has under a dotted name.

        Raises:
            RuntimeError: nothing.
        """
        value: Any = self.module
        for part in target.split("."):
            if not hasattr(value, part):
                raise RuntimeError(f"Node referenced nonexistent target {target}! Run Graph.lint() to diagnose")
            value = getattr(value, part)
        return value

    def fetch_args_kwargs_from_env(self, n: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a node, with values for nodes."""
        args, kwargs = self.map_nodes_to_values(n.args, n), self.map_nodes_to_values(n.kwargs, n)
        return args, kwargs

    def map_nodes_to_values(self, args: Any, n: Node) -> Any:
        """Nested arguments of a node, with values for nodes.

        Raises:
            RuntimeError: one has no value yet.
        """

        def value(node: Node) -> Any:
            if node not in self.env:
                raise RuntimeError(f"Node {n} referenced nonexistent value {node}! Run Graph.lint() to diagnose issues")
            return self.env[node]

        return map_arg(args, value)


def _explain(error: Exception, node: Node) -> None:
    """Say in an error's message which node it comes from."""
    text = f"While executing {node.format_node()}"
    text = f"{error.args[0]}\n\n{text}" if error.args else str(text)
    text += f"\nOriginal traceback:\n{node.stack_trace}"
    if isinstance(error, KeyError):
        # Python would show its message as the text of a key.
        raise RuntimeError(text) from error
    error.args = (text, *error.args[1:])


class _TransformerTracer(Tracer):
    """Writes to a graph that a transformer makes."""

    def __init__(self, graph: Graph, root: torch.nn.Module) -> None:
        super().__init__()
        self.graph, self.root = graph, root
        self._constants = {}

    def is_leaf_module(self, m: torch.nn.Module, module_qualified_name: str) -> bool:
        return True


class Transformer(Interpreter):
    """An interpreter whose values are proxies: running it writes a new graph.

    >>> class Swap(Transformer):
    ...     def call_function(self, target, args, kwargs):
    ...         return super().call_function(torch.sin if target is torch.cos else target, args, kwargs)
    >>> swapped = Swap(traced).transform()
    """

    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.new_graph = Graph()
        self.new_graph.set_codegen(module.graph._codegen)
        self.tracer = _TransformerTracer(self.new_graph, module)

    def placeholder(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Proxy:
        """A placeholder of the new graph."""
        return Proxy(self.new_graph.placeholder(str(target), default_value=args[0] if args else ...), self.tracer)

    def get_attr(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Proxy:
        """A ``get_attr`` node of the new graph."""
        return self.tracer.create_proxy("get_attr", target, args, kwargs)

    def call_module(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """A call of the new graph."""
        module = self.fetch_attr(str(target))
        return self.tracer.call_module(module, module.forward, args, kwargs)

    def call_function(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """A call of the new graph."""
        return self.tracer.create_proxy("call_function", target, args, kwargs)

    def transform(self) -> GraphModule:
        """Run with proxies; the module of the new graph."""
        with fx_traceback.preserve_node_meta():
            result = super().run(enable_io_processing=False)
        if result is not None:

            def node_of(value: Any) -> Any:
                return value.node if isinstance(value, Proxy) else value

            self.new_graph.output(map_aggregate(result, node_of)).meta.update(self.graph.output_node().meta)
        return GraphModule(self.module, self.new_graph)
