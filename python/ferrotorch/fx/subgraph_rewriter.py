"""Replacing patterns in graphs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.fx._symbolic_trace import symbolic_trace
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node, map_arg
from ferrotorch.fx.passes.utils.matcher_utils import InternalMatch, SubgraphMatcher

__all__ = ["Match", "ReplacedPatterns", "replace_pattern", "replace_pattern_with_filters"]

Pattern = Callable[..., Any] | Graph | GraphModule
Filter = Callable[[InternalMatch, Graph, Graph], bool]


class Match(NamedTuple):
    """Where a pattern was found: its last node, and nodes of the graph by those of the pattern."""

    anchor: Node
    nodes_map: dict[Node, Node]


@dataclass
class ReplacedPatterns:
    """As :class:`Match`, with the nodes that came in the place of those of the pattern."""

    anchor: Node
    nodes_map: dict[Node, Node]
    replacements: list[Node]


def replace_pattern(gm: GraphModule, pattern: Pattern, replacement: Pattern) -> list[Match]:
    """Replace a pattern wherever a module's graph has it, in places that do not overlap.

    Args:
        gm: the module; its code is generated again.
        pattern: a function or module of the same inputs and outputs as ``replacement``. Its inputs stand for anything;
            what it computes on the way may not be used elsewhere.
        replacement: what comes in its place.
    """
    found = _replace(gm, pattern, replacement)
    return [Match(anchor=place.anchor, nodes_map=place.nodes_map) for place in found]


def replace_pattern_with_filters(
    gm: GraphModule,
    pattern: Pattern,
    replacement: Pattern | None = None,
    match_filters: list[Filter] | None = None,
    ignore_literals: bool = False,
    replacement_callback: Callable[[InternalMatch, Graph, Graph], Graph] | None = None,
    node_name_match: str = "",
) -> list[ReplacedPatterns]:
    """As :func:`replace_pattern`, for some places.

    Args:
        gm, pattern, replacement: see there.
        match_filters: functions of a match, the graph and the pattern's, that must all be true.
        ignore_literals: numbers and the like need not be those of the pattern.
        replacement_callback: makes the graph of the replacement for a match; instead of ``replacement``.
        node_name_match: nodes in whose name this is match, whatever they call.
    """
    return _replace(gm, pattern, replacement, match_filters, ignore_literals, replacement_callback, node_name_match)


def _graph_of(source: Any) -> Graph:
    if isinstance(source, Graph):
        return source
    return source.graph if isinstance(source, GraphModule) else symbolic_trace(source).graph


def _replace(
    gm: GraphModule,
    pattern: Pattern,
    replacement: Pattern | None = None,
    filters: list[Filter] | None = None,
    ignore_literals: bool = False,
    callback: Callable[[InternalMatch, Graph, Graph], Graph] | None = None,
    node_name_match: str = "",
) -> list[ReplacedPatterns]:
    graph, pattern_graph = gm.graph, _graph_of(pattern)
    matches = SubgraphMatcher(pattern_graph, ignore_literals=ignore_literals).match(graph, node_name_match)
    matches = [match for match in matches if all(accepts(match, graph, pattern_graph) for accepts in filters or ())]
    if replacement is None and callback is None:
        raise AssertionError("Must provide either a replacement GraphModule or a replacement callback")
    common = None if replacement is None else _graph_of(replacement)
    changed: dict[Node, Node] = {}
    places = []
    for match in matches:
        new = callback(match, graph, pattern_graph) if callback is not None else common
        assert new is not None
        places.append(_replace_match(graph, match, pattern_graph, new, changed))
    gm.recompile()
    if isinstance(replacement, torch.nn.Module):
        _take_members(gm, replacement)
    return places


def _replace_match(
    graph: Graph, match: InternalMatch, pattern: Graph, replacement: Graph, changed: dict[Node, Node]
) -> ReplacedPatterns:
    """Replace one match; ``changed`` says what stands for nodes that earlier ones replaced."""
    inputs, pattern_inputs = ([n for n in g.nodes if n.op == "placeholder"] for g in (replacement, pattern))
    if len(match.placeholder_nodes) != len(inputs):
        raise AssertionError(f"Placeholder count mismatch: {len(match.placeholder_nodes)} vs {len(inputs)}")
    values: dict[Node, Any] = {}
    for i, (new, old, value) in enumerate(zip(inputs, pattern_inputs, match.placeholder_nodes, strict=True)):
        values[new] = map_arg(value, lambda node: changed.get(node, node))
        match.placeholder_nodes[i] = match.nodes_map[old] = values[new]
    with graph.inserting_before(_place_of(graph, match)):
        results = graph.graph_copy(replacement, values)
    results = (results,) if isinstance(results, Node) else results
    if len(match.returning_nodes) != len(results):
        raise AssertionError(f"Returning nodes count mismatch: {len(match.returning_nodes)} vs {len(results)}")
    new_nodes = [node for node in values.values() if isinstance(node, Node) and node not in match.placeholder_nodes]
    for old, result in zip(match.returning_nodes, results, strict=True):
        old.replace_all_uses_with(result)
        changed[old] = result
    for node in reversed(pattern.nodes):
        if node.op not in ("placeholder", "output"):
            graph.erase_node(match.nodes_map[node])
    return ReplacedPatterns(match.anchors[0], match.nodes_map, new_nodes)


def _place_of(graph: Graph, match: InternalMatch) -> Node:
    """Before which node a replacement goes: the first that uses what was matched, or the one behind it."""
    users = {user for node in match.returning_nodes for user in node.users}
    for node in graph.nodes:
        if node in users:
            return node
    last = next(node for node in reversed(graph.nodes) if node in match.returning_nodes)
    return last.next


def _take_members(gm: GraphModule, replacement: torch.nn.Module) -> None:
    """Give the module what a replacement refers to and it has nothing for."""
    gm.delete_all_unused_submodules()
    if isinstance(replacement, GraphModule):
        replacement.graph.lint()
    for node in gm.graph.nodes:
        if node.op not in ("call_module", "get_attr") or _find(gm, str(node.target)) is not None:
            continue
        value = copy.deepcopy(_find(replacement, str(node.target)))
        if value is None:
            raise RuntimeError(
                f'Attempted to create a "{node.op}" node during subgraph rewriting with target {node.target}, but the '
                "referenced attribute does not exist in the replacement GraphModule"
            )
        if isinstance(value, torch.nn.Module):
            gm.add_submodule(str(node.target), value)
        else:
            setattr(gm, str(node.target), value)
    gm.graph.lint()


def _find(module: torch.nn.Module, path: str) -> Any:
    value: Any = module
    for part in path.split("."):
        value = getattr(value, part, None)
    return value
