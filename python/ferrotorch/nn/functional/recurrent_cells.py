"""Recurrent layers whose steps are one kernel each (``_C._cells``), but for a product.

A step is a product with the recurrent weight and the cell; so is its gradient. All else is computed over all steps at
once. With the gates i, f, g, o of an LSTM and the states c and h: ``c' = f c + i g`` and ``h' = o tanh(c')``. With the
gates r, z of a GRU: ``n = tanh(x_n + r h_n)`` and ``h' = n + z (h - n)``.
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


# So many elements of a weight stay in the second-level cache, and so many leave room beside them.
_CACHED, _SMALL = 1 << 18, 1 << 16


def _transposed(weight: Tensor, batch: int) -> Tensor:
    """The weight as the right factor of all steps, which one copy on the host serves: a single row reads it quickest
    where it goes along its rows, and so do some rows as long as it stays in the cache."""
    size = weight.numel()
    copies = batch == 1 or (batch > 2 and (size <= _SMALL or (size <= _CACHED and batch < 32)))
    return weight.t().contiguous() if copies and weight.is_cpu else weight.t()


class _Entering:
    """What enters the gates of a step (N, G, H): on the host in one place for all steps, without views to make."""

    def __init__(self, like: Tensor, gates: int, features: int) -> None:
        self.sizes = (gates, features)
        self.place = like.new_empty((like.size(1), gates, features)) if like.is_cpu else None
        self.rows = None if self.place is None else self.place.flatten(1)

    def product(self, added: Tensor | None, hidden: Tensor, weight: Tensor) -> Tensor:
        """``hidden @ weight``, and what is added to it."""
        if added is None:
            rows = torch.mm(hidden, weight, out=self.rows)
        else:
            rows = torch.addmm(added, hidden, weight, out=self.rows)
        return rows.unflatten(1, self.sizes) if self.place is None else self.place


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
        steps, (batch, features) = len(order), hidden.shape
        # Without a backward to come, all steps use the memory of one.
        kept = steps if keep else 1
        gates = projected.new_empty((kept, batch, 4, features))
        output, cells = (projected.new_empty((n, batch, features)) for n in (steps, kept))
        ctx.save_for_backward(projected, hidden, cell, weight_hh, gates, output, cells)
        ctx.order, ctx.in_ops = order, in_ops
        weight = _transposed(weight_hh, batch)
        inputs, hiddens, own_gates, own_cells = (x.unbind(0) for x in (projected, output, gates, cells))
        entering = _Entering(projected, 4, features)
        for t in order:
            at = t if keep else 0
            _cells.lstm(entering.product(inputs[t], hidden, weight), cell, own_gates[at], own_cells[at], hiddens[t])
            hidden, cell = hiddens[t], own_cells[at]
        return output.clone() if keep else output, cell.clone()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, gates, output, cells = ctx.saved_tensors
        if _is_differentiated(grad_output, grad_cell, *inputs):
            return *ctx.in_ops(ctx, tuple(inputs), (grad_output, grad_cell)), None, None, None
        _, hidden, cell, weight = inputs
        gradients, of_cell = torch.empty_like(gates), torch.empty_like(cell)
        of_next, of_hidden = grad_cell, None
        of_outputs, flat, of_gates = grad_output.unbind(0), gradients.flatten(2).unbind(0), gradients.unbind(0)
        own_gates, own_cells = gates.unbind(0), cells.unbind(0)
        for t in reversed(ctx.order):
            of_hidden = of_outputs[t] if of_hidden is None else torch.addmm(of_outputs[t], of_hidden, weight)
            before = cell if t == ctx.order[0] else own_cells[t - ctx.order.step]
            _cells.lstm_backward(of_hidden, of_next, own_gates[t], before, own_cells[t], of_gates[t], of_cell)
            of_next, of_hidden = of_cell, flat[t]
        of_projected = gradients.flatten(2)
        of_weight = of_projected.flatten(0, 1).t() @ shifted(output, hidden, ctx.order).flatten(0, 1)
        return of_projected, of_hidden @ weight, of_cell, of_weight, None, None, None


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
        in_ops: InOps,
    ) -> Tensor:
        steps, (batch, features) = len(order), hidden.shape
        output = projected.new_empty((steps, batch, features))
        kept = projected.new_empty((steps, batch, 4, features))
        biases = () if bias_hh is None else (bias_hh,)
        ctx.save_for_backward(projected, hidden, weight_hh, *biases, kept, output)
        ctx.order, ctx.in_ops = order, in_ops
        weight = _transposed(weight_hh, batch)
        inputs, hiddens, own_kept = (x.unbind(0) for x in (projected.unflatten(2, (3, features)), output, kept))
        entering = _Entering(projected, 3, features)
        for t in order:
            _cells.gru(inputs[t], entering.product(bias_hh, hidden, weight), hidden, hiddens[t], own_kept[t])
            hidden = hiddens[t]
        return output.clone()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, kept, output = ctx.saved_tensors
        has_bias = len(inputs) == 4
        if _is_differentiated(grad_output, *inputs):
            found = ctx.in_ops(ctx, tuple(inputs), (grad_output,))
            return *found, *([] if has_bias else [None]), None, None
        projected, hidden, weight = inputs[:3]
        by_input, by_hidden = (torch.empty_like(projected).unflatten(2, (3, hidden.size(1))) for _ in range(2))
        of_outputs, states, own_kept = grad_output.unbind(0), output.unbind(0), kept.unbind(0)
        of_inputs, of_hiddens, flat = by_input.unbind(0), by_hidden.unbind(0), by_hidden.flatten(2).unbind(0)
        of_state = of_outputs[ctx.order[-1]]
        for t in reversed(ctx.order):
            is_first = t == ctx.order[0]
            before = hidden if is_first else states[t - ctx.order.step]
            more = None if is_first else of_outputs[t - ctx.order.step]
            direct = torch.empty_like(hidden)
            _cells.gru_backward(of_state, own_kept[t], before, more, of_inputs[t], of_hiddens[t], direct)
            of_state = torch.addmm(direct, flat[t], weight)
        of_hidden = by_hidden.flatten(2).flatten(0, 1)
        of_weight = of_hidden.t() @ shifted(output, hidden, ctx.order).flatten(0, 1)
        of_bias = of_hidden.sum(0) if has_bias else None
        return by_input.flatten(2), of_state, of_weight, of_bias, None, None
