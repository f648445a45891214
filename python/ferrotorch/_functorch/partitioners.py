"""Dividing the graph of a forward and backward pass into the two."""

from __future__ import annotations

import operator
from collections import deque
from typing import Any

from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node, map_arg

__all__ = ["default_partition", "min_cut_rematerialization_partition"]

# Ops that are computed again rather than kept, where that takes less memory.
_CHEAP = frozenset(
    [
        "abs", "add", "alias", "clamp", "clamp_min", "clone", "cos", "div", "eq", "exp", "expand", "ge", "gt", "le",
        "log", "lt", "mul", "ne", "neg", "permute", "pow", "reciprocal", "relu", "rsqrt", "rsub", "sigmoid", "sign",
        "sin", "slice", "sqrt", "squeeze", "sub", "t", "tanh", "transpose", "unsqueeze", "view", "where", "_to_copy",
        "_unsafe_view", "gelu", "silu", "erf", "select", "ones_like", "zeros_like", "full_like",
    ]
)  # fmt: skip


def _is_primal(node: Node) -> bool:
    """Is it an argument?"""
    return node.op == "placeholder" and "tangents" not in str(node.target)


def _is_tangent(node: Node) -> bool:
    """Is it a gradient of a result?"""
    return node.op == "placeholder" and "tangents" in str(node.target)


def split_outputs(module: GraphModule) -> list[Any]:
    """What a graph returns."""
    found = module.graph.output_node().args[0]
    return list(found) if isinstance(found, tuple | list) else [found]


def _needed(roots: list[Any], stops: set[Node]) -> set[Node]:
    """The nodes that results are made of, back to those that are there already."""
    found: set[Node] = set()
    waiting = [x for x in roots if isinstance(x, Node)]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [] if node in stops else node.all_input_nodes
    return found


def default_partition(
    joint_module: GraphModule, _joint_inputs: Any, *, num_fwd_outputs: int, **_: Any
) -> tuple[GraphModule, GraphModule]:
    """A forward pass that computes all that no gradient is needed for, and keeps what the backward pass reads of it.

    Args:
        joint_module: returns the results and, after them, the gradients of its arguments ``primals_1``, ...; its
            arguments ``tangents_1``, ... are the gradients of the results.
        _joint_inputs: examples of the arguments.
        num_fwd_outputs: how many results there are.
    """
    return _split(joint_module, _read_backward(joint_module, num_fwd_outputs), num_fwd_outputs)


def _read_backward(joint: GraphModule, count: int) -> list[Node]:
    """What the rest of the graph reads of that part which computes the results."""
    outputs = split_outputs(joint)
    forward = _of_forward(joint, count)
    needed = _needed(outputs[count:], set())
    return [
        node
        for node in joint.graph.nodes
        if node in forward
        and node in needed
        and (node in outputs[count:] or any(user in needed and user not in forward for user in node.users))
    ]


def _writes(joint: GraphModule) -> list[Node]:
    """The nodes that write to arguments."""
    packets = ((node, getattr(node.target, "overloadpacket", None)) for node in joint.graph.nodes)
    return [node for node, packet in packets if packet is not None and packet.is_mutable]


def _of_forward(joint: GraphModule, count: int) -> set[Node]:
    """The nodes that results are made of, and all results of ops among them."""
    found = _needed([*split_outputs(joint)[:count], *_writes(joint)], set())
    found |= {node for node in joint.graph.nodes if _is_primal(node)}
    items = {node for node in joint.graph.nodes if node.target is operator.getitem and node.args[0] in found}
    return found | items


def _split(joint: GraphModule, saved: list[Node], count: int) -> tuple[GraphModule, GraphModule]:
    outputs = split_outputs(joint)
    tangents = [node for node in joint.graph.nodes if _is_tangent(node)]
    primals = [node for node in joint.graph.nodes if _is_primal(node)]
    forward = _graph(joint, primals, [*outputs[:count], *saved], _writes(joint))
    return forward, _graph(joint, [*saved, *tangents], outputs[count:], [])


def _graph(joint: GraphModule, inputs: list[Node], outputs: list[Any], others: list[Node]) -> GraphModule:
    """The part of a graph that leads from nodes to values, and to other nodes that are to run."""
    graph, copies = Graph(), dict[Node, Node]()
    for node in inputs:
        copies[node] = graph.placeholder(node.name)
        copies[node].meta = dict(node.meta)
    needed = _needed([*outputs, *others], set(inputs))
    for node in joint.graph.nodes:
        if node in needed and node not in copies and node.op != "output":
            if node.op == "placeholder":
                raise RuntimeError(f"the backward pass reads {node.name}, which is not kept")
            copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(map_arg(tuple(outputs), copies.__getitem__))
    return GraphModule(joint, graph)


def min_cut_rematerialization_partition(
    joint_module: GraphModule, _joint_inputs: Any, compiler: str = "inductor", *, num_fwd_outputs: int, **_: Any
) -> tuple[GraphModule, GraphModule]:
    """As :func:`default_partition`, but with the least memory kept from which cheap ops compute the rest again.

    What is kept is a least cut of the graph between the arguments and what the backward pass reads, by bytes.
    """
    read = _read_backward(joint_module, num_fwd_outputs)
    above = _needed(list(read), set())
    network: dict[Any, dict[Any, float]] = {}

    def edge(a: Any, b: Any, capacity: float) -> None:
        network.setdefault(a, {})[b] = capacity
        network.setdefault(b, {}).setdefault(a, 0.0)

    for node in above:
        edge((node, 0), (node, 1), _bytes(node))
        if not _is_cheap(node):
            edge("source", (node, 0), float("inf"))
        for user in node.users:
            if user in above:
                edge((node, 1), (user, 0), float("inf"))
        if node in read:
            edge((node, 1), "sink", float("inf"))
    reached = _least_cut(network)
    saved = [n for n in joint_module.graph.nodes if n in above and (n, 0) in reached and (n, 1) not in reached]
    return _split(joint_module, saved, num_fwd_outputs)


def _is_cheap(node: Node) -> bool:
    packet = getattr(node.target, "overloadpacket", None)
    return node.op == "call_function" and packet is not None and packet.__name__ in _CHEAP


def _bytes(node: Node) -> float:
    value = node.meta.get("val")
    # Several results cannot be kept at once, only one by one.
    return float("inf") if value is None else max(float(value.numel() * value.element_size()), 1.0)


def _least_cut(network: dict[Any, dict[Any, float]]) -> set[Any]:
    """What is reached from the source once the network carries all that it can (Edmonds and Karp)."""
    while True:
        before: dict[Any, Any] = {"source": None}
        waiting = deque(["source"])
        while waiting and "sink" not in before:
            at = waiting.popleft()
            for to, capacity in network.get(at, {}).items():
                if capacity > 0 and to not in before:
                    before[to] = at
                    waiting.append(to)
        if "sink" not in before:
            return set(before)
        path, to = [], "sink"
        while before[to] is not None:
            path.append((before[to], to))
            to = before[to]
        flow = min(network[a][b] for a, b in path)
        for a, b in path:
            network[a][b] -= flow
            network[b][a] += flow
