"""Splitting a module into several, by a function that says for each node to which it belongs."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node, map_arg

__all__ = ["Partition", "split_module"]


class Partition:
    """A part of a graph: which nodes it has, what it takes from others and what others take from it."""

    def __init__(self, name: str) -> None:
        self.name, self.submod_name = name, f"submod_{name}"
        self.node_names: list[str] = []
        # Ordered sets of names: of nodes that are taken and given, and of other partitions.
        self.inputs: dict[str, None] = {}
        self.outputs: dict[str, None] = {}
        self.dependencies: dict[str, None] = {}
        self.dependents: dict[str, None] = {}
        self.graph = Graph()
        self.environment: dict[Node, Node] = {}
        self.targets: dict[str, Any] = {}

    def __repr__(self) -> str:
        return (
            f"name: {self.name},\n nodes: {self.node_names},\n inputs: {self.inputs},\n outputs: {self.outputs},\n"
            f" partitions depended on: {self.dependencies},\n partition dependents: {self.dependents}"
        )


def split_module(
    m: GraphModule,
    root_m: torch.nn.Module | None,
    split_callback: Callable[[Node], int],
    qualname_map: dict[str, str] | None = None,
    keep_original_order: bool | None = False,
    keep_original_node_name: bool = False,
    keep_original_input_name: bool = True,
    *,
    partition_affix: str | None = None,
    tuple_return: bool = False,
) -> GraphModule:
    """A module that calls modules ``submod_0``, ``submod_1`` ..., which have the nodes of a graph between them.

    Args:
        m: the module of the graph.
        root_m: accepted for compatibility: all is taken from ``m``.
        split_callback: of a node, the number of the module that it goes to. Inputs and attributes stay outside.
        qualname_map: filled with the names that modules had before, by their names afterwards.
        keep_original_order: call the modules in the order of their first nodes, rather than as they depend on each
            other.
        keep_original_node_name: nodes keep their names.
        keep_original_input_name: inputs of the modules are named after what is handed to them, rather than ``arg_0``.
        partition_affix: goes before the numbers in the names of the modules.
        tuple_return: modules return tuples, even of one value.

    Raises:
        RuntimeError: two modules would each need what the other one computes.
    """
    splitter = _Splitter(m, keep_original_node_name, keep_original_input_name, tuple_return)
    for node in m.graph.nodes:
        if node.op not in ("placeholder", "get_attr", "output"):
            name = str(split_callback(node))
            splitter.assign(node, name if partition_affix is None else f"{partition_affix}_{name}")
    splitter.connect()
    order = _ordered(splitter.partitions)
    splitter.fill(order, {} if qualname_map is None else qualname_map)
    return splitter.assemble(list(splitter.partitions) if keep_original_order else order)


class _Splitter:
    """The steps of a split."""

    def __init__(self, module: GraphModule, keep_names: bool, keep_input_names: bool, tuples: bool) -> None:
        self.module, self.tuples = module, tuples
        self.keep_names, self.keep_input_names = keep_names, keep_input_names
        self.partitions: dict[str, Partition] = {}
        self.nodes = {node.name: node for node in module.graph.nodes}
        self._homes: dict[Node, Partition] = {}

    def assign(self, node: Node, name: str) -> None:
        """Put a node into the partition of a name."""
        partition = self.partitions.setdefault(name, Partition(name))
        partition.node_names.append(node.name)
        self._homes[node] = partition

    def connect(self) -> None:
        """Find what goes from partition to partition, and out of the graph."""
        for node in self.module.graph.nodes:
            for used in node.all_input_nodes if node.op not in ("placeholder", "get_attr") else ():
                self._cross(used, self._homes.get(used), self._homes.get(node))

    def _cross(self, value: Node, source: Partition | None, target: Partition | None) -> None:
        if source is target:
            return
        if source is not None:
            source.outputs.setdefault(value.name)
        if target is not None:
            target.inputs.setdefault(value.name)
        if source is not None and target is not None:
            source.dependents.setdefault(target.name)
            target.dependencies.setdefault(source.name)

    def fill(self, order: list[str], names_before: dict[str, str]) -> None:
        """Make the graphs of the partitions."""
        for name in order:
            partition = self.partitions[name]
            self._add_inputs(partition)
            for node_name in partition.node_names:
                self._copy(self.nodes[node_name], partition, names_before)
            values = tuple(partition.environment[self.nodes[name]] for name in partition.outputs)
            partition.graph.output(values[0] if len(values) == 1 and not self.tuples else values)

    def _add_inputs(self, partition: Partition) -> None:
        modules = [name for name in partition.inputs if self._is_module(self.nodes[name])]
        handed = [name for name in partition.inputs if name not in modules]
        for index, name in enumerate(handed):
            node = self.nodes[name]
            label = name if self.keep_input_names else f"arg_{index}"
            self._note(partition, node, partition.graph.placeholder(label, type_expr=node.type))
        for name in modules:
            # A module is no value that could be handed over: the partition has it itself.
            node = self.nodes[name]
            partition.targets[str(node.target)] = _attribute(self.module, str(node.target))
            self._note(partition, node, partition.graph.get_attr(str(node.target)))
        partition.inputs = dict.fromkeys(handed)

    def _is_module(self, node: Node) -> bool:
        return node.op == "get_attr" and isinstance(_attribute(self.module, str(node.target)), torch.nn.Module)

    def _note(self, partition: Partition, node: Node, copy: Node) -> None:
        copy.meta = node.meta.copy()
        partition.environment[node] = copy

    def _copy(self, node: Node, partition: Partition, names_before: dict[str, str]) -> None:
        target = node.target
        if node.op == "call_module":
            path = str(node.target)
            target = path.replace(".", "_")
            partition.targets[target] = _attribute(self.module, path)
            names_before[f"{partition.submod_name}.{target}"] = path
        args, kwargs = (map_arg(given, partition.environment.__getitem__) for given in (node.args, node.kwargs))
        name = node.name if self.keep_names else None
        copy = partition.graph.create_node(node.op, target, args, kwargs, name=name, type_expr=node.type)
        self._note(partition, node, copy)

    def assemble(self, order: list[str]) -> GraphModule:
        """The module that calls the partitions."""
        graph, values, members = Graph(), dict[str, Node](), dict[str, Any]()
        for node in self.module.graph.nodes:
            if node.op in ("placeholder", "get_attr"):
                name = node.name if self.keep_names and node.op == "placeholder" else None
                target = node.name if name is not None else node.target
                copy = graph.create_node(node.op, target, node.args, {}, name=name, type_expr=node.type)
                copy.meta = node.meta.copy()
                values[node.name] = copy
                if node.op == "get_attr":
                    members[str(node.target)] = _attribute(self.module, str(node.target))
        for name in order:
            partition = self.partitions[name]
            members[partition.submod_name] = GraphModule(partition.targets, partition.graph)
            call = graph.call_module(partition.submod_name, tuple(values[used] for used in partition.inputs))
            if len(partition.outputs) == 1 and not self.tuples:
                values[next(iter(partition.outputs))] = call
                continue
            for index, output in enumerate(partition.outputs):
                values[output] = graph.call_function(operator.getitem, (call, index))
        graph.output(map_arg(self.module.graph.output_node().args[0], lambda node: values[node.name]))
        result = GraphModule(members, graph)
        result.meta["partition_names"] = {partition.submod_name for partition in self.partitions.values()}
        return result


def _ordered(partitions: dict[str, Partition]) -> list[str]:
    """The partitions, each after those that it depends on; of several that may come, the last that became ready."""
    waiting = {name: set(partition.dependencies) for name, partition in partitions.items()}
    ready, order = [name for name, needed in waiting.items() if not needed], list[str]()
    while ready:
        done = ready.pop()
        order.append(done)
        for name in partitions[done].dependents:
            waiting[name].discard(done)
            if not waiting[name]:
                ready.append(name)
    if len(order) != len(partitions):
        raise RuntimeError("cycle exists between partitions!")
    return order


def _attribute(module: torch.nn.Module, path: str) -> Any:
    value: Any = module
    for part in path.split("."):
        if not hasattr(value, part):
            raise AttributeError(f"Node target {path} not found!")
        value = getattr(value, part)
    return value
