"""Quantized convolutions."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch._quantized._packed import ConvPackedParams
from ferrotorch.ao.nn.quantized.modules.utils import (
    WeightedQuantizedModule,
    float_parts,
    observed_weight,
    output_parameters,
)
from ferrotorch.nn.modules.utils import _ntuple

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _Conv(WeightedQuantizedModule):
    """A convolution of quantized tensors (N, in_channels, ...).

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode: as of the layer
            in floating point.
    """

    _dims: int
    _transposed = False
    _relu = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        geometry = kernel_size, stride, padding, dilation, groups
        self._set_up(in_channels, out_channels, *geometry, bias, padding_mode, 0, device)

    def _set_up(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        output_padding: Any,
        device: Any,
    ) -> None:
        super().__init__()
        sizes = _ntuple(self._dims)
        if padding_mode not in ("zeros", "reflect") or (padding_mode != "zeros" and self._transposed):
            raise ValueError(f"padding_mode {padding_mode!r} of quantized convolutions: only zeros and reflect")
        if in_channels % groups or out_channels % groups:
            raise ValueError("in_channels and out_channels must be divisible by groups")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = sizes(kernel_size), sizes(stride), sizes(dilation)
        self.padding = padding if isinstance(padding, str) else sizes(padding)
        self.transposed, self.output_padding, self.padding_mode = self._transposed, sizes(output_padding), padding_mode
        shape = (in_channels, out_channels // groups) if self._transposed else (out_channels, in_channels // groups)
        sizes_of_weight = [*shape, *self.kernel_size]
        weight = torch._empty_affine_quantized(sizes_of_weight, scale=1, zero_point=0, dtype=torch.qint8, device=device)
        self.set_weight_bias(weight, torch.zeros(out_channels, device=device) if bias else None)
        self.scale, self.zero_point = 1.0, 0

    def _get_name(self) -> str:
        return f"Quantized{'ConvTranspose' if self._transposed else 'Conv'}{self._dims}d"

    def extra_repr(self) -> str:
        """Channels, geometry, and scale and zero point of results."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"scale={self.scale}, zero_point={self.zero_point}"
        )
        if self.padding != (0,) * self._dims:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self._dims:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self._dims:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text if self.bias() is not None else text + ", bias=False"

    def set_weight_bias(self, w: Tensor, b: Tensor | None) -> None:
        """Take over a weight and a bias."""
        padding = 0 if self.padding_mode != "zeros" else self.padding
        self._packed_params = ConvPackedParams(
            w, b, self.stride, padding, self.dilation, self.groups, self.output_padding, self._transposed
        )

    def _weight_bias(self) -> tuple[Tensor, Tensor | None]:
        return self._packed_params.unpack()

    def weight(self) -> Tensor:
        """The weight."""
        return self._weight_bias()[0]

    def bias(self) -> Tensor | None:
        """The bias (out_channels)."""
        return self._weight_bias()[1]

    def forward(self, input: Tensor) -> Tensor:
        """The quantized results of quantized inputs."""
        if self.padding_mode != "zeros" and not isinstance(self.padding, str):
            sides = [n for size in reversed(self.padding) for n in (size, size)]
            input = torch.nn.functional.pad(input, sides, mode=self.padding_mode)
        packed = self._packed_params
        return _products.convolution(
            input, *packed.unpack(), packed.geometry, self.scale, self.zero_point, self._relu, self._transposed
        )

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "weight"], destination[prefix + "bias"] = self._weight_bias()
        destination[prefix + "scale"] = torch.tensor(self.scale)
        destination[prefix + "zero_point"] = torch.tensor(self.zero_point)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        self.set_weight_bias(state_dict.pop(prefix + "weight"), state_dict.pop(prefix + "bias"))
        self.scale = float(state_dict.pop(prefix + "scale"))
        self.zero_point = int(state_dict.pop(prefix + "zero_point"))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The quantized layer of one whose observers have seen its activations; of a fused one what it consists of."""
        layer, weight, bias = float_parts(mod)
        options = {"output_padding": layer.output_padding} if cls._transposed else {}
        made = cls(
            layer.in_channels,
            layer.out_channels,
            layer.kernel_size,
            layer.stride,
            layer.padding,
            dilation=layer.dilation,
            groups=layer.groups,
            bias=bias is not None,
            padding_mode=layer.padding_mode,
            **options,
        )
        made.set_weight_bias(observed_weight(mod, weight), bias)
        made.scale, made.zero_point = output_parameters(mod)
        return made


class Conv1d(_Conv):
    """A quantized convolution in one dimension; see ``nn.Conv1d``."""

    _dims = 1


class Conv2d(_Conv):
    """A quantized convolution in two dimensions; see ``nn.Conv2d``."""

    _dims = 2


class Conv3d(_Conv):
    """A quantized convolution in three dimensions; see ``nn.Conv3d``."""

    _dims = 3


class _ConvTranspose(_Conv):
    """A transposed convolution of quantized tensors."""

    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self._set_up(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            output_padding,
            device,
        )


class ConvTranspose1d(_ConvTranspose):
    """A quantized transposed convolution in one dimension; see ``nn.ConvTranspose1d``."""

    _dims = 1


class ConvTranspose2d(_ConvTranspose):
    """A quantized transposed convolution in two dimensions; see ``nn.ConvTranspose2d``."""

    _dims = 2


class ConvTranspose3d(_ConvTranspose):
    """A quantized transposed convolution in three dimensions; see ``nn.ConvTranspose3d``."""

    _dims = 3
