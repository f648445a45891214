"""Parts of a graph as modules of their own, and comparison of graphs."""

from __future__ import annotations

from typing import Any

from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.passes.utils.matcher_utils import SubgraphMatcher
from ferrotorch.nn import Module

__all__ = ["HolderModule", "compare_graphs", "lift_subgraph_as_module"]


class HolderModule(Module):
    """A module that computes nothing and holds others, by their names."""

    def __init__(self, d: dict[str, Module | None]) -> None:
        super().__init__()
        for name, module in d.items():
            self.add_module(name, module)


def lift_subgraph_as_module(
    gm: GraphModule, subgraph: Graph, comp_name: str = "", class_name: str = "GraphModule"
) -> tuple[GraphModule, dict[str, str]]:
    """A module of a graph whose nodes were copied from another module's graph.

    Args:
        gm: the other module; the new one shares what the graph calls and reads of it, under the same path.
        subgraph: the graph.
        comp_name: what the module will be called where it goes.
        class_name: the name of its class.

    Returns:
        The module; and the paths of what it shares, by those in the other module.
    """
    holder, paths = HolderModule({}), dict[str, str]()
    for node in subgraph.nodes:
        if node.op not in ("call_module", "get_attr"):
            continue
        path = str(node.target)
        paths[path] = f"{comp_name}.{path}"
        place: Any = holder
        owner: Any = gm
        *outer, last = path.split(".")
        for name in outer:
            if not hasattr(place, name):
                place.add_module(name, HolderModule({}))
            place, owner = getattr(place, name), getattr(owner, name)
        setattr(place, last, getattr(owner, last))
    return GraphModule(holder, subgraph, class_name), paths


def compare_graphs(left: Graph, right: Graph) -> bool:
    """Have two graphs the same nodes, inputs and outputs, joined in the same way?"""
    return bool(SubgraphMatcher(left, match_output=True, match_placeholder=True).match(right))
