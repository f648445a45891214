"""Quantized activations: those that take another scale and zero point than their input's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch._C import Tensor
from ferrotorch.ao.nn.quantized.modules.utils import output_parameters

__all__ = ["ELU", "Hardswish", "LeakyReLU", "PReLU", "ReLU6", "Sigmoid", "Softmax"]

F = nn.functional


def _with(x: Tensor, function: Callable[[Tensor], Tensor], scale: Any, zero_point: Any) -> Tensor:
    """A function of a quantized tensor's numbers, with a scale and zero point."""
    return torch.quantize_per_tensor(function(x.dequantize()), float(scale), int(zero_point), x.dtype)


class ReLU6(nn.ReLU):
    """``nn.ReLU6`` of quantized tensors, whose scale and zero point stay."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elements between 0 and 6."""
        return F.relu6(input, self.inplace)

    def _get_name(self) -> str:
        return "QuantizedReLU6"

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> ReLU6:
        """The quantized layer of one in floating point."""
        return ReLU6(mod.inplace)


class Hardswish(nn.Hardswish):
    """``nn.Hardswish`` of quantized tensors.

    Args:
        scale, zero_point: those of results.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(self, scale: float, zero_point: int, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale, device=device, dtype=dtype))
        self.register_buffer("zero_point", torch.tensor(zero_point, device=device, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        return _with(input, F.hardswish, self.scale, self.zero_point)

    def _get_name(self) -> str:
        return "QuantizedHardswish"

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> Hardswish:
        """The quantized layer of one whose observers have seen its activations."""
        return Hardswish(*output_parameters(mod))


class ELU(nn.ELU):
    """``nn.ELU`` of quantized tensors.

    Args:
        scale, zero_point: those of results.
        alpha: the activation's.
    """

    def __init__(self, scale: float, zero_point: int, alpha: float = 1.0) -> None:
        super().__init__(alpha)
        self.scale, self.zero_point = scale, zero_point

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        return _with(input, lambda x: F.elu(x, self.alpha), self.scale, self.zero_point)

    def _get_name(self) -> str:
        return "QuantizedELU"

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> ELU:
        """The quantized layer of one whose observers have seen its activations."""
        return ELU(*output_parameters(mod), mod.alpha)


class LeakyReLU(nn.LeakyReLU):
    """``nn.LeakyReLU`` of quantized tensors.

    Args:
        scale, zero_point: those of results.
        negative_slope, inplace: the activation's.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(
        self,
        scale: float,
        zero_point: int,
        negative_slope: float = 1e-2,
        inplace: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(negative_slope, inplace)
        self.register_buffer("scale", torch.tensor(scale, device=device, dtype=dtype))
        self.register_buffer("zero_point", torch.tensor(zero_point, device=device, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        return _with(input, lambda x: F.leaky_relu(x, self.negative_slope), self.scale, self.zero_point)

    def _get_name(self) -> str:
        return "QuantizedLeakyReLU"

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> LeakyReLU:
        """The quantized layer of one whose observers have seen its activations."""
        return cls(*output_parameters(mod), mod.negative_slope, mod.inplace)


class Sigmoid(nn.Sigmoid):
    """``nn.Sigmoid`` of quantized tensors.

    Args:
        output_scale, output_zero_point: those of results.
    """

    def __init__(self, output_scale: float, output_zero_point: int) -> None:
        super().__init__()
        self.output_scale, self.output_zero_point = output_scale, output_zero_point

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        return _with(input, torch.sigmoid, self.output_scale, self.output_zero_point)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Sigmoid:
        """The quantized layer of one whose observers have seen its activations."""
        return cls(*output_parameters(mod))


class Softmax(nn.Softmax):
    """``nn.Softmax`` of quantized tensors.

    Args:
        dim: the layer's.
        scale, zero_point: those of results.
    """

    def __init__(self, dim: int | None = None, scale: float = 1.0, zero_point: int = 0) -> None:
        super().__init__(dim)
        self.scale, self.zero_point = scale, zero_point

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        dim = -1 if self.dim is None else self.dim
        return _with(input, lambda x: F.softmax(x, dim), self.scale, self.zero_point)

    def _get_name(self) -> str:
        return "QuantizedSoftmax"

    @staticmethod
    def from_float(mod: Any, use_precomputed_fake_quant: bool = False) -> Softmax:
        """The quantized layer of one whose observers have seen its activations."""
        return Softmax(mod.dim, *output_parameters(mod))


class PReLU(nn.Module):
    """``nn.PReLU`` of quantized tensors.

    Args:
        output_scale, output_zero_point: those of results.
        num_parameters: how many slopes there are.
    """

    def __init__(self, output_scale: float, output_zero_point: int, num_parameters: int = 1) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.scale, self.zero_point = output_scale, output_zero_point
        self.set_weight(torch.quantize_per_tensor(torch.randn(num_parameters), 1.0, 0, torch.quint8))

    def set_weight(self, w: Tensor) -> None:
        """Take over quantized slopes."""
        self.weight = w

    def forward(self, input: Tensor) -> Tensor:
        """The quantized activation."""
        return _with(input, lambda x: F.prelu(x, self.weight.dequantize()), self.scale, self.zero_point)

    def _get_name(self) -> str:
        return "QuantizedPReLU"

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> PReLU:
        """The quantized layer of one whose observers have seen its activations."""
        made = cls(*output_parameters(mod), mod.num_parameters)
        observer = mod.qconfig.weight()
        observer(mod.weight)
        scale, zero_point = observer.calculate_qparams()
        made.set_weight(
            torch.quantize_per_tensor(mod.weight.detach().float(), float(scale), int(zero_point), torch.quint8)
        )
        return made
