"""Gradients of which one is sparse: how they are summed, and the sparse gradients of embedding tables."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.sparse import _arithmetic, _conversion
from ferrotorch.sparse._doors import build
from ferrotorch.sparse._handles import Coo, handle_of, tensor_of


def added(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
    """The sum of two gradients, the first of which may be missing: see `ferrotorch._opaque.sum_of_gradients`."""
    if total is None:
        handle = handle_of(grad)
        assert handle is not None
        # With a handle of its own it can be added to in place.
        return grad if grad.requires_grad else tensor_of(handle.with_values(handle.values))
    if handle_of(total) is None:
        return _arithmetic.add_into(total, grad) if in_place else _arithmetic.add(total, grad)
    if handle_of(grad) is None:
        return _arithmetic.add(grad, total)
    result = _arithmetic.add(total, grad)
    if not in_place:
        return result
    handle = handle_of(total)
    assert handle is not None
    handle.assign(handle_of(result))
    return total


class Embedding(Function):
    """Rows of a table, whose gradient is sparse: a coordinate for each row that was looked up."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, indices: Tensor, is_counted: Tensor | None, by_frequency: bool) -> Tensor:
        """The rows (*, D) of ``weight`` (V, D); those that do not count get no gradient."""
        ctx.indices, ctx.is_counted, ctx.by_frequency = indices, is_counted, by_frequency
        ctx.size, ctx.is_leaf = tuple(weight.shape), weight.is_leaf
        return torch._C._nn.embedding(weight, indices, -1, False, False)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The rows of the gradient at the indices: sparse for a leaf, dense for the ops that computed other tables."""
        if ctx.by_frequency:
            raise RuntimeError("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
        indices = ctx.indices.reshape(-1)
        values = grad.reshape(indices.numel(), *ctx.size[1:])
        if ctx.is_counted is not None:
            is_counted = ctx.is_counted.reshape(-1)
            indices, values = indices[is_counted], values[is_counted]
        # The gradient has indices of its own: those given may be written to for the next step.
        places = indices.to(torch.int64, copy=True).unsqueeze(0)
        of_weight = build(values, Coo(places, values.detach(), ctx.size, False))
        return of_weight if ctx.is_leaf else _conversion.to_dense(of_weight), None, None, None


def embedding(weight: Tensor, indices: Tensor, is_counted: Tensor | None, by_frequency: bool) -> Tensor:
    """The rows of a table that ``indices`` names, with a sparse gradient of the table if that is a leaf.

    Args:
        weight: (V, D).
        indices: integers of any shape.
        is_counted: which of the indices add to the gradient; None for all.
        by_frequency: not possible with sparse gradients; refused where a gradient is computed, as in PyTorch.
    """
    return Embedding.apply(weight, indices, is_counted, by_frequency)
