"""Sequences of layers that conversions take as one."""

from __future__ import annotations

from typing import Any

from ferrotorch import nn
from ferrotorch.nn.utils.parametrize import type_before_parametrizations

__all__ = [
    "BNReLU2d",
    "BNReLU3d",
    "ConvBn1d",
    "ConvBn2d",
    "ConvBn3d",
    "ConvBnReLU1d",
    "ConvBnReLU2d",
    "ConvBnReLU3d",
    "ConvReLU1d",
    "ConvReLU2d",
    "ConvReLU3d",
    "LinearBn1d",
    "LinearReLU",
]


class _FusedModule(nn.Sequential):
    """A sequence of layers of known kinds."""

    _kinds: tuple[Any, ...] = ()

    def __init__(self, *layers: Any) -> None:
        if self._kinds:
            found = tuple(type_before_parametrizations(layer) for layer in layers)
            if found != self._kinds:
                names = ", ".join(kind.__name__ for kind in self._kinds)
                raise AssertionError(f"Incorrect types for input modules: {type(self).__name__} takes {names}")
        super().__init__(*layers)


def _fused(name: str, *kinds: Any) -> type[_FusedModule]:
    doc = f"{' and '.join(kind.__name__ for kind in kinds)}, one after the other."
    return type(name, (_FusedModule,), {"_kinds": kinds, "__doc__": doc, "__module__": __name__})


ConvReLU1d = _fused("ConvReLU1d", nn.Conv1d, nn.ReLU)
ConvReLU2d = _fused("ConvReLU2d", nn.Conv2d, nn.ReLU)
ConvReLU3d = _fused("ConvReLU3d", nn.Conv3d, nn.ReLU)
LinearReLU = _fused("LinearReLU", nn.Linear, nn.ReLU)
LinearBn1d = _fused("LinearBn1d", nn.Linear, nn.BatchNorm1d)
ConvBn1d = _fused("ConvBn1d", nn.Conv1d, nn.BatchNorm1d)
ConvBn2d = _fused("ConvBn2d", nn.Conv2d, nn.BatchNorm2d)
ConvBn3d = _fused("ConvBn3d", nn.Conv3d, nn.BatchNorm3d)
ConvBnReLU1d = _fused("ConvBnReLU1d", nn.Conv1d, nn.BatchNorm1d, nn.ReLU)
ConvBnReLU2d = _fused("ConvBnReLU2d", nn.Conv2d, nn.BatchNorm2d, nn.ReLU)
ConvBnReLU3d = _fused("ConvBnReLU3d", nn.Conv3d, nn.BatchNorm3d, nn.ReLU)
BNReLU2d = _fused("BNReLU2d", nn.BatchNorm2d, nn.ReLU)
BNReLU3d = _fused("BNReLU3d", nn.BatchNorm3d, nn.ReLU)
