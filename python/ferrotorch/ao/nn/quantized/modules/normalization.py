"""Quantized normalisations and dropout."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch._C import Tensor
from ferrotorch.ao.nn.quantized.modules.utils import output_parameters

__all__ = [
    "BatchNorm2d",
    "BatchNorm3d",
    "Dropout",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
]


class _Normalized:
    """What normalisations of quantized tensors have beside their layer in floating point."""

    scale: Tensor
    zero_point: Tensor

    def _set_parameters(self, weight: Any, bias: Any, scale: float, zero_point: int) -> None:
        self.weight, self.bias = weight, bias
        self.register_buffer("scale", torch.tensor(scale))  # type: ignore[attr-defined]
        self.register_buffer("zero_point", torch.tensor(zero_point))  # type: ignore[attr-defined]

    def forward(self, input: Tensor) -> Tensor:
        """The quantized results."""
        x = super().forward(input.dequantize())  # type: ignore[misc]
        return torch.quantize_per_tensor(x, float(self.scale), int(self.zero_point), input.dtype)

    def _get_name(self) -> str:
        return f"Quantized{type(self).__name__}"


class LayerNorm(_Normalized, nn.LayerNorm):
    """``nn.LayerNorm`` of quantized tensors, with weight, bias, and scale and zero point of results."""

    def __init__(
        self,
        normalized_shape: Any,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
    ) -> None:
        nn.LayerNorm.__init__(self, normalized_shape, eps, elementwise_affine)
        self._set_parameters(weight, bias, scale, zero_point)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> LayerNorm:
        """The quantized layer of one whose observers have seen its activations."""
        return cls(mod.normalized_shape, mod.weight, mod.bias, *output_parameters(mod), mod.eps, mod.elementwise_affine)


class GroupNorm(_Normalized, nn.GroupNorm):
    """``nn.GroupNorm`` of quantized tensors, with weight, bias, and scale and zero point of results."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-5,
        affine: bool = True,
    ) -> None:
        nn.GroupNorm.__init__(self, num_groups, num_channels, eps, affine)
        self._set_parameters(weight, bias, scale, zero_point)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> GroupNorm:
        """The quantized layer of one whose observers have seen its activations."""
        return cls(mod.num_groups, mod.num_channels, mod.weight, mod.bias, *output_parameters(mod), mod.eps, mod.affine)


class _InstanceNorm(_Normalized):
    """An instance normalisation of quantized tensors."""

    def __init__(
        self,
        num_features: int,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)  # type: ignore[call-arg]
        self._set_parameters(weight, bias, scale, zero_point)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The quantized layer of one whose observers have seen its activations."""
        return cls(mod.num_features, mod.weight, mod.bias, *output_parameters(mod), mod.eps, affine=mod.affine)


class InstanceNorm1d(_InstanceNorm, nn.InstanceNorm1d):
    """``nn.InstanceNorm1d`` of quantized tensors."""


class InstanceNorm2d(_InstanceNorm, nn.InstanceNorm2d):
    """``nn.InstanceNorm2d`` of quantized tensors."""


class InstanceNorm3d(_InstanceNorm, nn.InstanceNorm3d):
    """``nn.InstanceNorm3d`` of quantized tensors."""


class _BatchNorm:
    """A batch normalisation of quantized tensors by running means and variances."""

    scale: Tensor
    zero_point: Tensor
    _relu = False

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(num_features, eps, momentum, device=device, dtype=dtype)  # type: ignore[call-arg]
        self.register_buffer("scale", torch.tensor(1.0, device=device, dtype=dtype))  # type: ignore[attr-defined]
        self.register_buffer("zero_point", torch.tensor(0, device=device, dtype=dtype))  # type: ignore[attr-defined]

    def forward(self, input: Tensor) -> Tensor:
        """The quantized results."""
        layer: Any = self
        result = torch.quantized_batch_norm(
            input,
            layer.weight,
            layer.bias,
            layer.running_mean,
            layer.running_var,
            layer.eps,
            float(self.scale),
            int(self.zero_point),
        )
        return result.relu_() if self._relu else result

    def _get_name(self) -> str:
        return f"Quantized{type(self).__name__}"

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The quantized layer of one whose observers have seen its activations; of a fused one what is in it."""
        layer = mod[0] if isinstance(mod, nn.Sequential) else mod
        made: Any = cls(layer.num_features, layer.eps)
        made.weight, made.bias = layer.weight, layer.bias
        made.running_mean, made.running_var = layer.running_mean, layer.running_var
        scale, zero_point = output_parameters(mod)
        made.scale, made.zero_point = torch.tensor(scale), torch.tensor(zero_point)
        return made


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """``nn.BatchNorm2d`` of quantized tensors."""


class BatchNorm3d(_BatchNorm, nn.BatchNorm3d):
    """``nn.BatchNorm3d`` of quantized tensors."""


class Dropout(nn.Dropout):
    """What a dropout becomes: nothing is dropped from quantized tensors."""

    def forward(self, input: Tensor) -> Tensor:
        """The tensor."""
        return input

    def _get_name(self) -> str:
        return "QuantizedDropout"

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Dropout:
        """The quantized layer of one in floating point."""
        return cls(mod.p, mod.inplace)
