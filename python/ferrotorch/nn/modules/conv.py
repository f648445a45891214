"""Convolution layers over 1 to 3 spatial dimensions, forward and transposed.

Shapes: (N, C, *) or (C, *); see :func:`~ferrotorch.nn.functional.conv2d` and
:func:`~ferrotorch.nn.functional.conv_transpose2d` for the output's.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._homes import moved_to
from ferrotorch.nn import functional as F
from ferrotorch.nn import init
from ferrotorch.nn.functional._sizes import IntOrInts
from ferrotorch.nn.modules._functional import of_functional
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def _ntuple(value: IntOrInts, ndim: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,) * ndim


class _ConvNd(Module):
    """What all convolutions share: parameters, their initialisation, and printing."""

    ndim: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrInts,
        stride: IntOrInts,
        padding: IntOrInts | str,
        dilation: IntOrInts,
        output_padding: IntOrInts,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _ntuple(kernel_size, self.ndim)
        self.stride = _ntuple(stride, self.ndim)
        self.padding = padding if isinstance(padding, str) else _ntuple(padding, self.ndim)
        self.dilation = _ntuple(dilation, self.ndim)
        self.output_padding = _ntuple(output_padding, self.ndim)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_arguments()
        channels = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(torch.empty((*channels, *self.kernel_size), device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(torch.empty(out_channels, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def _check_arguments(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        if self.out_channels % self.groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {self.padding!r}, should be one of {{'valid', 'same'}}")
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(PADDING_MODES)}, but got padding_mode='{self.padding_mode}'"
            )

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-1 / sqrt(fan_in), 1 / sqrt(fan_in))."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self.ndim, (1,) * self.ndim
        if self.padding != zeros:
            text += f", padding={self.padding}"
        if self.dilation != ones:
            text += f", dilation={self.dilation}"
        if self.output_padding != zeros:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """A forward convolution."""

    convolve: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrInts,
        stride: IntOrInts = 1,
        padding: IntOrInts | str = 0,
        dilation: IntOrInts = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        """Convolve ``input``; a padding other than zeros is made first."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve ``input`` with another weight and bias; subclasses call it, and override it."""
        padding: IntOrInts | str = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._both_sides(), self.padding_mode)
            padding = 0
        return self.convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    @property
    def _reversed_padding_repeated_twice(self) -> list[int]:
        """PyTorch's name of `_both_sides`."""
        return self._both_sides()

    def _both_sides(self) -> list[int]:
        """The padding before and after each dimension, the last one first, as :func:`F.pad` takes it."""
        sides: list[int] = []
        for d in reversed(range(self.ndim)):
            if self.padding == "same":
                total = self.dilation[d] * (self.kernel_size[d] - 1)
                sides += [total // 2, total - total // 2]
            elif isinstance(self.padding, str):
                sides += [0, 0]
            else:
                sides += [self.padding[d]] * 2
        return sides


class Conv1d(_Conv):
    """Convolution of (N, C, L)."""

    ndim = 1
    convolve = of_functional("conv1d")


class Conv2d(_Conv):
    """Convolution of (N, C, H, W)."""

    ndim = 2
    convolve = of_functional("conv2d")


class Conv3d(_Conv):
    """Convolution of (N, C, D, H, W)."""

    ndim = 3
    convolve = of_functional("conv3d")


class _ConvTranspose(_ConvNd):
    """A transposed convolution."""

    transposed = True
    convolve: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrInts,
        stride: IntOrInts = 1,
        padding: IntOrInts = 0,
        output_padding: IntOrInts = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: IntOrInts = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Convolve ``input``; ``output_size`` chooses among the sizes that a stride maps to the input's."""
        output_padding = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return self.convolve(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        n = self.ndim
        lead = input.dim() - n
        if len(output_size) == lead + n:
            output_size = output_size[lead:]
        if len(output_size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {lead + n} elements "
                f"(got {len(output_size)})"
            )
        assert not isinstance(self.padding, str)  # what transposed convolutions do not take
        result = []
        for d, wanted in enumerate(output_size):
            smallest = (
                (input.size(d + lead) - 1) * self.stride[d]
                - 2 * self.padding[d]
                + self.dilation[d] * (self.kernel_size[d] - 1)
                + 1
            )
            if not smallest <= wanted <= smallest + self.stride[d] - 1:
                raise ValueError(
                    f"requested an output size of {list(output_size)}, but dimension {d} must be from {smallest} to "
                    f"{smallest + self.stride[d] - 1} (for an input of {list(input.shape[2:])})"
                )
            result.append(wanted - smallest)
        return tuple(result)


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of (N, C, L)."""

    ndim = 1
    convolve = of_functional("conv_transpose1d")


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of (N, C, H, W)."""

    ndim = 2
    convolve = of_functional("conv_transpose2d")


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of (N, C, D, H, W)."""

    ndim = 3
    convolve = of_functional("conv_transpose3d")


def __getattr__(name: str) -> Any:
    """Layers that PyTorch has here."""
    return moved_to(__name__, name)


# What packages know it by.
_ConvTransposeNd = _ConvTranspose


class _ConvTransposeMixin(_ConvTranspose):
    """The older name of `_ConvTransposeNd`, by which packages ask what a layer is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "`_ConvTransposeMixin` is a deprecated internal class. Please consider using public APIs.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(*args, **kwargs)
