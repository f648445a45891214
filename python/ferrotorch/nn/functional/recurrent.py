"""Recurrences over sequences: one step of each cell, and layers of them over time.

Gate order is PyTorch's: (input, forget, cell, output) for LSTM, (reset, update, new) for GRU.
"""

from __future__ import annotations

from collections.abc import Callable

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn

State = tuple[Tensor, ...]
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


class LayerWeights:
    """Parameters of one direction of one layer; biases and the LSTM's projection may be absent."""

    __slots__ = ("bias_hh", "bias_ih", "weight_hh", "weight_hr", "weight_ih")

    def __init__(
        self,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor | None = None,
        bias_hh: Tensor | None = None,
        weight_hr: Tensor | None = None,
    ) -> None:
        self.weight_ih, self.weight_hh = weight_ih, weight_hh
        self.bias_ih, self.bias_hh = bias_ih, bias_hh
        self.weight_hr = weight_hr

    def step(self, step: Step, projected: Tensor, state: State) -> State:
        """The new state, its hidden part projected where there is a projection."""
        hidden, *rest = step(projected, state, self.weight_hh, self.bias_hh)
        if self.weight_hr is not None:
            hidden = _nn.linear(hidden, self.weight_hr, None)
        return (hidden, *rest)


def recur(step: Step, input: Tensor, state: State, weights: LayerWeights, reverse: bool) -> tuple[Tensor, State]:
    """Run one direction of one layer over ``input`` (T, N, I): all hidden states (T, N, H) and the last state."""
    projected = _nn.linear(input, weights.weight_ih, weights.bias_ih).unbind(0)
    outputs = []
    for x in reversed(projected) if reverse else projected:
        state = weights.step(step, x, state)
        outputs.append(state[0])
    if reverse:
        outputs.reverse()
    return torch.stack(outputs), state


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
