"""Recurrent layers and cells as PyTorch makes them of ops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._aten.lowering.algebra import linear
from ferrotorch._aten.lowering.layers import dropout
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]
Weights = Sequence[Tensor]


def _parts(ask: Ask, x: Tensor, count: int) -> Any:
    return ask(aten.unsafe_split.Tensor, x, x.shape[1] // count, 1)


def _recorded(*tensors: Tensor) -> bool:
    return _C.is_grad_enabled() and any(x.requires_grad for x in tensors)


def _multiplied(ask: Ask, x: Tensor, factor: Tensor) -> Tensor:
    """A product in place, of a copy where a derivative needs what was there."""
    if _recorded(x, factor):
        x = ask(aten.clone.default, x)
    result: Tensor = ask(aten.mul_.Tensor, x, factor)
    return result


def _gru_step(ask: Ask, projected: Tensor, hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    reset_in, update_in, new_in = _parts(ask, projected, 3)
    reset, update, new = _parts(ask, linear(ask, hidden, weight, bias), 3)
    reset = ask(aten.sigmoid_.default, ask(aten.add_.Tensor, reset, reset_in))
    update = ask(aten.sigmoid_.default, ask(aten.add_.Tensor, update, update_in))
    new = ask(aten.tanh_.default, ask(aten.add.Tensor, new_in, _multiplied(ask, new, reset)))
    kept = _multiplied(ask, ask(aten.sub.Tensor, hidden, new), update)
    result: Tensor = ask(aten.add_.Tensor, kept, new)
    return result


def _simple_step(op: Any) -> Callable[..., Tensor]:
    """The step of a cell with one nonlinearity."""

    def step(ask: Ask, projected: Tensor, hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        total = ask(aten.add_.Tensor, linear(ask, hidden, weight, bias), projected)
        result: Tensor = ask(op.default, total)
        return result

    return step


def _layer(
    ask: Ask, step: Any, input: Tensor, hidden: Tensor, weights: Weights, reverse: bool
) -> tuple[Tensor, Tensor]:
    w_ih, w_hh = weights[0], weights[1]
    b_ih, b_hh = (weights[2], weights[3]) if len(weights) == 4 else (None, None)
    steps = list(ask(aten.unbind.int, linear(ask, input, w_ih, b_ih), 0))
    outputs = []
    for projected in reversed(steps) if reverse else steps:
        hidden = step(ask, projected, hidden, w_hh, b_hh)
        outputs.append(hidden)
    return ask(aten.stack.default, outputs[::-1] if reverse else outputs, 0), hidden


def _stack(name: str, step: Any) -> Rule:
    """The rule for layers of a cell, without packed sequences."""

    def rule(
        ask: Ask, input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any = None, dropout_p: Any = None,
        train: Any = None, bidirectional: Any = None, batch_first: Any = None,
    ) -> Any:  # fmt: skip
        if not isinstance(hx, Tensor) or batch_first is None or input.dim() != 3:
            return NotImplemented
        if input.shape[1 - bool(batch_first)] != hx.shape[1] or not hx.is_contiguous():
            return NotImplemented
        if batch_first:
            input = ask(aten.transpose.int, input, 0, 1)
        hidden, ends = list(ask(aten.unbind.int, hx)), []
        size, both = 4 if has_biases else 2, 2 if bidirectional else 1
        for layer in range(num_layers):
            outputs = []
            for direction in range(both):
                at = layer * both + direction
                weights = params[at * size : (at + 1) * size]
                output, end = _layer(ask, step, input, hidden[at], weights, direction == 1)
                outputs.append(output)
                ends.append(end)
            input = ask(aten.cat.default, outputs, outputs[0].dim() - 1) if bidirectional else outputs[0]
            if train and dropout_p and layer + 1 < num_layers:
                input = dropout(ask, input, dropout_p, True)
        if batch_first:
            input = ask(aten.transpose.int, input, 0, 1)
        return input, ask(aten.stack.default, ends, 0)

    rule.__name__ = name
    return rule


def gru_cell(
    ask: Ask, input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Any:  # fmt: skip
    """One step, the input projected first."""
    return _gru_step(ask, linear(ask, input, w_ih, b_ih), hx, w_hh, b_hh) if input.dim() == 2 else NotImplemented


def _simple_cell(op: Any) -> Rule:
    """The rule for one step of a cell with one nonlinearity, the state projected first."""

    def rule(
        ask: Ask, input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Any:  # fmt: skip
        if input.dim() != 2:
            return NotImplemented
        total = linear(ask, hx, w_hh, b_hh)
        return ask(op.default, ask(aten.add_.Tensor, total, linear(ask, input, w_ih, b_ih)))

    return rule


def lstm_cell(
    ask: Ask, input: Tensor, hx: Any, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Any:
    """One step, the state projected first."""
    if input.dim() != 2:
        return NotImplemented
    total = linear(ask, hx[0], w_hh, b_hh)
    gates = list(_parts(ask, ask(aten.add_.Tensor, total, linear(ask, input, w_ih, b_ih)), 4))
    for place, op in ((0, aten.sigmoid_), (1, aten.sigmoid_), (2, aten.tanh_), (3, aten.sigmoid_)):
        gates[place] = ask(op.default, gates[place])
    kept = ask(aten.mul.Tensor, gates[1], hx[1])
    cell = ask(aten.add_.Tensor, kept, ask(aten.mul.Tensor, gates[0], gates[2]))
    return ask(aten.mul.Tensor, gates[3], ask(aten.tanh.default, cell)), cell


RULES: dict[str, Rule] = {
    "gru": _stack("gru", _gru_step),
    "gru_cell": gru_cell,
    "lstm_cell": lstm_cell,
    "rnn_relu": _stack("rnn_relu", _simple_step(aten.relu)),
    "rnn_relu_cell": _simple_cell(aten.relu),
    "rnn_tanh": _stack("rnn_tanh", _simple_step(aten.tanh)),
    "rnn_tanh_cell": _simple_cell(aten.tanh),
}
