"""Layers with quantized weights, of tensors in floating point."""

from __future__ import annotations

from ferrotorch.ao.nn.quantized.dynamic.modules.linear import Linear
from ferrotorch.ao.nn.quantized.dynamic.modules.rnn import GRU, LSTM, GRUCell, LSTMCell, RNNCell

__all__ = ["GRU", "LSTM", "GRUCell", "LSTMCell", "Linear", "RNNCell"]
