"""Recurrent layers with quantized weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch._quantized._packed import LinearPackedParams
from ferrotorch.ao.nn.quantized.modules.utils import quantized_weight
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]


class _Gates(NamedTuple):
    """The weights of a cell: of its input and of its state."""

    ih: LinearPackedParams
    hh: LinearPackedParams


def _product(x: Tensor, packed: LinearPackedParams) -> Tensor:
    weight, bias = packed.unpack()
    if weight.is_quantized:
        return _products.linear_dynamic(x, weight, bias, reduce_range=True)
    return torch.nn.functional.linear(x, weight, bias)


def _lstm_step(gates: tuple[Tensor, Tensor], _h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """One step of an LSTM cell (Hochreiter and Schmidhuber, 1997)."""
    i, f, g, o = (gates[0] + gates[1]).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _gru_step(gates: tuple[Tensor, Tensor], h: Tensor) -> Tensor:
    """One step of a GRU cell (Cho et al., 2014), with the reset gate after the product."""
    (xr, xz, xn), (hr, hz, hn) = (each.chunk(3, -1) for each in gates)
    z = torch.sigmoid(xz + hz)
    n = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
    return (h - n) * z + n


def _packed(mod: Any, names: tuple[str, str], observer: Callable[[], Any]) -> LinearPackedParams:
    """A weight and bias of a layer in floating point."""
    weight, bias = (getattr(mod, name) for name in names)
    made = observer()
    if made.dtype == torch.qint8:
        made(weight)
        return LinearPackedParams(quantized_weight(weight, made), bias)
    if made.dtype == torch.float16:
        return LinearPackedParams(weight.detach().half().float(), bias)
    raise RuntimeError(f"Unsupported dtype for dynamic RNN quantization: {made.dtype}")


def _weight_observer(mod: Any) -> Callable[[], Any]:
    from ferrotorch.ao.quantization.qconfig import default_dynamic_qconfig

    if not hasattr(mod, "qconfig"):
        raise AssertionError("Input float module must have qconfig defined")
    has_own = mod.qconfig is not None and mod.qconfig.weight is not None
    observer: Callable[[], Any] = (mod.qconfig if has_own else default_dynamic_qconfig).weight
    return observer


class RNNBase(Module):
    """The base of recurrent layers with quantized weights.

    Args:
        mode: ``"LSTM"`` or ``"GRU"``.
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional: as of the layers in floating
            point.
        dtype: ``torch.qint8``, or ``torch.float16``: weights are rounded to float16, and nothing else.
    """

    _version = 2

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
        dtype: Any = torch.qint8,
    ) -> None:
        super().__init__()
        if mode not in ("LSTM", "GRU"):
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, float(dropout), bidirectional
        self.dtype, self.version, self.training = dtype, self._version, False
        layer = getattr(torch.nn, mode)(input_size, hidden_size, num_layers, bidirectional=bidirectional)
        self._cells = self._quantized(layer, lambda: _default_observer(dtype))

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _quantized(self, mod: Any, observer: Callable[[], Any]) -> list[_Gates]:
        cells = []
        for layer in range(self.num_layers):
            for suffix in ("", "_reverse")[: self._directions()]:
                names = [(f"weight_{kind}_l{layer}{suffix}", f"bias_{kind}_l{layer}{suffix}") for kind in ("ih", "hh")]
                cells.append(_Gates(*(_packed(mod, pair, observer) for pair in names)))
        return cells

    def _get_name(self) -> str:
        return f"DynamicQuantized{self.mode}"

    def extra_repr(self) -> str:
        """Sizes and what differs from defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        return text + "".join(
            f", {name}={getattr(self, name)}" for name, value in defaults.items() if getattr(self, name) != value
        )

    def get_weight(self) -> dict[str, Tensor]:
        """The weights by their names in the layer in floating point."""
        return {name: packed.unpack()[0] for name, packed in self._by_name("weight").items()}

    def get_bias(self) -> dict[str, Tensor | None]:
        """The biases by their names in the layer in floating point."""
        return {name: packed.unpack()[1] for name, packed in self._by_name("bias").items()}

    def _by_name(self, kind: str) -> dict[str, LinearPackedParams]:
        named = {}
        for i, cell in enumerate(self._cells):
            layer, suffix = i // self._directions(), "_reverse" if self.bidirectional and i % 2 else ""
            named[f"{kind}_ih_l{layer}{suffix}"], named[f"{kind}_hh_l{layer}{suffix}"] = cell.ih, cell.hh
        return named

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for i, cell in enumerate(self._cells):
            destination[f"{prefix}_all_weight_values.{i}.param"] = (cell.ih.unpack(), cell.hh.unpack())

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        for i in range(len(self._cells)):
            key = f"{prefix}_all_weight_values.{i}.param"
            if key not in state_dict:
                lists[0].append(key)
            else:
                self._cells[i] = _Gates(*(LinearPackedParams(*packed) for packed in state_dict.pop(key)))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def _run(self, x: Tensor, states: list[tuple[Tensor, ...]], lengths: list[int]) -> tuple[Tensor, list[Any]]:
        """Results (time, batch, features) and last states of all layers and directions, for sorted lengths."""
        last: list[Any] = []
        for layer in range(self.num_layers):
            parts = []
            for direction in range(self._directions()):
                cell = layer * self._directions() + direction
                result, state = self._run_cell(self._cells[cell], x, states[cell], lengths, direction == 1)
                parts.append(result)
                last.append(state)
            x = torch.cat(parts, -1)
            if layer < self.num_layers - 1:
                x = torch.nn.functional.dropout(x, self.dropout, self.training)
        return x, last

    def _run_cell(
        self, cell: _Gates, x: Tensor, state: tuple[Tensor, ...], counts: list[int], backwards: bool
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One direction of one layer; ``counts`` says how many sequences have a step at each time."""
        results = [x.new_zeros(0)] * len(counts)
        # As in PyTorch the inputs of all times have one range.
        inputs = _product(x, cell.ih)
        for t in reversed(range(len(counts))) if backwards else range(len(counts)):
            n = counts[t]
            now = tuple(part[:n] for part in state)
            new = self._step((inputs[t, :n], _product(now[0], cell.hh)), now)
            state = tuple(torch.cat([part, old[n:]]) for part, old in zip(new, state, strict=True))
            missing = x.shape[1] - n
            results[t] = torch.nn.functional.pad(new[0], (0, 0, 0, missing)) if missing else new[0]
        return torch.stack(results), state

    def _step(self, gates: tuple[Tensor, Tensor], state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.mode == "LSTM":
            return _lstm_step(gates, *state)
        return (_gru_step(gates, *state),)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Results and last states, as of the layer in floating point."""
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() != 3:
            raise RuntimeError(f"input must have 3 dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )
        x = input.transpose(0, 1) if self.batch_first else input
        results, last = self._run(x, self._states(x, hx), [x.shape[1]] * x.shape[0])
        return results.transpose(0, 1) if self.batch_first else results, self._joined(last)

    def _forward_packed(self, input: PackedSequence, hx: Any) -> Any:
        sizes = input.batch_sizes.tolist()
        x = input.data.new_zeros(len(sizes), sizes[0], self.input_size)
        rows = torch.arange(sizes[0])[None, :] < input.batch_sizes[:, None]
        x[rows] = input.data
        if hx is not None and input.sorted_indices is not None:
            hx = _reordered(hx, input.sorted_indices)
        results, last = self._run(x, self._states(x, hx), sizes)
        states = self._joined(last)
        if input.unsorted_indices is not None:
            states = _reordered(states, input.unsorted_indices)
        return PackedSequence(results[rows], input.batch_sizes, input.sorted_indices, input.unsorted_indices), states

    def _states(self, x: Tensor, hx: Any) -> list[tuple[Tensor, ...]]:
        """The first state of each layer and direction."""
        count = len(self._cells)
        if hx is None:
            zeros = x.new_zeros(count, x.shape[1], self.hidden_size)
            hx = (zeros, zeros) if self.mode == "LSTM" else zeros
        parts = hx if self.mode == "LSTM" else (hx,)
        expected = (count, x.shape[1], self.hidden_size)
        for part in parts:
            if tuple(part.shape) != expected:
                raise RuntimeError(f"Expected hidden size {expected}, got {list(part.shape)}")
        return [tuple(part[i] for part in parts) for i in range(count)]

    def _joined(self, states: list[tuple[Tensor, ...]]) -> Any:
        parts = tuple(torch.stack(part) for part in zip(*states, strict=True))
        return parts if self.mode == "LSTM" else parts[0]

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point."""
        if type(mod) not in (torch.nn.LSTM, torch.nn.GRU):
            raise AssertionError("nn.quantized.dynamic.RNNBase.from_float only works for nn.LSTM and nn.GRU")
        if not mod.bias:
            raise AssertionError("mod.bias must be True")
        observer = _weight_observer(mod)
        made = (LSTM if mod.mode == "LSTM" else GRU)(
            mod.input_size,
            mod.hidden_size,
            mod.num_layers,
            mod.bias,
            mod.batch_first,
            mod.dropout,
            mod.bidirectional,
            dtype=observer().dtype,
        )
        made._cells = made._quantized(mod, observer)
        return made


def _reordered(states: Any, order: Tensor) -> Any:
    if isinstance(states, tuple):
        return tuple(part.index_select(1, order) for part in states)
    return states.index_select(1, order)


def _default_observer(dtype: Any) -> Any:
    from ferrotorch.ao.quantization.qconfig import default_dynamic_qconfig, float16_dynamic_qconfig

    return (float16_dynamic_qconfig if dtype == torch.float16 else default_dynamic_qconfig).weight()


class LSTM(RNNBase):
    """An LSTM with quantized weights; see ``nn.LSTM``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """A GRU with quantized weights; see ``nn.GRU``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("GRU", *args, **kwargs)


class RNNCellBase(Module):
    """The base of cells with quantized weights.

    Args:
        input_size, hidden_size, bias: as of the cells in floating point.
        num_chunks: how many gates there are.
        dtype: ``torch.qint8`` or ``torch.float16``.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, num_chunks: int = 4, dtype: Any = torch.qint8
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias, self.weight_dtype = input_size, hidden_size, bias, dtype
        layer = {4: torch.nn.LSTMCell, 3: torch.nn.GRUCell, 1: torch.nn.RNNCell}[num_chunks](input_size, hidden_size)
        self._set_weights(layer, lambda: _default_observer(dtype))

    def _set_weights(self, mod: Any, observer: Callable[[], Any]) -> None:
        self._packed_weight_ih = _packed(mod, ("weight_ih", "bias_ih"), observer)
        self._packed_weight_hh = _packed(mod, ("weight_hh", "bias_hh"), observer)

    def _gates(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return _product(x, self._packed_weight_ih), _product(h, self._packed_weight_hh)

    def _get_name(self) -> str:
        return f"DynamicQuantized{type(self).__name__}"

    def extra_repr(self) -> str:
        """Sizes and what differs from defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    def get_weight(self) -> dict[str, Tensor]:
        """The weights by their names in the cell in floating point."""
        return {"weight_ih": self._packed_weight_ih.unpack()[0], "weight_hh": self._packed_weight_hh.unpack()[0]}

    def get_bias(self) -> dict[str, Tensor | None]:
        """The biases by their names in the cell in floating point."""
        return {"bias_ih": self._packed_weight_ih.unpack()[1], "bias_hh": self._packed_weight_hh.unpack()[1]}

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "_packed_weight_ih"] = self._packed_weight_ih.unpack()
        destination[prefix + "_packed_weight_hh"] = self._packed_weight_hh.unpack()

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        for name in ("_packed_weight_ih", "_packed_weight_hh"):
            setattr(self, name, LinearPackedParams(*state_dict.pop(prefix + name)))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def _state(self, x: Tensor) -> Tensor:
        return x.new_zeros(x.shape[0], self.hidden_size)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The cell of one in floating point."""
        observer = _weight_observer(mod)
        kind = {torch.nn.LSTMCell: LSTMCell, torch.nn.GRUCell: GRUCell, torch.nn.RNNCell: RNNCell}.get(type(mod))
        if kind is None:
            raise AssertionError(
                "nn.quantized.dynamic.RNNCellBase.from_float only works for nn.LSTMCell, nn.GRUCell and nn.RNNCell"
            )
        options = {"nonlinearity": mod.nonlinearity} if kind is RNNCell else {}
        made: Any = kind(mod.input_size, mod.hidden_size, bias=mod.bias, dtype=observer().dtype, **options)
        made._set_weights(mod, observer)
        return made


class LSTMCell(RNNCellBase):
    """An LSTM cell with quantized weights; see ``nn.LSTMCell``."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = torch.qint8) -> None:
        super().__init__(input_size, hidden_size, bias, 4, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        """The next state."""
        h, c = (self._state(input), self._state(input)) if hx is None else hx
        return _lstm_step(self._gates(input, h), h, c)


class GRUCell(RNNCellBase):
    """A GRU cell with quantized weights; see ``nn.GRUCell``."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = torch.qint8) -> None:
        super().__init__(input_size, hidden_size, bias, 3, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        h = self._state(input) if hx is None else hx
        return _gru_step(self._gates(input, h), h)


class RNNCell(RNNCellBase):
    """An Elman cell with quantized weights; see ``nn.RNNCell``."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", dtype: Any = torch.qint8
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        h = self._state(input) if hx is None else hx
        x, state = self._gates(input, h)
        return torch.tanh(x + state) if self.nonlinearity == "tanh" else torch.relu(x + state)
