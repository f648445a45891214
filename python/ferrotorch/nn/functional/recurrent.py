"""Recurrences over sequences: one step of each cell, and layers of them over time.

Gate order is PyTorch's: (input, forget, cell, output) for LSTM, (reset, update, new) for GRU.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch import _C, _interception
from ferrotorch._C import Tensor, _nn
from ferrotorch.nn.functional.recurrent_cells import GRUCells, LSTMCells
from ferrotorch.nn.functional.recurrent_steps import State, differentiable, run_steps

# One step: the projected input (N, G * H), the state, and the recurrent weight and bias give the new state.
Step = Callable[[Tensor, State, Tensor, Tensor | None], State]


def rnn_tanh_step(projected: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
    """``tanh(x W_ih + b_ih + h W_hh + b_hh)``."""
    return (torch.tanh(projected + _nn.linear(state[0], weight_hh, bias_hh)),)


def rnn_relu_step(projected: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
    """``relu(x W_ih + b_ih + h W_hh + b_hh)``."""
    return (_nn.relu(projected + _nn.linear(state[0], weight_hh, bias_hh)),)


def lstm_step(projected: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
    """Hochreiter & Schmidhuber's cell with forget gate; the state is (h, c)."""
    hidden, cell = state
    gates = projected + _nn.linear(hidden, weight_hh, bias_hh)
    entering, forgetting, new, leaving = gates.chunk(4, -1)
    cell = torch.sigmoid(forgetting) * cell + torch.sigmoid(entering) * torch.tanh(new)
    return torch.sigmoid(leaving) * torch.tanh(cell), cell


def gru_step(projected: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor | None) -> State:
    """Cho et al.'s cell, the reset gate applied after the recurrent product."""
    hidden = state[0]
    x_reset, x_update, x_new = projected.chunk(3, -1)
    h_reset, h_update, h_new = _nn.linear(hidden, weight_hh, bias_hh).chunk(3, -1)
    update = torch.sigmoid(x_update + h_update)
    new = torch.tanh(x_new + torch.sigmoid(x_reset + h_reset) * h_new)
    return (new + update * (hidden - new),)


STEPS: dict[str, Step] = {
    "RNN_TANH": rnn_tanh_step,
    "RNN_RELU": rnn_relu_step,
    "LSTM": lstm_step,
    "GRU": gru_step,
}


class LayerWeights(NamedTuple):
    """Parameters of one direction of one layer; biases and the LSTM's projection may be absent."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    weight_hr: Tensor | None = None

    def tensors(self) -> list[Tensor]:
        """Those that there are."""
        return [tensor for tensor in self if tensor is not None]

    def step(self, step: Step, projected: Tensor, state: State) -> State:
        """The new state, its hidden part projected where there is a projection."""
        hidden, *rest = step(projected, state, self.weight_hh, self.bias_hh)
        if self.weight_hr is not None:
            hidden = _nn.linear(hidden, self.weight_hr, None)
        return (hidden, *rest)


def lstm_in_ops(ctx: Any, inputs: State, gradients: State) -> list[Tensor | None]:
    """The gradients of all steps of an LSTM, composed of ops that can be differentiated again."""

    def results(projected: Tensor, hidden: Tensor, cell: Tensor, weight_hh: Tensor) -> State:
        step = functools.partial(lstm_step, weight_hh=weight_hh, bias_hh=None)
        outputs, (_, last) = run_steps(step, projected, (hidden, cell), ctx.order)
        return outputs, last

    return differentiable(results, inputs, ctx.needs_input_grad, gradients)


def gru_in_ops(ctx: Any, inputs: State, gradients: State) -> list[Tensor | None]:
    """As :func:`lstm_in_ops`, of gated recurrent units, of which the bias may be absent."""

    def results(projected: Tensor, hidden: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None) -> State:
        step = functools.partial(gru_step, weight_hh=weight_hh, bias_hh=bias_hh)
        return (run_steps(step, projected, (hidden,), ctx.order)[0],)

    return differentiable(results, inputs, ctx.needs_input_grad, gradients)


def _by_kernels(projected: Tensor, state: State, weights: LayerWeights) -> bool:
    """Is there a kernel for steps? Under autocast what enters may be of another dtype than the state."""
    others = (*state, weights.weight_hh, *([] if weights.bias_hh is None else [weights.bias_hh]))
    return bool(_C._cells.applies(projected)) and all(x.dtype is projected.dtype for x in others)


def recur(step: Step, input: Tensor, state: State, weights: LayerWeights, reverse: bool) -> tuple[Tensor, State]:
    """Run one direction of one layer over ``input`` (T, N, I): all hidden states (T, N, H) and the last state."""
    steps = input.size(0)
    order = range(steps - 1, -1, -1) if reverse else range(steps)
    # Tangents and samples of a batch go by ops.
    by_ops = any(_C._is_dual(x) or _C._levels(x) for x in (input, *state, *weights.tensors()))
    # What a backward to come reads.
    keep = torch.is_grad_enabled() and any(x.requires_grad for x in (input, *state, *weights.tensors()))
    if step is lstm_step and weights.weight_hr is None and not by_ops:
        # Both biases join the projection.
        bias = None if weights.bias_ih is None else weights.bias_ih + weights.bias_hh
        projected = _nn.linear(input, weights.weight_ih, bias)
        if _by_kernels(projected, state, weights):
            output, cell = LSTMCells.apply(projected, *state, weights.weight_hh, order, keep, lstm_in_ops)
            return output, (output[order[-1]], cell)
        return run_steps(
            functools.partial(lstm_step, weight_hh=weights.weight_hh, bias_hh=None), projected, state, order
        )
    projected = _nn.linear(input, weights.weight_ih, weights.bias_ih)
    if step is gru_step and not by_ops and _by_kernels(projected, state, weights):
        output = GRUCells.apply(projected, *state, weights.weight_hh, weights.bias_hh, order, keep, gru_in_ops)
        return output, (output[order[-1]],)
    return run_steps(functools.partial(weights.step, step), projected, state, order)


def recur_packed(
    step: Step, data: Tensor, batch_sizes: list[int], state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, State]:
    """:func:`recur` over packed sequences, longest first: step t has the first ``batch_sizes[t]`` rows of ``data``.

    Going forward, the rows of sequences that end leave the state; going backward, they join it.
    """
    projected = _nn.linear(data, weights.weight_ih, weights.bias_ih).split(batch_sizes)
    outputs: list[Tensor] = []
    if reverse:
        running = tuple(s[:0] for s in state)
        for x in reversed(projected):
            have, want = running[0].size(0), x.size(0)
            joined = tuple(
                torch.cat([r, s[have:want]]) if want > have else r for r, s in zip(running, state, strict=True)
            )
            running = weights.step(step, x, joined)
            outputs.append(running[0])
        outputs.reverse()
        return torch.cat(outputs), running
    finished: list[State] = []
    running = tuple(s[: batch_sizes[0]] for s in state)
    for x in projected:
        want = x.size(0)
        if want < running[0].size(0):
            finished.append(tuple(r[want:] for r in running))
            running = tuple(r[:want] for r in running)
        running = weights.step(step, x, running)
        outputs.append(running[0])
    finished.append(running)
    last = tuple(torch.cat(parts) for parts in zip(*reversed(finished), strict=True))
    return torch.cat(outputs), last


def _layer(
    step: Step, input: Tensor, batch_sizes: list[int] | None, state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, ...]:
    if batch_sizes is None:
        output, last = recur(step, input, state, weights, reverse)
    else:
        output, last = recur_packed(step, input, batch_sizes, state, weights, reverse)
    return output, *last


def lstm(
    input: Tensor, batch_sizes: list[int] | None, state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, ...]:
    """One direction of one layer over (T, N, I), or packed data if there are ``batch_sizes``: hidden states, h, c."""
    return _layer(lstm_step, input, batch_sizes, state, weights, reverse)


def gru(
    input: Tensor, batch_sizes: list[int] | None, state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, ...]:
    """As :func:`lstm`, of gated recurrent units: hidden states, h."""
    return _layer(gru_step, input, batch_sizes, state, weights, reverse)


def rnn_tanh(
    input: Tensor, batch_sizes: list[int] | None, state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, ...]:
    """As :func:`lstm`, of Elman's network: hidden states, h."""
    return _layer(rnn_tanh_step, input, batch_sizes, state, weights, reverse)


def rnn_relu(
    input: Tensor, batch_sizes: list[int] | None, state: State, weights: LayerWeights, reverse: bool
) -> tuple[Tensor, ...]:
    """As :func:`lstm`, of Elman's network with relu: hidden states, h."""
    return _layer(rnn_relu_step, input, batch_sizes, state, weights, reverse)


# By these names overrides and autocasting know layers.
_interception.functions(globals(), ["gru", "lstm", "rnn_relu", "rnn_tanh"])
LAYERS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN_TANH": rnn_tanh,
    "RNN_RELU": rnn_relu,
    "LSTM": lstm,
    "GRU": gru,
}
