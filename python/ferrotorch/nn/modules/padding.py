"""Padding layers. ``padding`` lists the amounts before and after each dimension, the last dimension first."""

from __future__ import annotations

from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.functional._sizes import IntOrInts
from ferrotorch.nn.modules.module import Module


class _Pad(Module):
    ndim: int
    mode: str

    def __init__(self, padding: IntOrInts) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.ndim) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() not in (self.ndim + 1, self.ndim + 2):
            raise ValueError(f"expected {self.ndim + 1}D or {self.ndim + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """Continues (N, C, L) or (C, L) from its other end."""

    ndim = 1


class CircularPad2d(_CircularPad):
    """Continues (N, C, H, W) or (C, H, W) from its other ends."""

    ndim = 2


class CircularPad3d(_CircularPad):
    """Continues (N, C, D, H, W) or (C, D, H, W) from its other ends."""

    ndim = 3


class ReflectionPad1d(_Pad):
    """Mirrors (N, C, L) or (C, L) at its borders, which are not repeated."""

    ndim, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Mirrors (N, C, H, W) or (C, H, W) at its borders, which are not repeated."""

    ndim, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Mirrors (N, C, D, H, W) or (C, D, H, W) at its borders, which are not repeated."""

    ndim, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Repeats the borders of (N, C, L) or (C, L)."""

    ndim, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Repeats the borders of (N, C, H, W) or (C, H, W)."""

    ndim, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Repeats the borders of (N, C, D, H, W) or (C, D, H, W)."""

    ndim, mode = 3, "replicate"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: IntOrInts, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads the last dimension with ``value``."""

    ndim = 1


class ConstantPad2d(_ConstantPad):
    """Pads the last 2 dimensions with ``value``."""

    ndim = 2


class ConstantPad3d(_ConstantPad):
    """Pads the last 3 dimensions with ``value``."""

    ndim = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: IntOrInts) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Pads the last dimension with zeros."""

    ndim = 1


class ZeroPad2d(_ZeroPad):
    """Pads the last 2 dimensions with zeros."""

    ndim = 2


class ZeroPad3d(_ZeroPad):
    """Pads the last 3 dimensions with zeros."""

    ndim = 3
