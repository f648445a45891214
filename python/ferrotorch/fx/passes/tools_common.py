"""Words about nodes that passes share."""

from __future__ import annotations

from ferrotorch._C import Tensor
from ferrotorch.fx.node import Node

__all__ = ["CALLABLE_NODE_OPS", "NodeList", "NodeSet", "is_node_output_tensor"]

NodeList = list[Node]
NodeSet = set[Node]
# The kinds of nodes that call something.
CALLABLE_NODE_OPS = {"call_module", "call_function", "call_method"}


def is_node_output_tensor(node: Node) -> bool:
    """Does a node give a tensor? Known after `ShapeProp` has been over the graph."""
    kind = node.meta.get("type")
    return kind is not None and issubclass(kind, Tensor)
