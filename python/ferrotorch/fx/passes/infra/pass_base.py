"""What a transformation of a graph is."""

from __future__ import annotations

import abc
from typing import NamedTuple

import ferrotorch as torch
from ferrotorch.fx.graph_module import GraphModule

__all__ = ["PassBase", "PassResult"]


class PassResult(NamedTuple):
    """What a pass gives: the module, and whether the pass changed it."""

    graph_module: torch.nn.Module
    modified: bool


class PassBase(abc.ABC):
    """A transformation of modules that have a graph; calling it checks, transforms and checks again."""

    def __call__(self, graph_module: GraphModule) -> PassResult | None:
        self.requires(graph_module)
        result = self.call(graph_module)
        self.ensures(graph_module)
        return result

    @abc.abstractmethod
    def call(self, graph_module: GraphModule) -> PassResult | None:
        """The transformation."""

    def requires(self, graph_module: GraphModule) -> None:  # noqa: B027 (most passes have nothing to check)
        """Raise if the module cannot be transformed; by default nothing is checked."""

    def ensures(self, graph_module: GraphModule) -> None:  # noqa: B027
        """Raise if the module did not become what it should; by default nothing is checked."""
