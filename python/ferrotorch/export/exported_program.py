"""Programs that were recorded as graphs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import ferrotorch as torch
from ferrotorch.export._capture import Capture
from ferrotorch.export.dynamic_shapes import Dim
from ferrotorch.export.graph_signature import (
    ConstantArgument,
    ExportGraphSignature,
    InputKind,
    InputSpec,
    OutputKind,
    OutputSpec,
    TensorArgument,
)
from ferrotorch.fx._codegen import _PyTreeCodeGen, _PyTreeInfo
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node, map_arg
from ferrotorch.utils import _pytree as pytree

__all__ = ["CallSpec", "ExportedProgram"]


class CallSpec(NamedTuple):
    """How the arguments and the results of a module are nested."""

    in_spec: pytree.TreeSpec
    out_spec: pytree.TreeSpec


class ExportedProgram:
    """A module as a graph of ops, with its state.

    Attributes:
        graph_module, graph: the graph; parameters, buffers and constant tensors are inputs of it, before the leaves of
            the arguments, and it returns a tuple of the leaves of the result.
        graph_signature: what these inputs and outputs are.
        state_dict: parameters and buffers by their names: those of the module that was exported.
        constants: other tensors of the module, and buffers that are no part of its state.
        call_spec: how arguments and results are nested.
        example_inputs: the examples, by position and by name.
        range_constraints: bounds of the sizes that may change, by their names.
    """

    dialect = "TRAINING"

    def __init__(
        self,
        module: torch.nn.Module,
        capture: Capture,
        example_inputs: tuple[tuple[Any, ...], dict[str, Any]],
        dynamic: dict[tuple[int, int], Any],
    ) -> None:
        self._capture, self._dynamic = capture, dynamic
        self.example_inputs = example_inputs
        self.call_spec = CallSpec(capture.in_spec, capture.out_spec)
        self._parameters, self._buffers = dict(module.named_parameters()), dict(module.named_buffers())
        state = module.state_dict(keep_vars=True)
        tensors: dict[str, Any] = {**self._parameters, **self._buffers}
        self.state_dict = {name: tensor for name, tensor in tensors.items() if name in state}
        hidden = {name: tensor for name, tensor in self._buffers.items() if name not in state}
        self.constants: dict[str, Any] = {**capture.constants, **hidden}
        self.range_constraints = {
            size.__name__: (size.min, size.max) for size in dynamic.values() if isinstance(size, Dim)
        }
        graph, self.graph_signature = self._lifted()
        self.graph_module = GraphModule({}, graph)

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self.graph_module.graph

    @property
    def tensor_constants(self) -> dict[str, Any]:
        """The same as ``constants``."""
        return self.constants

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Parameters with their names."""
        yield from self._parameters.items()

    def parameters(self) -> Iterator[Any]:
        """The parameters."""
        yield from self._parameters.values()

    def named_buffers(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Buffers with their names."""
        yield from self._buffers.items()

    def buffers(self) -> Iterator[torch.Tensor]:
        """The buffers."""
        yield from self._buffers.values()

    def validate(self) -> None:
        """Check the graph: see :meth:`Graph.lint`."""
        self.graph.lint()

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "Unable to call ExportedProgram directly. You should use `exported_program.module()` instead."
        )

    def run_decompositions(self, decomp_table: dict[Any, Any] | None = None, **_: Any) -> ExportedProgram:
        """The program in the ops that PyTorch's core set has, none of which writes to its arguments.

        Args:
            decomp_table: functions that are called in the place of ops, by the op, besides those for ops that are not
                in the core set; an empty one leaves these as they are.

        Raises:
            RuntimeError: sizes of the arguments may change: the ops are found by running the program.
        """
        from ferrotorch.export._decompose import core_aten_decompositions, decomposed

        if self._dynamic:
            raise RuntimeError(
                "run_decompositions(): of a program whose sizes may change, ops cannot be found by running it"
            )
        table = core_aten_decompositions() if decomp_table is None else dict(decomp_table)
        result = copy.copy(self)
        result.dialect = "ATEN"
        result._capture = decomposed(self._capture, self._target, table)
        result.constants = {**self.constants, **result._capture.constants}
        graph, result.graph_signature = result._lifted()
        result.graph_module = GraphModule({}, graph)
        return result

    def __str__(self) -> str:
        code = self.graph_module.print_readable(print_output=False).replace("\n", "\n    ")
        signature = str(self.graph_signature).lstrip("\n").replace("\n", "\n    ")
        return (
            f"ExportedProgram:\n    {code}\nGraph signature:\n    {signature}\n"
            f"Range constraints: {self.range_constraints}\n"
        )

    def _target(self, path: str) -> Any:
        return {**self.constants, **self._buffers, **self._parameters}[path]

    def module(self, check_guards: bool = True) -> GraphModule:
        """A module that runs the graph, on the same parameters and buffers.

        Args:
            check_guards: raise AssertionError where sizes of the arguments are neither those of the examples nor such
                that may change.
        """
        graph = Graph()
        copies: dict[Node, Node] = {}
        nodes = list(self._capture.graph.nodes)
        for kind in (("placeholder",), ("get_attr",), ("call_function", "call_method", "output")):
            for node in nodes:
                if node.op in kind and (node.op != "get_attr" or node.users):
                    copies[node] = graph.node_copy(node, copies.__getitem__)
        names = self._argument_names()
        graph._codegen = _PyTreeCodeGen(_PyTreeInfo(names, *self.call_spec))
        paths = [str(node.target) for node in nodes if node.op == "get_attr"]
        result = GraphModule({path: self._target(path) for path in paths}, graph)
        for path in self.constants:
            *above, name = path.split(".")
            result.get_submodule(".".join(above))._non_persistent_buffers_set.add(name)
        if check_guards:
            result.register_forward_pre_hook(self._check_sizes, with_kwargs=True)
        return result

    def _argument_names(self) -> list[str]:
        args, kwargs = self.example_inputs
        leaves = [node.name for node in self._capture.inputs]
        names: list[str] = []
        position = 0
        for value in args:
            count = len(pytree.tree_leaves(value))
            names.append(leaves[position] if count == 1 else f"args_{len(names)}")
            position += count
        return [*names, *kwargs]

    def _check_sizes(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given, spec = pytree.tree_flatten(
            (args, {name: kwargs[name] for name in self.example_inputs[1] if name in kwargs})
        )
        if spec != self.call_spec.in_spec:
            raise ValueError(f"the arguments are nested otherwise than the examples: {spec}, {self.call_spec.in_spec}")
        named: dict[Any, int] = {}
        for index, (value, node) in enumerate(zip(given, self._capture.inputs, strict=True)):
            example = node.meta["val"]
            if not isinstance(example, torch.Tensor):
                continue
            if value.dim() != example.dim():
                raise AssertionError(f"Guard failed: {node.name}.dim() == {example.dim()}")
            for dim, length in enumerate(value.shape):
                size = self._dynamic.get((index, dim))
                expected = example.shape[dim] if size is None else named.setdefault(size, length)
                if length != expected:
                    raise AssertionError(f"Guard failed: {node.name}.size()[{dim}] == {expected}")
                if isinstance(size, Dim) and not size.min <= length <= (length if size.max is None else size.max):
                    raise AssertionError(f"Guard failed: {size.min} <= {node.name}.size()[{dim}] <= {size.max}")

    def _lifted(self) -> tuple[Graph, ExportGraphSignature]:
        """The graph with the module's tensors as inputs, and what its inputs and outputs are."""
        nodes, graph, copies = list(self._capture.graph.nodes), Graph(), dict[Node, Node]()
        specs = []
        for kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
            for node in nodes:
                if node.op == "get_attr" and self._kind(str(node.target)) is kind:
                    copies[node] = graph.placeholder(f"{_PREFIXES[kind]}_{str(node.target).replace('.', '_')}")
                    specs.append(self._input_spec(copies[node], node, kind))
        for node in nodes:
            if node.op == "placeholder":
                copies[node] = graph.node_copy(node)
                tensor = isinstance(node.meta["val"], torch.Tensor)
                name = copies[node].name
                arg = TensorArgument(name) if tensor else ConstantArgument(name, node.meta["val"])
                specs.append(InputSpec(InputKind.USER_INPUT, arg, None))
            elif node.op not in ("get_attr", "output"):
                copies[node] = graph.node_copy(node, copies.__getitem__)
        for node, own in copies.items():
            own.meta = _described(node)
        results = map_arg(self._capture.graph.output_node().args[0], copies.__getitem__)
        graph.output(results)
        outputs = [TensorArgument(v.name) if isinstance(v, Node) else ConstantArgument("", v) for v in results]
        return graph, ExportGraphSignature(specs, [OutputSpec(OutputKind.USER_OUTPUT, arg, None) for arg in outputs])

    def _kind(self, path: str) -> InputKind:
        if path in self._parameters:
            return InputKind.PARAMETER
        return InputKind.BUFFER if path in self._buffers else InputKind.CONSTANT_TENSOR

    def _input_spec(self, copy: Node, node: Node, kind: InputKind) -> InputSpec:
        path = str(node.target)
        persistent = path in self.state_dict if kind is InputKind.BUFFER else None
        return InputSpec(kind, TensorArgument(copy.name), path, persistent)


_PREFIXES = {InputKind.PARAMETER: "p", InputKind.BUFFER: "b", InputKind.CONSTANT_TENSOR: "c"}


def _described(node: Node) -> dict[str, Any]:
    """What is known of a node's value: tensors without their elements."""
    from ferrotorch.fx.passes.shape_prop import _extract_tensor_metadata

    value = node.meta.get("val")
    meta = {"val": pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.detach().to("meta"), value)}
    if isinstance(value, torch.Tensor):
        meta["tensor_meta"] = _extract_tensor_metadata(value)
    return meta
