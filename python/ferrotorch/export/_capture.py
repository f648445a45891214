"""From a module and examples of its arguments to a graph, in which sizes may be those of the arguments."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.export._recorder import Recorder
from ferrotorch.export.dynamic_shapes import Size
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.node import Node
from ferrotorch.utils import _pytree as pytree

__all__ = ["Capture", "capture"]

Places = dict[tuple[int, int], Size]
# By how much dimensions are longer in the second run, twice that in the third: no multiple of one is another.
_STEPS = (3, 5, 7, 11, 13, 17, 19, 23)


class Capture(NamedTuple):
    """What was recorded: nodes for inputs and results are in their order."""

    graph: Graph
    inputs: list[Node]
    constants: dict[str, torch.Tensor]
    in_spec: pytree.TreeSpec
    out_spec: pytree.TreeSpec


def capture(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic: Places) -> Capture:
    """Record a module, and find out which numbers in the graph are sizes of its arguments.

    For that it is recorded with longer arguments, too: a number that differs is a size, or made of sizes.

    Raises:
        RuntimeError: with longer arguments the module does something else, or a number is made of sizes in a way that
            is not known: a multiple, a sum with a constant, or a product of two are.
    """
    first = _record(module, args, kwargs)
    if not dynamic:
        return first
    sizes = list(dict.fromkeys(dynamic.values()))
    if len(sizes) > len(_STEPS):
        raise RuntimeError(f"torch.export: {len(sizes)} sizes that may change are more than {len(_STEPS)}")
    steps = dict(zip(sizes, _STEPS, strict=False))
    others = [_record(module, *_longer(args, kwargs, dynamic, steps, times)) for times in (1, 2)]
    _Sizes(first, dynamic, steps).put_into(others)
    return first


def _record(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Capture:
    leaves, in_spec = pytree.tree_flatten((args, kwargs))
    leaves = [leaf.detach().clone().requires_grad_(leaf.requires_grad) if _is_tensor(leaf) else leaf for leaf in leaves]
    recorder = Recorder(module)
    inputs = [recorder.add_input(*pair) for pair in zip(_names(module, args, kwargs), leaves, strict=True)]
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        recorder.add_attribute(name, tensor)
    args, kwargs = pytree.tree_unflatten(leaves, in_spec)
    with _as_before(module), torch.random.fork_rng():
        results, out_spec = pytree.tree_flatten(recorder.run(args, kwargs))
        recorder.graph.output(tuple(recorder.result(value) for value in results))
    return Capture(recorder.graph, inputs, recorder.constants, in_spec, out_spec)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _names(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """Names for the leaves of the arguments, after the parameters of the module."""
    parameters = list(inspect.signature(module.forward).parameters.values())
    names = []
    for index, value in enumerate([*args, *kwargs.values()]):
        if index >= len(args):
            name = list(kwargs)[index - len(args)]
        elif index < len(parameters) and parameters[index].kind is not inspect.Parameter.VAR_POSITIONAL:
            name = parameters[index].name
        else:
            name = f"args_{index}"
        leaves = pytree.tree_leaves(value)
        names += [name] if leaves == [value] or _is_tensor(value) else [f"{name}_{i}" for i in range(len(leaves))]
    return names


@contextmanager
def _as_before(module: torch.nn.Module) -> Iterator[None]:
    """A block after which the buffers have the values that they had."""
    saved = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in saved:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)


def _longer(
    args: tuple[Any, ...], kwargs: dict[str, Any], dynamic: Places, steps: dict[Size, int], times: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments, longer in the dimensions that may change; what is there is repeated."""
    leaves, spec = pytree.tree_flatten((args, kwargs))
    for (leaf, dim), size in dynamic.items():
        value = leaves[leaf]
        index = torch.arange(value.shape[dim] + times * steps[size], device=value.device) % value.shape[dim]
        leaves[leaf] = value.detach().index_select(dim, index).requires_grad_(value.requires_grad)
    longer: tuple[tuple[Any, ...], dict[str, Any]] = pytree.tree_unflatten(leaves, spec)
    return longer


class _Sizes:
    """Finds the sizes of arguments in a graph."""

    def __init__(self, found: Capture, dynamic: Places, steps: dict[Size, int]) -> None:
        self.capture, self.steps = found, steps
        self.places: dict[Size, tuple[Node, int]] = {}
        self.values: dict[Size, list[int]] = {}
        for (leaf, dim), size in dynamic.items():
            node = found.inputs[leaf]
            length = node.meta["val"].shape[dim]
            self.places.setdefault(size, (node, dim))
            self.values.setdefault(size, [length + times * steps[size] for times in range(3)])
        self._nodes: dict[Size, Node] = {}

    def put_into(self, others: list[Capture]) -> None:
        """Put sizes in the place of the numbers by which the graphs of longer arguments differ."""
        graphs = [self.capture.graph, *(other.graph for other in others)]
        rows = list(zip(*(list(graph.nodes) for graph in graphs), strict=False))
        if len({len(graph.nodes) for graph in graphs}) > 1:
            raise RuntimeError("torch.export: with other sizes of the arguments the program does other things")
        for nodes in rows:
            if len({(node.op, str(node.target)) for node in nodes}) > 1:
                raise RuntimeError(
                    f"torch.export: with other sizes of the arguments the program calls {nodes[1].target} "
                    f"in the place of {nodes[0].target}"
                )
            if nodes[0].op != "placeholder":
                self._place = nodes[0]
                nodes[0].args = self._merged(*(node.args for node in nodes))
                nodes[0].kwargs = self._merged(*(node.kwargs for node in nodes))

    def _merged(self, *values: Any) -> Any:
        """One argument of the three that the graphs have."""
        first = values[0]
        if isinstance(first, list | tuple):
            self._require(len({len(value) for value in values}) == 1, values)
            items = [self._merged(*items) for items in zip(*values, strict=True)]
            return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
        if isinstance(first, dict):
            return {key: self._merged(*(value[key] for value in values)) for key in first}
        if isinstance(first, slice):
            return slice(*(self._merged(*(getattr(value, part) for value in values)) for part in _PARTS))
        if isinstance(first, Node) or all(value == first for value in values):
            return first
        self._require(all(type(value) is int for value in values), values)
        return self._size(list(values))

    def _require(self, condition: bool, values: Any) -> None:
        if not condition:
            raise RuntimeError(
                f"torch.export: {self._place.name} has {values[0]}, and {values[1]} with other sizes of the arguments: "
                "no multiple of a size, sum of one and a constant, or product of two"
            )

    def _size(self, values: list[int]) -> Node:
        """A node for a number that is made of sizes."""
        with self.capture.graph.inserting_before(self._place):
            for size, lengths in self.values.items():
                if values == lengths:
                    return self._node(size)
                offsets = {value - length for value, length in zip(values, lengths, strict=True)}
                if len(offsets) == 1:
                    return self._computed(operator.add, self._node(size), offsets.pop())
                if all(length and value % length == 0 for value, length in zip(values, lengths, strict=True)):
                    factors = [value // length for value, length in zip(values, lengths, strict=True)]
                    if len(set(factors)) == 1:
                        return self._computed(operator.mul, self._node(size), factors[0])
                    other = next((other for other, found in self.values.items() if found == factors), None)
                    if other is not None:
                        return self._computed(operator.mul, self._node(size), self._node(other))
        self._require(False, values)
        raise AssertionError(values)

    def _computed(self, op: Any, left: Node, right: Any) -> Node:
        node = self.capture.graph.call_function(op, (left, right))
        node.meta["val"] = op(left.meta["val"], right.meta["val"] if isinstance(right, Node) else right)
        return node

    def _node(self, size: Size) -> Node:
        if size not in self._nodes:
            tensor, dim = self.places[size]
            with self.capture.graph.inserting_after(self.capture.inputs[-1]):
                self._nodes[size] = self.capture.graph.call_method("size", (tensor, dim))
            self._nodes[size].meta["val"] = self.values[size][0]
        return self._nodes[size]


_PARTS = ("start", "stop", "step")
