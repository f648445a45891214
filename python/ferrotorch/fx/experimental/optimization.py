"""Models for inference: normalisations taken into the convolutions before them, dropouts removed."""

from __future__ import annotations

import copy
from typing import Any

import ferrotorch as torch
from ferrotorch.fx import GraphModule, Tracer
from ferrotorch.fx.node import Node
from ferrotorch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["fuse", "matches_module_pattern", "remove_dropout", "replace_node_module"]

_PATTERNS = (
    (torch.nn.Conv1d, torch.nn.BatchNorm1d),
    (torch.nn.Conv2d, torch.nn.BatchNorm2d),
    (torch.nn.Conv3d, torch.nn.BatchNorm3d),
)


def matches_module_pattern(pattern: Any, node: Node, modules: dict[str, Any]) -> bool:
    """Is a node a call of the second class of modules, on what one of the first returns?"""
    if not node.args or not isinstance(node.args[0], Node):
        return False
    pairs = zip(pattern, (node.args[0], node), strict=True)
    return all(n.op == "call_module" and type(modules.get(str(n.target))) is expected for expected, n in pairs)


def replace_node_module(node: Node, modules: dict[str, Any], new_module: torch.nn.Module) -> None:
    """Put another module in the place of the one that a node calls."""
    path = str(node.target)
    parent, _, name = path.rpartition(".")
    modules[path] = new_module
    setattr(modules[parent], name, new_module)


def fuse(model: torch.nn.Module, inplace: bool = False, no_trace: bool = False) -> torch.nn.Module:
    """Take normalisations of batches into the convolutions before them, where nothing else uses what these return.

    Args:
        model: a module in evaluation mode that can be traced.
        inplace: change the modules of ``model`` itself.
        no_trace: ``model`` has a graph already.

    Raises:
        AssertionError: a module to be fused is in training mode.
    """
    if not inplace:
        model = copy.deepcopy(model)
    traced = model if no_trace and isinstance(model, GraphModule) else None
    graph = copy.deepcopy(traced.graph) if traced is not None else Tracer().trace(model)
    modules = dict(model.named_modules())
    for pattern in _PATTERNS:
        for node in graph.nodes:
            if not matches_module_pattern(pattern, node, modules):
                continue
            before, norm = node.args[0], modules[str(node.target)]
            if len(before.users) > 1 or not norm.track_running_stats:
                continue
            replace_node_module(before, modules, fuse_conv_bn_eval(modules[str(before.target)], norm))
            node.replace_all_uses_with(before)
            graph.erase_node(node)
    return GraphModule(model, graph)


def remove_dropout(model: torch.nn.Module) -> torch.nn.Module:
    """The model without its modules of dropout."""
    traced = torch.fx.symbolic_trace(model)

    class Remover(torch.fx.Transformer):
        def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if isinstance(self.submodules[str(target)], torch.nn.Dropout):
                return args[0]
            return super().call_module(target, args, kwargs)

    return Remover(traced).transform()
