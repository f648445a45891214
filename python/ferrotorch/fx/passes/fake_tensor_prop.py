"""Shapes and dtypes of the values of a graph, found without computing them."""

from __future__ import annotations

import copy
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.interpreter import Interpreter
from ferrotorch.fx.node import Node
from ferrotorch.utils import _pytree as pytree

__all__ = ["FakeTensorProp"]


class FakeTensorProp(Interpreter):
    """Runs a graph on the device ``meta``, and notes the results as ``meta["val"]``.

    Tensors of the module and arguments are moved there, so nothing is computed; what asks for values raises.

    Args:
        module: the module of the graph; it stays as it is.
        mode: accepted for compatibility: tensors without memory take the place of PyTorch's fake ones.
    """

    def __init__(self, module: Any, mode: Any = None) -> None:
        super().__init__(copy.deepcopy(module).to("meta"), graph=module.graph)
        self._mode = mode

    def run_node(self, n: Node) -> Any:
        """The value of a node."""
        result = super().run_node(n)
        n.meta["val"] = pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.detach(), result)
        return result

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a function; new tensors are made on ``meta``, too."""
        with torch.device("meta"):
            return super().call_function(target, args, kwargs)

    def propagate(self, *args: Any) -> Any:
        """Run the graph; what it returns."""
        return self.propagate_dont_convert_inputs(
            *pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.to("meta"), args)
        )

    def propagate_dont_convert_inputs(self, *args: Any) -> Any:
        """As :meth:`propagate`, for arguments on ``meta``."""
        return super().run(*args)
