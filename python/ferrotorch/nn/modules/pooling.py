"""Pooling layers. Shapes: (N, C, *) or (C, *) with 1 to 3 spatial dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.functional._sizes import IntOrInts
from ferrotorch.nn.functional.pooling import OutputSize, Pooled
from ferrotorch.nn.functional.unpooling import Ratios
from ferrotorch.nn.modules._functional import of_functional
from ferrotorch.nn.modules.module import Module


class _Windowed(Module):
    """A layer that prints some of its attributes by their names."""

    shown: tuple[str, ...] = ("kernel_size", "stride", "padding")

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(_Windowed):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    pool: Callable[..., Pooled]

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        dilation: IntOrInts = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Pooled:
        """Maxima over windows; with ``return_indices`` also their positions."""
        return self.pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(_MaxPool):
    """Max pooling of (N, C, L)."""

    pool = of_functional("max_pool1d")


class MaxPool2d(_MaxPool):
    """Max pooling of (N, C, H, W)."""

    pool = of_functional("max_pool2d")


class MaxPool3d(_MaxPool):
    """Max pooling of (N, C, D, H, W)."""

    pool = of_functional("max_pool3d")


class _MaxUnpool(_Windowed):
    ndim: int
    unpool: Callable[..., Tensor]

    def __init__(self, kernel_size: IntOrInts, stride: IntOrInts | None = None, padding: IntOrInts = 0) -> None:
        super().__init__()
        self.kernel_size = self._per_dim(kernel_size)
        self.stride = self._per_dim(kernel_size if stride is None else stride)
        self.padding = self._per_dim(padding)

    def _per_dim(self, value: IntOrInts) -> tuple[int, ...]:
        return (value,) * self.ndim if isinstance(value, int) else tuple(value)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put the maxima back where they were found; ``output_size`` where several sizes pool to the input's."""
        return self.unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpool):
    """Partial inverse of :class:`MaxPool1d`."""

    ndim = 1
    unpool = of_functional("max_unpool1d")


class MaxUnpool2d(_MaxUnpool):
    """Partial inverse of :class:`MaxPool2d`."""

    ndim = 2
    unpool = of_functional("max_unpool2d")


class MaxUnpool3d(_MaxUnpool):
    """Partial inverse of :class:`MaxPool3d`."""

    ndim = 3
    unpool = of_functional("max_unpool3d")


class _AvgPoolNd(_Windowed):
    """Means over windows of 1 to 3 dimensions."""


class AvgPool1d(_AvgPoolNd):
    """Means over windows of (N, C, L)."""

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(kernel_size if stride is None else stride)
        self.padding = _single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


def _single(value: IntOrInts) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


class _AvgPool(_AvgPoolNd):
    pool: Callable[..., Tensor]

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return self.pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2d(_AvgPool):
    """Means over windows of (N, C, H, W), or sums over ``divisor_override``."""

    pool = of_functional("avg_pool2d")


class AvgPool3d(_AvgPool):
    """Means over windows of (N, C, D, H, W), or sums over ``divisor_override``."""

    pool = of_functional("avg_pool3d")


class _FractionalMaxPool(Module):
    ndim: int
    pool: Callable[..., Pooled]

    def __init__(
        self,
        kernel_size: IntOrInts,
        output_size: IntOrInts | None = None,
        output_ratio: Ratios | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = (kernel_size,) * self.ndim if isinstance(kernel_size, int) else tuple(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = (output_size,) * self.ndim if isinstance(output_size, int) else output_size
        self.output_ratio = (output_ratio,) * self.ndim if isinstance(output_ratio, (int, float)) else output_ratio
        self._check_arguments()

    def _check_arguments(self) -> None:
        name = type(self).__name__
        if self.output_size is None and self.output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if self.output_size is not None and self.output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {self.output_ratio})")

    def forward(self, input: Tensor) -> Pooled:
        return self.pool(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Maxima over pseudo-random windows of (N, C, H, W)."""

    ndim = 2
    pool = of_functional("fractional_max_pool2d")


class FractionalMaxPool3d(_FractionalMaxPool):
    """Maxima over pseudo-random windows of (N, C, D, H, W)."""

    ndim = 3
    pool = of_functional("fractional_max_pool3d")


class _LPPool(_Windowed):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")
    pool: Callable[..., Tensor]

    def __init__(
        self, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return self.pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPool):
    """p-norms over windows of (N, C, L)."""

    pool = of_functional("lp_pool1d")


class LPPool2d(_LPPool):
    """p-norms over windows of (N, C, H, W)."""

    pool = of_functional("lp_pool2d")


class LPPool3d(_LPPool):
    """p-norms over windows of (N, C, D, H, W)."""

    pool = of_functional("lp_pool3d")


class _AdaptiveMaxPool(_Windowed):
    shown = ("output_size",)
    pool: Callable[..., Pooled]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Pooled:
        """Maxima over as many windows as asked for; with ``return_indices`` also their positions."""
        return self.pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Max pooling of (N, C, L) to ``output_size`` windows."""

    pool = of_functional("adaptive_max_pool1d")


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Max pooling of (N, C, H, W) to ``output_size`` windows; None keeps a size."""

    pool = of_functional("adaptive_max_pool2d")


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Max pooling of (N, C, D, H, W) to ``output_size`` windows; None keeps a size."""

    pool = of_functional("adaptive_max_pool3d")


class _AdaptiveAvgPool(_Windowed):
    shown = ("output_size",)
    pool: Callable[..., Tensor]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Means over as many windows as asked for."""
        return self.pool(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Average pooling of (N, C, L) to ``output_size`` windows."""

    pool = of_functional("adaptive_avg_pool1d")


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Average pooling of (N, C, H, W) to ``output_size`` windows; None keeps a size."""

    pool = of_functional("adaptive_avg_pool2d")


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Average pooling of (N, C, D, H, W) to ``output_size`` windows; None keeps a size."""

    pool = of_functional("adaptive_avg_pool3d")


# What packages know them by.
_MaxPoolNd, _MaxUnpoolNd, _LPPoolNd = _MaxPool, _MaxUnpool, _LPPool
_AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd = _AdaptiveAvgPool, _AdaptiveMaxPool
