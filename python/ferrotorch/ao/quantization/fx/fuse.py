"""Layers that follow each other in a graph become one."""

from __future__ import annotations

from typing import Any

from ferrotorch import nn
from ferrotorch.ao.quantization.fuser_method_mappings import _METHODS
from ferrotorch.ao.quantization.fx.kinds import RELUS, type_of
from ferrotorch.fx import GraphModule, Node
from ferrotorch.nn.modules.module import Module

_LONGEST = max(map(len, _METHODS))


def _layer(node: Node, modules: dict[str, Module]) -> Any:
    """The class of layers that a node stands for; F.relu counts as the layer that does the same."""
    kind = type_of(node, modules)
    return nn.ReLU if kind in RELUS else kind


def _chain(first: Node, modules: dict[str, Module]) -> list[Node]:
    """The longest run of nodes from the first on that can become one layer; none uses what is between them."""
    nodes, found = [first], []
    while len(nodes) < _LONGEST and len(nodes[-1].users) == 1:
        follower = next(iter(nodes[-1].users))
        if follower.op not in ("call_module", "call_function", "call_method") or follower.all_input_nodes != [
            nodes[-1]
        ]:
            break
        nodes.append(follower)
        if tuple(_layer(node, modules) for node in nodes) in _METHODS:
            found = list(nodes)
    return found


def fuse(model: GraphModule, is_qat: bool) -> GraphModule:
    """A graph in which layers are joined."""
    modules = dict(model.named_modules())
    called = [str(node.target) for node in model.graph.nodes if node.op == "call_module"]
    gone: set[Node] = set()
    for node in list(model.graph.nodes):
        if node in gone:
            continue
        # A layer that is called twice cannot take in what follows one of the calls.
        if node.op != "call_module" or called.count(str(node.target)) > 1:
            continue
        chain = _chain(node, modules)
        if not chain:
            continue
        kinds = tuple(_layer(each, modules) for each in chain)
        layers = [modules[str(each.target)] if each.op == "call_module" else nn.ReLU() for each in chain]
        for layer in layers:
            layer.train(layers[0].training)
        fused = _METHODS[kinds](is_qat, *layers)
        parent, _, name = str(node.target).rpartition(".")
        setattr(model.get_submodule(parent), name, fused)
        modules[str(node.target)] = fused
        chain[-1].replace_all_uses_with(node)
        gone.update(chain[1:])
        for each in reversed(chain[1:]):
            model.graph.erase_node(each)
    model.graph.lint()
    return GraphModule(model, model.graph)
