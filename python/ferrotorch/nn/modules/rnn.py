"""Recurrent layers and cells.

Shapes: T steps, N sequences (perhaps absent), I ``input_size``, H ``hidden_size``, L ``num_layers``, D 2 if
bidirectional.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._checks import is_tensor_like
from ferrotorch.nn import functional as F
from ferrotorch.nn import init
from ferrotorch.nn.functional.recurrent import STEPS, LayerWeights
from ferrotorch.nn.functional.recurrent_stack import run_stack
from ferrotorch.nn.functional.recurrent_steps import State
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter
from ferrotorch.nn.utils.rnn import PackedSequence
from ferrotorch.overrides import has_torch_function

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}

_ONLY_LSTM = "proj_size argument is only supported for LSTM, not RNN or GRU"


def _is_seen(tensors: Sequence[Any], mode: str) -> bool:
    """Is the call of the whole function seen by somebody: an override, or a dispatch mode that knows its ops?"""
    return has_torch_function(tensors) or (mode != "LSTM" and _C._len_torch_dispatch_stack() > 0)


class RNNBase(Module):
    """What the recurrent layers share: parameters, checks, and running layers over time.

    Parameters of layer k are ``weight_ih_l{k}``, ``weight_hh_l{k}``, ``bias_ih_l{k}``, ``bias_hh_l{k}`` and, with
    ``proj_size``, ``weight_hr_l{k}``; those of the reverse direction end in ``_reverse``. All are drawn from
    U(-1 / sqrt(H), 1 / sqrt(H)).
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments(dropout)
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for direction in range(self._directions):
                self._add_weights(layer, direction, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _check_arguments(self, dropout: Any) -> None:
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        for name in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, name)
            if not isinstance(value, int):
                raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.proj_size and self.mode != "LSTM":
            raise ValueError(_ONLY_LSTM)
        if self.mode not in GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                "num_layers "
                f"greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_features(self) -> int:
        return self.proj_size or self.hidden_size

    def _add_weights(self, layer: int, direction: int, options: dict[str, Any]) -> None:
        gates = GATES[self.mode] * self.hidden_size
        inputs = self.input_size if layer == 0 else self._output_features * self._directions
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, inputs), "weight_hh": (gates, self._output_features)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        suffix = f"_l{layer}" + ("_reverse" if direction else "")
        for name, shape in shapes.items():
            setattr(self, name + suffix, Parameter(torch.empty(shape, **options)))
        self._all_weights.append([name + suffix for name in shapes])

    def reset_parameters(self) -> None:
        """Draw all parameters from U(-1 / sqrt(hidden_size), 1 / sqrt(hidden_size))."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: parameters are used where they are, there is no other memory layout to prefer."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """Parameters by layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        """What ``torch._VF.lstm`` and its like take as ``params``."""
        return [getattr(self, name) for name in self._flat_weights_names]

    def _layer_weights(self, layer: int, direction: int) -> LayerWeights:
        names = self._all_weights[layer * self._directions + direction]
        return LayerWeights(**{name.split("_l")[0]: getattr(self, name) for name in names})

    # ---- checks

    def _check_input(self, input: Tensor) -> None:
        if not is_tensor_like(input):
            raise TypeError(f"{type(self).__name__}: expected a tensor or a PackedSequence, got {type(input).__name__}")
        if input.dim() not in (2, 3):
            raise ValueError(f"{self.mode.split('_')[0]}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        if input.dtype != self.weight_ih_l0.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({self.weight_ih_l0.dtype})."
            )
        self._check_features(input)

    def _check_features(self, input: Tensor) -> None:
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _check_state(self, state: State, batch: int) -> None:
        features = (self._output_features, self.hidden_size)
        for number, (tensor, size) in enumerate(zip(state, features, strict=False)):
            expected = (self.num_layers * self._directions, batch, size)
            if tuple(tensor.shape) != expected:
                raise RuntimeError(f"Expected hidden[{number}] size {expected}, got {list(tensor.shape)}")

    def _zero_state(self, batch: int, like: Tensor) -> State:
        layers = self.num_layers * self._directions
        hidden = torch.zeros((layers, batch, self._output_features), dtype=like.dtype, device=like.device)
        if self.mode != "LSTM":
            return (hidden,)
        return hidden, torch.zeros((layers, batch, self.hidden_size), dtype=like.dtype, device=like.device)

    # ---- running

    def forward(self, input: Tensor | PackedSequence, hx: Any = None) -> tuple[Any, Any]:
        """Run over ``input`` (T, N, I), (N, T, I) with ``batch_first``, (T, I), or packed; ``hx`` is the first state.

        Returns the outputs of the last layer, of the form of ``input`` with D * H features, and the last state
        (D * L, N, H): a tensor, for LSTM the pair (h, c).
        """
        state = None if hx is None else (tuple(hx) if self.mode == "LSTM" else (hx,))
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, state)
        self._check_input(input)
        batched = input.dim() == 3
        if state is not None and any(s.dim() != (3 if batched else 2) for s in state):
            raise RuntimeError(
                f"For {'batched 3-D' if batched else 'unbatched 2-D'} input, hx should also be {3 if batched else 2}-D "
                f"but got {[s.dim() for s in state]}-D"
            )
        # Who overrides functions sees PyTorch's one call, which takes the batch where it is.
        is_overridden = _is_seen((input, *(state or ()), *self._flat_weights), self.mode)
        times, batch = (1, 0) if self.batch_first and is_overridden else (0, 1)
        if not batched:
            input = input.unsqueeze(batch)
            state = None if state is None else tuple(s.unsqueeze(1) for s in state)
        elif self.batch_first and not is_overridden:
            input = input.transpose(0, 1)
        if input.size(times) == 0:
            raise RuntimeError(f"{type(self).__name__}: Expected sequence length to be larger than 0 in RNN")
        if state is None:
            state = self._zero_state(input.size(batch), input)
        self._check_state(state, input.size(batch))
        if is_overridden:
            output, state = self._call_whole(input, state)
        else:
            output, state = self._run_layers(input, None, state)
        if not batched:
            output, state = output.squeeze(batch), tuple(s.squeeze(1) for s in state)
        elif self.batch_first and not is_overridden:
            output = output.transpose(0, 1)
        return output, state if self.mode == "LSTM" else state[0]

    def _call_whole(self, input: Tensor, state: State) -> tuple[Tensor, State]:
        """All layers by one call of a function."""
        hx = list(state) if self.mode == "LSTM" else state[0]
        function = getattr(torch, self.mode.lower())
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional, self.batch_first)
        output, *state = function(input, hx, self._flat_weights, *options)
        return output, tuple(state)

    def _forward_packed(self, input: PackedSequence, state: State | None) -> tuple[PackedSequence, Any]:
        data, batch_sizes, sorted_indices, unsorted_indices = input
        self._check_features(data)
        sizes = batch_sizes.tolist()
        if state is None:
            state = self._zero_state(sizes[0], data)
        elif sorted_indices is not None:
            state = tuple(s.index_select(1, sorted_indices) for s in state)
        self._check_state(state, sizes[0])
        output, state = self._run_layers(data, sizes, state)
        if unsorted_indices is not None:
            state = tuple(s.index_select(1, unsorted_indices) for s in state)
        packed = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        return packed, state if self.mode == "LSTM" else state[0]

    def _run_layers(self, input: Tensor, batch_sizes: list[int] | None, state: State) -> tuple[Tensor, State]:
        """All layers, each in all directions, over (T, N, I), or packed data where there are ``batch_sizes``."""
        directions = range(self._directions)
        weights = [[self._layer_weights(layer, d) for d in directions] for layer in range(self.num_layers)]
        return run_stack(self.mode, input, batch_sizes, state, weights, self.dropout, self.training)

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first:
            text += f", batch_first={self.batch_first}"
        if self.dropout:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text


def _refuse_projection(proj_size: int | None) -> None:
    """Raise for a projection where the layer has none."""
    if proj_size is not None:
        raise ValueError(_ONLY_LSTM)


class RNN(RNNBase):
    """Elman's network: ``h = tanh(x W_ih + b_ih + h W_hh + b_hh)``, or relu."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        mode = "RNN_" + nonlinearity.upper()
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory, whose state is (h, c); ``proj_size`` projects h to fewer features."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase):
    """Gated recurrent units."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )


class RNNCellBase(Module):
    """One step of a recurrence: parameters ``weight_ih``, ``weight_hh``, ``bias_ih``, ``bias_hh``, and checks."""

    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        options = {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(torch.empty((rows, input_size), **options))
        self.weight_hh = Parameter(torch.empty((rows, hidden_size), **options))
        self.register_parameter("bias_ih", Parameter(torch.empty(rows, **options)) if bias else None)
        self.register_parameter("bias_hh", Parameter(torch.empty(rows, **options)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters from U(-1 / sqrt(hidden_size), 1 / sqrt(hidden_size))."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _step(self, input: Tensor, state: Sequence[Tensor] | None, states: int) -> State:
        """One step from ``state`` (``states`` tensors, zeros if None); a batch dimension is added and removed."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        batched = input if input.dim() == 2 else input.unsqueeze(0)
        if state is None:
            zeros = torch.zeros((batched.size(0), self.hidden_size), dtype=input.dtype, device=input.device)
            state = (zeros,) * states
        elif any(s.dim() not in (1, 2) for s in state):
            raise ValueError(f"{name}: Expected hidden to be 1D or 2D, got {[s.dim() for s in state]}D instead")
        elif input.dim() == 1:
            state = tuple(s.unsqueeze(0) for s in state)
        self._check_sizes(batched, state)
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if _is_seen((batched, *state, *weights), "cell"):
            called = getattr(torch, f"{self.mode.lower()}_cell")(batched, state if states == 2 else state[0], *weights)
            result = called if states == 2 else (called,)
        else:
            projected = F.linear(batched, self.weight_ih, self.bias_ih)
            result = STEPS[self.mode](projected, tuple(state), self.weight_hh, self.bias_hh)
        return result if input.dim() == 2 else tuple(s.squeeze(0) for s in result)

    def _check_sizes(self, input: Tensor, state: Sequence[Tensor]) -> None:
        if input.size(1) != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {self.input_size}")
        for number, hidden in enumerate(state):
            if tuple(hidden.shape) != (input.size(0), self.hidden_size):
                raise RuntimeError(
                    f"hidden{number} has inconsistent size: got {list(hidden.shape)}, "
                    f"expected {[input.size(0), self.hidden_size]}"
                )

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of :class:`RNN`: (N, I) and (N, H) to (N, H)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    @property
    def mode(self) -> str:  # type: ignore[override]
        """The step that the nonlinearity asks for."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return "RNN_" + self.nonlinearity.upper()

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state, of shape ``(N, hidden_size)`` or ``(hidden_size,)``; ``hx`` is zero by default."""
        return self._step(input, None if hx is None else (hx,), 1)[0]


class LSTMCell(RNNCellBase):
    """One step of :class:`LSTM`: (N, I) and a pair of (N, H) to a pair of (N, H)."""

    mode = "LSTM"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next hidden and cell state, each of shape ``(N, hidden_size)`` or ``(hidden_size,)``; zero by default."""
        hidden, cell = self._step(input, hx, 2)
        return hidden, cell


class GRUCell(RNNCellBase):
    """One step of :class:`GRU`: (N, I) and (N, H) to (N, H)."""

    mode = "GRU"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state, of shape ``(N, hidden_size)`` or ``(hidden_size,)``; ``hx`` is zero by default."""
        return self._step(input, None if hx is None else (hx,), 1)[0]


def _apply_permutation(tensor: Tensor, permutation: Tensor, dim: int = 1) -> Tensor:
    """The samples of a state in another order."""
    return tensor.index_select(dim, permutation)


def apply_permutation(tensor: Tensor, permutation: Tensor, dim: int = 1) -> Tensor:
    """The older name of ``tensor.index_select(dim, permutation)``."""
    warnings.warn(
        "`apply_permutation` is deprecated, please use `tensor.index_select(dim, permutation)` instead",
        FutureWarning,
        stacklevel=2,
    )
    return _apply_permutation(tensor, permutation, dim)
