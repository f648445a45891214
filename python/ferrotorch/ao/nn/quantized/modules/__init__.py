"""Layers of quantized tensors, and the two that go between those and numbers."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.ao.nn.quantized.modules.activation import (
    ELU,
    Hardswish,
    LeakyReLU,
    PReLU,
    ReLU6,
    Sigmoid,
    Softmax,
)
from ferrotorch.ao.nn.quantized.modules.conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from ferrotorch.ao.nn.quantized.modules.embedding_ops import Embedding, EmbeddingBag
from ferrotorch.ao.nn.quantized.modules.functional_modules import FloatFunctional, FXFloatFunctional, QFunctional
from ferrotorch.ao.nn.quantized.modules.linear import Linear
from ferrotorch.ao.nn.quantized.modules.normalization import (
    BatchNorm2d,
    BatchNorm3d,
    Dropout,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
)
from ferrotorch.nn import MaxPool2d
from ferrotorch.nn.modules.module import Module

__all__ = [
    "ELU",
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "DeQuantize",
    "Dropout",
    "Embedding",
    "EmbeddingBag",
    "FXFloatFunctional",
    "FloatFunctional",
    "GroupNorm",
    "Hardswish",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "PReLU",
    "QFunctional",
    "Quantize",
    "ReLU6",
    "Sigmoid",
    "Softmax",
]


class Quantize(Module):
    """``torch.quantize_per_tensor`` as a layer.

    Args:
        scale, zero_point, dtype: see there.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(self, scale: Any, zero_point: Any, dtype: Any, factory_kwargs: dict[str, Any] | None = None) -> None:
        super().__init__()
        options = factory_kwargs or {}
        self.register_buffer("scale", torch.as_tensor([scale]).reshape(-1).to(dtype=torch.float, **options))
        self.register_buffer("zero_point", torch.as_tensor([zero_point]).reshape(-1).to(dtype=torch.long, **options))
        self.dtype = dtype

    def forward(self, X: Tensor) -> Tensor:
        """The quantized tensor."""
        return torch.quantize_per_tensor(X, float(self.scale), int(self.zero_point), self.dtype)

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> Quantize:
        """The layer with what a stub's observer chose."""
        scale, zero_point = mod.activation_post_process.calculate_qparams()
        return Quantize(scale.float().item(), zero_point.long().item(), mod.activation_post_process.dtype)

    def extra_repr(self) -> str:
        """Scale, zero point and dtype."""
        return f"scale={self.scale}, zero_point={self.zero_point}, dtype={self.dtype}"


class DeQuantize(Module):
    """``Tensor.dequantize`` as a layer."""

    def forward(self, Xq: Tensor) -> Tensor:
        """The numbers."""
        return Xq.dequantize()

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> DeQuantize:
        """The layer, of a stub.

        Nothing of ``mod`` is needed.
        """
        return DeQuantize()
