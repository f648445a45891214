"""PyTorch's functions as its layers call them: the package's, and recurrent layers whose weights are a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.functional import linear
from ferrotorch.nn.functional.recurrent import STEPS, LayerWeights
from ferrotorch.nn.functional.recurrent_stack import run_stack
from ferrotorch.nn.functional.recurrent_steps import State

__all__ = [
    "gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(torch, name)


def _weights(params: Sequence[Tensor], has_biases: bool, layers: int, directions: int) -> list[list[LayerWeights]]:
    """The weights of each layer and direction, which stand one after the other in ``params``."""
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if has_biases else [])]
    if len(params) == layers * directions * (len(names) + 1):
        names.append("weight_hr")
    if len(params) != layers * directions * len(names):
        raise RuntimeError(f"got {len(params)} weights for {layers} layers of {directions} directions")
    of = iter(params)
    return [[LayerWeights(**{name: next(of) for name in names}) for _ in range(directions)] for _ in range(layers)]


def _padded(
    mode: str,
    input: Tensor,
    hx: Tensor | Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, State]:
    weights = _weights(params, has_biases, num_layers, 2 if bidirectional else 1)
    state = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    steps = input.transpose(0, 1) if batch_first else input
    output, state = run_stack(mode, steps, None, state, weights, dropout, train)
    return output.transpose(0, 1) if batch_first else output, state


def _packed(
    mode: str,
    data: Tensor,
    batch_sizes: Tensor,
    hx: Tensor | Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, State]:
    weights = _weights(params, has_biases, num_layers, 2 if bidirectional else 1)
    state = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    return run_stack(mode, data, batch_sizes.tolist(), state, weights, dropout, train)


def _layers(mode: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, ...]:
    """All layers over padded or packed sequences: outputs, and each part of the last state."""
    is_packed = "batch_sizes" in kwargs or (len(args) > 3 and isinstance(args[3], list | tuple))
    output, state = (_packed if is_packed else _padded)(mode, *args, **kwargs)
    return output, *state


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """Layers of :class:`ferrotorch.nn.LSTM` with given weights: outputs, hidden states and cell states.

    ``lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)``, or of packed
    sequences ``lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.

    Raises:
        RuntimeError: ``params`` are not those of so many layers and directions.
    """
    return _layers("LSTM", args, kwargs)


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """As :func:`lstm`, of :class:`ferrotorch.nn.GRU`, whose state ``hx`` is one tensor: outputs and hidden states."""
    return _layers("GRU", args, kwargs)


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """As :func:`gru`, of :class:`ferrotorch.nn.RNN`."""
    return _layers("RNN_TANH", args, kwargs)


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """As :func:`gru`, of :class:`ferrotorch.nn.RNN` with relu."""
    return _layers("RNN_RELU", args, kwargs)


def _step(
    mode: str, input: Tensor, state: State, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None, b_hh: Tensor | None
) -> State:
    return STEPS[mode](linear(input, w_ih, b_ih), state, w_hh, b_hh)


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """One step of :class:`ferrotorch.nn.LSTMCell`: the next hidden and cell state, each (N, H)."""
    return _step("LSTM", input, tuple(hx), w_ih, w_hh, b_ih, b_hh)


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of :class:`ferrotorch.nn.GRUCell`: the next state (N, H)."""
    return _step("GRU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of :class:`ferrotorch.nn.RNNCell`: the next state (N, H)."""
    return _step("RNN_TANH", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """As :func:`rnn_tanh_cell`, with relu."""
    return _step("RNN_RELU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]
