"""Nodes and edges of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ferrotorch import _C

Node = _C.Node


class GradientEdge(NamedTuple):
    """Where a gradient goes: an output of a node."""

    node: Any
    output_nr: int


def get_gradient_edge(tensor: _C.Tensor) -> GradientEdge:
    """The edge along which the gradient of a tensor comes."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(tensor.grad_fn, tensor.output_nr)


class _Handles:
    """Several hooks, removed together."""

    def __init__(self, handles: Sequence[Any]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Remove every hook."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[_C.Tensor], fn: Callable[..., None], *, mode: str = "all") -> _Handles:
    """Call ``fn`` when the gradients of all tensors (or, with ``mode="any"``, of the first one) are there."""
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    grads: list[_C.Tensor | None] = [None] * len(tensors)
    seen = 0

    def hook(i: int, grad: _C.Tensor) -> None:
        nonlocal seen
        seen += 1
        grads[i] = grad
        if mode == "any" and seen == 1:
            fn(grad)
        if seen == len(tensors):
            if mode == "all":
                fn(list(grads))
            grads[:], seen = [None] * len(tensors), 0

    return _Handles([t.register_hook(partial(hook, i)) for i, t in enumerate(tensors)])
