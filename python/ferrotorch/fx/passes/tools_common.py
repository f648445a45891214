"""Words about nodes that passes share."""

from __future__ import annotations

from ferrotorch.fx.node import Node

__all__ = ["CALLABLE_NODE_OPS", "NodeList", "NodeSet"]

NodeList = list[Node]
NodeSet = set[Node]
# The kinds of nodes that call something.
CALLABLE_NODE_OPS = {"call_module", "call_function", "call_method"}
