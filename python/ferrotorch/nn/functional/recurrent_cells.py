"""Recurrent layers whose steps are run natively (``_C._cells``).

A step is a product with the recurrent weight and one kernel, the cell; so is its gradient. All else is computed over
all steps at once. With the gates i, f, g, o of an LSTM and the states c and h: ``c' = f c + i g`` and
``h' = o tanh(c')``. With the gates r, z of a GRU: ``n = tanh(x_n + r h_n)`` and ``h' = n + z (h - n)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor, _cells
from ferrotorch.autograd import Function
from ferrotorch.nn.functional.recurrent_steps import State, shifted

# The gradients of all steps in ops that can be differentiated again: of a context, its inputs and gradients.
InOps = Callable[[Any, State, State], list[Tensor | None]]


def _is_differentiated(*tensors: Tensor) -> bool:
    return torch.is_grad_enabled() or any(map(_C._is_dual, tensors))


class LSTMCells(Function):
    """All steps of an LSTM in an order: the hidden states (T, N, H) and the last cell state (N, H)."""

    _node_name = "MkldnnRnnLayerBackward0"

    @staticmethod
    def forward(
        ctx: Any,
        projected: Tensor,
        hidden: Tensor,
        cell: Tensor,
        weight_hh: Tensor,
        order: range,
        keep: bool,
        in_ops: InOps,
    ) -> tuple[Tensor, Tensor]:
        output, gates, cells = _cells.lstm(projected, (hidden, cell), weight_hh, order.step < 0, keep)
        ctx.save_for_backward(projected, hidden, cell, weight_hh, gates, output, cells)
        ctx.order, ctx.in_ops = order, in_ops
        return output.clone() if keep else output, cells[order[-1] if keep else 0].clone()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, gates, output, cells = ctx.saved_tensors
        if _is_differentiated(grad_output, grad_cell, *inputs):
            return *ctx.in_ops(ctx, tuple(inputs), (grad_output, grad_cell)), None, None, None
        _, hidden, cell, weight = inputs
        of_projected, of_hidden, of_cell = _cells.lstm_backward(
            (grad_output, grad_cell), weight, cell, (gates, cells), ctx.order.step < 0
        )
        of_weight = of_projected.flatten(0, 1).t() @ shifted(output, hidden, ctx.order).flatten(0, 1)
        return of_projected, of_hidden, of_cell, of_weight, None, None, None


class GRUCells(Function):
    """All steps of a GRU in an order: the hidden states (T, N, H)."""

    @staticmethod
    def forward(
        ctx: Any,
        projected: Tensor,
        hidden: Tensor,
        weight_hh: Tensor,
        bias_hh: Tensor | None,
        order: range,
        keep: bool,
        in_ops: InOps,
    ) -> Tensor:
        output, kept = _cells.gru(projected, hidden, weight_hh, bias_hh, order.step < 0, keep)
        biases = () if bias_hh is None else (bias_hh,)
        ctx.save_for_backward(projected, hidden, weight_hh, *biases, kept, output)
        ctx.order, ctx.in_ops = order, in_ops
        return output.clone() if keep else output

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, kept, output = ctx.saved_tensors
        has_bias = len(inputs) == 4
        if _is_differentiated(grad_output, *inputs):
            found = ctx.in_ops(ctx, tuple(inputs), (grad_output,))
            return *found, *([] if has_bias else [None]), None, None, None
        hidden, weight = inputs[1:3]
        of_projected, of_product, of_hidden = _cells.gru_backward(
            grad_output, weight, hidden, (kept, output), ctx.order.step < 0
        )
        of_product = of_product.flatten(0, 1)
        of_weight = of_product.t() @ shifted(output, hidden, ctx.order).flatten(0, 1)
        of_bias = of_product.sum(0) if has_bias else None
        return of_projected, of_hidden, of_weight, of_bias, None, None, None
