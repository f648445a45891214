"""Splitting a module into several by the tags of its nodes."""

from __future__ import annotations

import copy
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node, map_arg
from ferrotorch.fx.passes.tools_common import CALLABLE_NODE_OPS, NodeList, is_node_output_tensor
from ferrotorch.fx.passes.utils.common import HolderModule, lift_subgraph_as_module

__all__ = [
    "Component",
    "getattr_recursive",
    "move_non_tensor_nodes_on_boundary",
    "setattr_recursive",
    "split_by_tags",
]


def getattr_recursive(obj: object, name: str) -> Any:
    """What a path of names leads to; None if it leads nowhere."""
    for part in name.split("."):
        obj = obj._modules.get(part) if isinstance(obj, torch.nn.ModuleList) else getattr(obj, part, None)
        if obj is None:
            return None
    return obj


def setattr_recursive(obj: object, attr: str, value: object) -> None:
    """Set what a path of names leads to."""
    *outer, last = attr.split(".")
    for part in outer:
        obj = getattr(obj, part)
    setattr(obj, last, value)


@dataclass
class Component:
    """A part of a graph that is to become a module."""

    graph: Graph
    order: int
    name: str
    # The inputs of the part, and the nodes of the whole that are handed to them.
    input_placeholders: list[Node] = field(default_factory=list)
    orig_inputs: list[Node] = field(default_factory=list)
    # The nodes of the whole that the part hands out.
    orig_outputs: list[Node] = field(default_factory=list)
    # Attributes that it reads: nodes of the part by those of the whole.
    getattr_maps: dict[Node, Node] = field(default_factory=dict)
    constructor_args: list[str] = field(default_factory=list)
    gm: GraphModule | None = None


def _nodes_in(argument: Any) -> NodeList:
    """The nodes of an argument, in order."""
    found: NodeList = []
    map_arg(argument, found.append)
    return found


def _copied(node: Node, into: Node) -> Node:
    into.meta = copy.copy(node.meta)
    return into


class _Split:
    """The steps of a split."""

    def __init__(self, module: GraphModule, tags: Sequence[str]) -> None:
        self.module = module
        self.components = [Component(Graph(), order, str(tag)) for order, tag in enumerate(tags)]
        self.by_tag = dict(zip(tags, self.components, strict=True))
        # Nodes of parts, and the parts, by nodes of the whole.
        self.copies: dict[Node, Node] = {}
        self.homes: dict[Node, Component] = {}
        self.main = Graph()
        self.in_main: dict[Node, Node] = {}
        # What crosses from a part into another or to the end.
        self.crossing: dict[Node, None] = {}

    def distribute(self) -> Node:
        """Copy each node into its part; returns the output node."""
        output = None
        for node in self.module.graph.nodes:
            if node.op == "output":
                if output is not None:
                    raise RuntimeError("Multiple output nodes in graph!")
                output = node
            elif node.op == "placeholder":
                self.in_main[node] = _copied(node, self.main.placeholder(node.name, type_expr=node.type))
            elif node.op != "get_attr":
                self._place(node)
        if output is None:
            raise RuntimeError("Graph had no output node!")
        return output

    def _place(self, node: Node) -> None:
        if not hasattr(node, "tag"):
            raise AssertionError(f"Node does not have tag: {node.format_node()}")
        component = self.by_tag[node.tag]
        before = [self.homes[x].order for x in _nodes_in((node.args, node.kwargs)) if x in self.homes]
        if component.order < max(before, default=0):
            raise AssertionError(
                f"Component {component.name} order must be >= max of its upstream components, "
                f"order={component.order} and max={max(before)}"
            )
        made = component.graph.node_copy(node, lambda x: self._within(component, x))
        made.tag = node.tag
        self.homes[node], self.copies[node] = component, made

    def _within(self, component: Component, node: Node) -> Node:
        """What stands for a node of the whole in a part."""
        if node.op == "get_attr":
            if node not in component.getattr_maps:
                read = component.graph.get_attr(str(node.target), type_expr=node.type)
                component.getattr_maps[node] = _copied(node, read)
            return component.getattr_maps[node]
        if self.homes.get(node) is component:
            return self.copies[node]
        if node not in component.orig_inputs:
            component.orig_inputs.append(node)
            given = component.graph.placeholder(node.name, type_expr=node.type)
            component.input_placeholders.append(_copied(node, given))
            self.crossing[node] = None
        return component.input_placeholders[component.orig_inputs.index(node)]

    def finish(self, returned: NodeList, tuples: bool) -> dict[str, str]:
        """Make modules of the parts, and calls of them; returns the paths afterwards by those before."""
        for node in returned:
            if node.op == "get_attr":
                self.in_main[node] = self.main.get_attr(node.name, type_expr=node.type)
            else:
                self.crossing[node] = None
        for node in self.crossing:
            if node in self.homes:
                self.homes[node].orig_outputs.append(node)
        paths: dict[str, str] = {}
        for component in self.components:
            outputs = tuple(self.copies[node] for node in component.orig_outputs)
            single = len(outputs) == 1 and not tuples
            component.graph.output(outputs[0] if single else outputs)
            component.gm, moved = lift_subgraph_as_module(self.module, component.graph, component.name)
            paths.update(moved)
            call = self.main.call_module(component.name, tuple(self.in_main[node] for node in component.orig_inputs))
            for index, node in enumerate(component.orig_outputs):
                self.in_main[node] = call if single else self.main.call_function(operator.getitem, (call, index))
        return paths

    def assemble(self, output: Node, kind: type[GraphModule]) -> GraphModule:
        """The module that calls the parts."""
        self.main.output(map_arg(output.args[0], self.in_main.__getitem__))
        self.main._codegen = self.module.graph._codegen
        root = HolderModule({component.name: component.gm for component in self.components})
        for node in _nodes_in(output.args[0]):
            if node.op == "get_attr":
                setattr(root, node.name, getattr_recursive(self.module, str(node.target)))
        return kind(root, self.main)


def split_by_tags(
    gm: GraphModule,
    tags: list[str],
    return_fqn_mapping: bool = False,
    return_tuple: bool = False,
    GraphModuleCls: type[GraphModule] = GraphModule,
) -> GraphModule | tuple[GraphModule, dict[str, str]]:
    """A module that calls modules with the names of tags, which have the nodes of a graph between them.

    Args:
        gm: the module of the graph. Each node that calls something has an attribute ``tag``; what is read is copied to
            where it is used.
        tags: the names of the modules, in the order in which they are called.
        return_fqn_mapping: return, too, where modules and attributes are afterwards, by where they were.
        return_tuple: the modules return tuples, even of one value.
        GraphModuleCls: the class of the module.

    Raises:
        AssertionError: a node without a tag, or one that needs what is computed only later.
        RuntimeError: no output, or several.
    """
    split = _Split(gm, tags)
    output = split.distribute()
    paths = split.finish(_nodes_in(output.args[0]), return_tuple)
    result = split.assemble(output, GraphModuleCls)
    return (result, paths) if return_fqn_mapping else result


class _Boundary:
    """What moves over the boundaries between subgraphs."""

    def __init__(self, subgraphs: list[Any]) -> None:
        self.subgraphs = subgraphs
        self.places: dict[Node, int] = {node: i for i, part in enumerate(subgraphs) for node in part.nodes}

    def _among(self, nodes: Any) -> NodeList:
        return [node for node in nodes if node.op in CALLABLE_NODE_OPS and node in self.places]

    def targets(self, node: Node) -> set[int]:
        """The other subgraphs in which a node is used."""
        return {self.places[user] for user in self._among(node.users)} - {self.places[node]}

    def dependents(self, node: Node, target: int) -> list[Node] | None:
        """A node and all of its own subgraph that depend on it; None if some of a third one do."""
        own, found, waiting = self.places[node], dict[Node, None](), [node]
        while waiting:
            current = waiting.pop()
            if current in found or self.places[current] == target:
                continue
            if self.places[current] != own:
                return None
            found[current] = None
            waiting += self._among(current.users)
        return list(found)

    def empty(self, index: int) -> None:
        """Move what is no tensor out of one subgraph to where it is used."""
        part = self.subgraphs[index]
        queue = [node for node in part.nodes if not is_node_output_tensor(node) and self.targets(node)]
        done: set[Node] = set()
        while queue:
            node = queue.pop(0)
            if node in done or self.places[node] != index:
                continue
            done.add(node)
            targets = self.targets(node)
            moved = self.dependents(node, next(iter(targets))) if len(targets) == 1 else None
            if moved is None:
                continue
            (target,) = targets
            for dependent in moved:
                part.nodes.remove(dependent)
                self.subgraphs[target].nodes.append(dependent)
                self.places[dependent] = target
            parents = self._among(node.all_input_nodes)
            queue += [x for x in parents if not is_node_output_tensor(x) and self.places[x] == index]


def move_non_tensor_nodes_on_boundary(subgraphs: list[Any]) -> None:
    """Move nodes that give no tensors from accelerated subgraphs to the one other subgraph that uses them.

    With a node goes what depends on it. One stays if several other subgraphs use it, or what depends on it.

    Args:
        subgraphs: objects with a list ``nodes`` and a flag ``is_acc``. Nodes know their types by `ShapeProp`.
    """
    boundary = _Boundary(subgraphs)
    for index, part in enumerate(subgraphs):
        if part.is_acc:
            boundary.empty(index)
