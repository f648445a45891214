"""Shapes and dtypes of the values of a graph, found by running it."""

from __future__ import annotations

import traceback
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.fx.interpreter import Interpreter
from ferrotorch.fx.node import Node, map_aggregate

__all__ = ["ShapeProp", "TensorMetadata"]


class TensorMetadata(NamedTuple):
    """What is known of a tensor without its elements."""

    shape: torch.Size
    dtype: torch.dtype
    requires_grad: bool
    stride: tuple[int, ...]
    memory_format: torch.memory_format | None
    is_quantized: bool
    qparams: dict[str, Any]


def _extract_tensor_metadata(result: torch.Tensor, include_contiguity: bool = True) -> TensorMetadata:
    """What is known of a tensor; whether it lies in memory in a known order only if ``include_contiguity``."""
    found = None
    if include_contiguity:
        formats = (torch.contiguous_format, torch.channels_last, torch.channels_last_3d)
        found = next((order for order in formats if _lies_in(result, order)), None)
    return TensorMetadata(result.shape, result.dtype, result.requires_grad, result.stride(), found, False, {})


def _lies_in(tensor: torch.Tensor, order: torch.memory_format) -> bool:
    needed = {torch.channels_last: 4, torch.channels_last_3d: 5}.get(order)
    return (needed is None or tensor.dim() == needed) and tensor.is_contiguous(memory_format=order)


class ShapeProp(Interpreter):
    """Runs a graph, and notes ``meta["tensor_meta"]`` and ``meta["type"]`` with each node.

    Args:
        gm: the module of the graph.
        fake_mode: accepted for compatibility: give tensors on the device ``meta`` to compute nothing.
    """

    def __init__(self, gm: Any, fake_mode: Any = None) -> None:
        super().__init__(gm)
        self.fake_mode = fake_mode
        self.real_module = gm

    def run_node(self, n: Node) -> Any:
        """The value of a node."""
        try:
            result = super().run_node(n)
        except Exception as error:
            traceback.print_exc()
            raise RuntimeError(f"ShapeProp error for: node={n.format_node()} with meta={n.meta}") from error
        found = False

        def note(value: Any) -> Any:
            nonlocal found
            if not isinstance(value, torch.Tensor):
                return value
            found = True
            return _extract_tensor_metadata(value)

        metadata = map_aggregate(result, note)
        if found:
            n.meta["tensor_meta"] = metadata
        n.meta["type"] = type(result)
        return result

    def propagate(self, *args: Any) -> Any:
        """Run the graph; what it returns."""
        return super().run(*args)
