"""Whether a graph is well-formed."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch

_LEGAL = frozenset(["placeholder", "call_method", "call_module", "call_function", "get_attr", "output"])


def check(graph: torch.fx.Graph) -> None:
    """Check ownership, order, names and, if the graph belongs to a module, what nodes refer to.

    Raises:
        RuntimeError: something is wrong.
        ValueError: a target is of the wrong type.
    """
    seen: set[torch.fx.Node] = set()
    names: set[str] = set()
    for node in graph.nodes:
        if node.op not in _LEGAL:
            raise RuntimeError(f"Node {node} had unknown opcode {node.op}!")
        if node.graph is not graph:
            raise RuntimeError(f"Node '{node}' does not belong to this Graph!")
        for arg in node._input_nodes:
            _check_input(graph, arg, node, seen)
        if node.name in names:
            raise RuntimeError(f"Node redefined name {node.name}!")
        seen.add(node)
        names.add(node.name)
    if graph.owning_module is not None:
        for node in graph.nodes:
            _check_target(graph.owning_module, node)


def _check_input(graph: torch.fx.Graph, arg: torch.fx.Node, node: torch.fx.Node, seen: set[torch.fx.Node]) -> None:
    if arg.graph is not graph:
        raise RuntimeError(
            f"Argument '{arg}' of Node '{node}' does not belong to this Graph, but was used as an argument! If you are "
            f"copying nodes from another graph, make sure to use ``arg_transform`` on node_copy() to remap values\n"
            f"{graph}"
        )
    if arg not in seen:
        raise RuntimeError(
            f"Argument '{arg}' of Node '{node}' was used before it has been defined! Please check that Nodes in the "
            f"graph are topologically ordered\n{graph}"
        )


def _check_target(module: Any, node: torch.fx.Node) -> None:
    wanted = "Callable" if node.op == "call_function" else "str"
    if not (callable(node.target) if node.op == "call_function" else isinstance(node.target, str)):
        raise ValueError(
            f"Node {node} target {node.target} has type {torch.typename(node.target)} but a {wanted} is expected"
        )
    if node.op not in ("get_attr", "call_module"):
        return
    parts = str(node.target).split(".")
    for i, part in enumerate(parts):
        module, above = getattr(module, part, None), ".".join(parts[:i])
        if module is None:
            raise RuntimeError(f"Node {node} target {node.target} references nonexistent attribute {part} of {above}")
        if node.op == "call_module" and not isinstance(module, torch.nn.Module):
            raise RuntimeError(f"Node {node} target {node.target} {part} of {above} does not reference an nn.Module")
