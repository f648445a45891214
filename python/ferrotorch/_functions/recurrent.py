"""Recurrent layers and cells as functions of their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors, require_tensors_or_none
from ferrotorch.nn.functional.recurrent import (
    LayerWeights,
    Step,
    gru_step,
    lstm_step,
    rnn_relu_step,
    rnn_tanh_step,
)
from ferrotorch.nn.functional.recurrent_stack import run_stack

Tensor = _C.Tensor
State = tuple[Tensor, ...]


def _cell(
    op: str,
    step: Step,
    input: Tensor,
    state: State,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> State:
    require_tensors(op, input=input, w_ih=w_ih, w_hh=w_hh)
    require_tensors_or_none(op, b_ih=b_ih, b_hh=b_hh)
    for what, x, weight in (("input", input, w_ih), ("hidden", state[0], w_hh)):
        size = "input_size" if what == "input" else "hidden_size"
        if x.size(-1) != weight.size(-1):
            raise RuntimeError(f"{what} has inconsistent {size}: got {x.size(-1)} expected {weight.size(-1)}")
    return step(_C._nn.linear(input, w_ih, b_ih), state, w_hh, b_hh)


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of long short-term memory.

    Args:
        input: (N, I).
        hx: hidden state and cell, each (N, H).
        w_ih: (4 H, I).
        w_hh: (4 H, H).
        b_ih, b_hh: (4 H), or None.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    hidden, cell = _cell("lstm_cell", lstm_step, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)
    return hidden, cell


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of gated recurrent units.

    Args:
        input: (N, I).
        hx: the hidden state (N, H).
        w_ih: (3 H, I).
        w_hh: (3 H, H).
        b_ih, b_hh: (3 H), or None.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    return _cell("gru_cell", gru_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of Elman's network.

    Args:
        input: (N, I).
        hx: the hidden state (N, H).
        w_ih: (H, I).
        w_hh: (H, H).
        b_ih, b_hh: (H), or None.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    return _cell("rnn_tanh_cell", rnn_tanh_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of Elman's network with relu.

    Args:
        input: (N, I).
        hx: the hidden state (N, H).
        w_ih: (H, I).
        w_hh: (H, H).
        b_ih, b_hh: (H), or None.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    return _cell("rnn_relu_cell", rnn_relu_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def _weights(
    op: str, params: Sequence[Tensor], has_biases: bool, layers: int, directions: int, projects: bool
) -> list[list[LayerWeights]]:
    """The weights of each layer and direction, which stand one after the other in ``params``."""
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if has_biases else []), *["weight_hr"] * projects]
    if len(params) != len(names) * directions * layers:
        raise RuntimeError(
            f"{op}(): expected {len(names)} weights for each of {layers} layers in {directions} directions, "
            f"got {len(params)}"
        )
    own = iter(params)
    return [[LayerWeights(**{name: next(own) for name in names}) for _ in range(directions)] for _ in range(layers)]


def _layers(
    mode: str, input: Tensor, sizes: list[int] | None, state: State, params: Sequence[Tensor],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> State:  # fmt: skip
    """All layers over (T, N, I), or over packed rows with their number for each step."""
    # A projected state is narrower than the cell.
    projects = len(state) == 2 and state[0].size(2) != state[1].size(2)
    weights = _weights(mode.lower(), params, has_biases, num_layers, 2 if bidirectional else 1, projects)
    output, last = run_stack(mode, input, sizes, state, weights, dropout, train)
    return output, *last


_OPTIONS = ("has_biases", "num_layers", "dropout", "train", "bidirectional")
_FORMS = {
    False: ("input", "hx", "params", *_OPTIONS, "batch_first"),
    True: ("data", "batch_sizes", "hx", "params", *_OPTIONS),
}


def _bound(op: str, states: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, of the form for padded sequences or of that for packed ones."""
    # The first place in which the forms differ: packed rows come with a tensor of sizes before the state.
    place = 1 if states == 2 else 2
    packed = "data" in kwargs or (len(args) > place and isinstance(args[place], Tensor))
    given = dict(zip(_FORMS[packed], args, strict=False))
    if len(args) > len(_FORMS[packed]) or given.keys() & kwargs or (given | kwargs).keys() != set(_FORMS[packed]):
        raise TypeError(f"{op}() takes the arguments {', '.join(_FORMS[packed])}")
    return given | kwargs


def _layer_function(mode: str, states: int, of: str) -> Callable[..., State]:
    op = mode.lower()

    def function(*args: Any, **kwargs: Any) -> State:
        given = _bound(op, states, args, kwargs)
        hx = given["hx"]
        state = (hx,) if isinstance(hx, Tensor) else tuple(hx)
        if len(state) != states:
            raise RuntimeError(f"{op} expects {'one hidden state' if states == 1 else 'two hidden states'}")
        options = [given[name] for name in _OPTIONS]
        if "data" in given:
            return _layers(mode, given["data"], given["batch_sizes"].tolist(), state, given["params"], *options)
        input = given["input"].transpose(0, 1) if given["batch_first"] else given["input"]
        output, *last = _layers(mode, input, None, state, given["params"], *options)
        return (output.transpose(0, 1) if given["batch_first"] else output), *last

    function.__name__ = function.__qualname__ = op
    function.__doc__ = f"""{of} over sequences: what every step gives, and the last state.

    Either ``{op}(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`` or, of packed
    sequences, ``{op}(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.

    Args:
        input: (T, N, I), or (N, T, I) with ``batch_first``.
        data, batch_sizes: the rows of all steps, and how many there are of each.
        hx: the first state, {"a pair of tensors" if states == 2 else "a tensor"} (layers * directions, N, H).
        params: for each layer and direction the weights of input and state, and their biases if ``has_biases``.

    Raises:
        RuntimeError: another number of states or weights.
    """
    return function


lstm = _layer_function("LSTM", 2, "Long short-term memory")
gru = _layer_function("GRU", 1, "Gated recurrent units")
rnn_tanh = _layer_function("RNN_TANH", 1, "Elman's network")
rnn_relu = _layer_function("RNN_RELU", 1, "Elman's network with relu")
