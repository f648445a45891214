"""Where a graph has a pattern."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.node import Node

__all__ = ["InternalMatch", "SubgraphMatcher"]


@dataclass
class InternalMatch:
    """One place where a graph has a pattern.

    Attributes:
        anchors: nodes of the pattern where matching began: what its outputs are.
        nodes_map: nodes of the graph by those of the pattern.
        placeholder_nodes: what the graph has for the inputs of the pattern.
        returning_nodes: what the graph has for the outputs of the pattern.
        name_node_map: nodes of the graph by names that the pattern gives.
    """

    anchors: list[Node]
    nodes_map: dict[Node, Node] = field(default_factory=dict)
    placeholder_nodes: list[Any] = field(default_factory=list)
    returning_nodes: list[Node] = field(default_factory=list)
    name_node_map: dict[str, Node] = field(default_factory=dict)

    def __copy__(self) -> InternalMatch:
        return InternalMatch(
            self.anchors, self.nodes_map.copy(), self.placeholder_nodes.copy(), self.returning_nodes.copy()
        )


class SubgraphMatcher:
    """Finds a pattern in graphs.

    Args:
        pattern: the pattern: a graph with inputs that stand for anything, and one output.
        match_output: the output of the pattern stands for that of the graph.
        match_placeholder: inputs of the pattern stand for inputs of the graph only.
        remove_overlapping_matches: leave out matches that have a node in common with one before.
        ignore_literals: numbers and texts among the arguments need not be the same.
    """

    def __init__(
        self,
        pattern: Graph,
        match_output: bool = False,
        match_placeholder: bool = False,
        remove_overlapping_matches: bool = True,
        ignore_literals: bool = False,
    ) -> None:
        if len(pattern.nodes) == 0:
            raise ValueError("SubgraphMatcher cannot be initialized with an empty pattern")
        for node in pattern.nodes:
            if node.op != "output" and not node.users:
                raise AssertionError("SubgraphMatcher cannot be initialized with an pattern with dead code")
        self.pattern = pattern
        self.match_output, self.match_placeholder = match_output, match_placeholder
        self.remove_overlapping_matches, self.ignore_literals = remove_overlapping_matches, ignore_literals
        self.pattern_placeholder_nodes = [node for node in pattern.nodes if node.op == "placeholder"]
        output = pattern.output_node()
        self.pattern_returning_nodes = output.all_input_nodes
        self.pattern_anchors = (
            [output] if match_output else [node for node in output.all_input_nodes if len(node.users) == 1]
        )

    def match(self, graph: Graph, node_name_match: str = "") -> list[InternalMatch]:
        """All places where a graph has the pattern.

        Args:
            graph: the graph.
            node_name_match: nodes in whose name this is may be the pattern's last, whatever they call.
        """
        candidates = {
            anchor: [node for node in graph.nodes if self._nodes_are_equal(anchor, node, node_name_match)]
            for anchor in self.pattern_anchors
        }
        found: list[InternalMatch] = []
        self._backtrack(0, InternalMatch(anchors=self.pattern_anchors), found, candidates)
        found = [match for match in found if self._is_contained(match.nodes_map)]
        for match in found:
            # An input that nothing uses stands for nothing.
            match.placeholder_nodes = [match.nodes_map.get(node) for node in self.pattern_placeholder_nodes]
            match.returning_nodes = [match.nodes_map[node] for node in self.pattern_returning_nodes]
        return _without_overlaps(found) if self.remove_overlapping_matches else found

    def _backtrack(
        self, index: int, match: InternalMatch, found: list[InternalMatch], candidates: dict[Node, list[Node]]
    ) -> None:
        """Match the anchors from ``index`` on, in all ways that go with what is matched so far."""
        if index == len(self.pattern_anchors):
            found.append(match)
            return
        anchor = self.pattern_anchors[index]
        for node in candidates[anchor]:
            attempt = copy.copy(match)
            if self._match_nodes(anchor, node, attempt):
                self._backtrack(index + 1, attempt, found, candidates)

    def _nodes_are_equal(self, pn: Node, gn: Node, name: str = "") -> bool:
        """Could a node of the graph be one of the pattern, for what it calls?"""
        if (not self.match_placeholder and pn.op == "placeholder") or (name and name in gn.name):
            return True
        if pn.op != gn.op:
            return False
        if pn.op == "get_attr":
            return _same_attribute(pn, gn)
        return pn.op in ("placeholder", "output") or pn.target == gn.target

    def _is_contained(self, nodes_map: dict[Node, Node]) -> bool:
        """Does nothing outside use what the pattern uses inside only?"""
        inner = {
            pn: gn for pn, gn in nodes_map.items() if pn.op != "placeholder" and pn not in self.pattern_returning_nodes
        }
        matched = set(nodes_map.values())
        return all(user in matched for pn, gn in inner.items() if pn.op != "get_attr" for user in gn.users)

    def _match_nodes(self, pn: Node, gn: Node, match: InternalMatch) -> bool:
        """Match a node and all that it uses."""
        if pn in match.nodes_map:
            return match.nodes_map[pn] is gn
        if gn in match.nodes_map.values() or not self._nodes_are_equal(pn, gn):
            return False
        before = match.nodes_map.copy()
        match.nodes_map[pn] = gn
        if pn.op == "placeholder":
            return True
        alike = len(pn.args) == len(gn.args) and list(pn.kwargs) == list(gn.kwargs)
        pattern_args, args = ([*node.args, *node.kwargs.values()] for node in (pn, gn))
        if alike and self._match_args(pattern_args, args, match):
            return True
        match.nodes_map = before
        return False

    def _match_args(self, pattern_args: Any, args: Any, match: InternalMatch) -> bool:
        """Match arguments, also inside of lists and tuples."""
        if len(pattern_args) != len(args):
            return False
        for left, right in zip(pattern_args, args, strict=True):
            if isinstance(left, Node) and isinstance(right, Node):
                matched = self._match_nodes(left, right, match)
            elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
                matched = self._match_args(left, right, match)
            else:
                matched = _match_literals(left, right, match) or self.ignore_literals
            if not matched:
                return False
        return True


def _match_literals(left: Any, right: Any, match: InternalMatch) -> bool:
    """Match numbers and the like; an input of the pattern stands for any."""
    if isinstance(left, Node):
        return left.op == "placeholder" and bool(match.nodes_map.setdefault(left, right) == right)
    return type(left) is type(right) and bool(left == right)


def _attribute_of(node: Node) -> Any:
    value: Any = node.graph.owning_module
    for part in str(node.target).split("."):
        value = getattr(value, part)
    return value


def _same_attribute(pn: Node, gn: Node) -> bool:
    """Are two attributes tensors of one class? Their values may differ."""
    left, right = _attribute_of(pn), _attribute_of(gn)
    if type(left) is type(right) and not isinstance(left, torch.Tensor):
        raise RuntimeError(f"Unsupported type {left} when matching attributes")
    return type(left) is type(right)


def _without_overlaps(matches: list[InternalMatch]) -> list[InternalMatch]:
    kept: list[InternalMatch] = []
    taken: set[Node] = set()
    for match in matches:
        nodes = {gn for pn, gn in match.nodes_map.items() if pn.op not in ("placeholder", "output")}
        if not nodes & taken:
            kept.append(match)
            taken |= nodes
    return kept
