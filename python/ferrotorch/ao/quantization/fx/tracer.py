"""Graphs in which layers stay whole, and of whose operations it is known in which module they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.ao.nn.intrinsic import _FusedModule
from ferrotorch.fx import Node, Tracer
from ferrotorch.nn.modules.module import Module

__all__ = ["QuantizationTracer"]


class QuantizationTracer(Tracer):
    """A tracer that goes into a model's own modules, and not into layers or what is to stay whole.

    Attributes:
        paths: the module that an operation stands in, by the operation's name in the graph.
    """

    def __init__(self, skipped_module_names: list[str], skipped_module_classes: list[type[Any]]) -> None:
        super().__init__()
        self.skipped_module_names, self.skipped_module_classes = skipped_module_names, skipped_module_classes
        self.paths: dict[str, str] = {}
        self._stack = [""]

    def is_leaf_module(self, m: Module, module_qualified_name: str) -> bool:
        """Layers of the library, but containers; fused layers; what is to stay whole."""
        of_library = m.__module__.startswith(("torch.nn", "torch.ao.nn", "ferrotorch.nn", "ferrotorch.ao.nn"))
        return (
            (of_library and not isinstance(m, torch.nn.Sequential))
            or module_qualified_name in self.skipped_module_names
            or type(m) in self.skipped_module_classes
            or isinstance(m, _FusedModule)
        )

    def call_module(self, m: Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Notes which module is called while it is."""
        self._stack.append(self.path_of_module(m))
        try:
            return super().call_module(m, forward, args, kwargs)
        finally:
            self._stack.pop()

    def create_node(self, *args: Any, **kwargs: Any) -> Node:
        """A node, of which the module is noted."""
        node = super().create_node(*args, **kwargs)
        self.paths[node.name] = self._stack[-1]
        return node
