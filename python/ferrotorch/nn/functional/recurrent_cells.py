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


# So many elements of a weight stay in the second-level cache, so many leave room beside them, and fewer make no panels.
_CACHED, _SMALL, _TINY = 1 << 18, 1 << 16, 1 << 14
# So many rows take longer to multiply than panels take to be named (half as many of a small weight); its columns.
_MANY, _PANEL = 16, 32


class _Factor:
    """A weight (K, N) as the right factor of the products of all steps, and on the host one place for their results.

    One copy serves all steps. Some rows read it quickest where it goes along its rows, as long as it stays in the
    cache; many rows do in panels, (N / 32, K, 32), which lie as the product reads them. One or two rows take no copy.
    """

    def __init__(self, weight: Tensor, batch: int, gates: int = 1) -> None:
        columns, size = weight.size(1), weight.numel()
        self._weight, self._rows, self._panels = weight, None, None
        self._shape = (gates, columns // gates) if gates > 1 else (columns,)
        if not weight.is_cpu:
            return
        self._rows = weight.new_empty((batch, columns))
        self._shaped = self._rows.unflatten(1, self._shape)
        in_panels = size >= _TINY and (batch >= _MANY or (batch >= _MANY // 2 and size < _SMALL))
        if in_panels and columns % _PANEL == 0:
            self._panels = weight.unflatten(1, (-1, _PANEL)).transpose(0, 1).contiguous()
            self._in_panels = self._by_panels(self._rows)
        elif batch > 2 and (size <= _SMALL or (size <= _CACHED and batch < 32)):
            self._weight = weight.contiguous()

    def _by_panels(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (-1, _PANEL)).transpose(0, 1)

    def product(self, added: Tensor | None, left: Tensor) -> Tensor:
        """``left @ weight``, its rows as gates, and what is added to it: (N, columns) or (columns,)."""
        if self._panels is not None and self._rows is not None:
            lefts = left.expand(self._panels.size(0), -1, -1)
            if added is None:
                torch.bmm(lefts, self._panels, out=self._in_panels)
            else:
                spread = self._by_panels(added.expand_as(self._rows))
                torch.baddbmm(spread, lefts, self._panels, out=self._in_panels)
            return self._shaped
        if added is None:
            rows = torch.mm(left, self._weight, out=self._rows)
        else:
            rows = torch.addmm(added, left, self._weight, out=self._rows)
        return rows.unflatten(1, self._shape) if self._rows is None else self._shaped


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
        factor = _Factor(weight_hh.t(), batch, 4)
        inputs, hiddens, own_gates, own_cells = (x.unbind(0) for x in (projected, output, gates, cells))
        for t in order:
            at = t if keep else 0
            _cells.lstm(factor.product(inputs[t], hidden), cell, own_gates[at], own_cells[at], hiddens[t])
            hidden, cell = hiddens[t], own_cells[at]
        return output.clone() if keep else output, cell.clone()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, gates, output, cells = ctx.saved_tensors
        if _is_differentiated(grad_output, grad_cell, *inputs):
            return *ctx.in_ops(ctx, tuple(inputs), (grad_output, grad_cell)), None, None, None
        _, hidden, cell, weight = inputs
        gradients, of_cell = torch.empty_like(gates), torch.empty_like(cell)
        of_next, of_hidden, factor = grad_cell, None, _Factor(weight, hidden.size(0))
        of_outputs, flat, of_gates = grad_output.unbind(0), gradients.flatten(2).unbind(0), gradients.unbind(0)
        own_gates, own_cells = gates.unbind(0), cells.unbind(0)
        for t in reversed(ctx.order):
            of_hidden = of_outputs[t] if of_hidden is None else factor.product(of_outputs[t], of_hidden)
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
        factor = _Factor(weight_hh.t(), batch, 3)
        inputs, hiddens, own_kept = (x.unbind(0) for x in (projected.unflatten(2, (3, features)), output, kept))
        for t in order:
            _cells.gru(inputs[t], factor.product(bias_hh, hidden), hidden, hiddens[t], own_kept[t])
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
        of_state, factor = of_outputs[ctx.order[-1]], _Factor(weight, hidden.size(0))
        for t in reversed(ctx.order):
            is_first = t == ctx.order[0]
            before = hidden if is_first else states[t - ctx.order.step]
            more = None if is_first else of_outputs[t - ctx.order.step]
            direct = torch.empty_like(hidden)
            _cells.gru_backward(of_state, own_kept[t], before, more, of_inputs[t], of_hiddens[t], direct)
            of_state = factor.product(direct, flat[t])
        of_hidden = by_hidden.flatten(2).flatten(0, 1)
        of_weight = of_hidden.t() @ shifted(output, hidden, ctx.order).flatten(0, 1)
        of_bias = of_hidden.sum(0) if has_bias else None
        return by_input.flatten(2), of_state, of_weight, of_bias, None, None
