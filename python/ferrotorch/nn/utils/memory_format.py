"""The order in memory of the weights of convolutions."""

from __future__ import annotations

from typing import Any, TypeVar

from ferrotorch.nn.modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from ferrotorch.nn.modules.module import Module

AnyModule = TypeVar("AnyModule", bound=Module)


def _convert(module: Module, kinds: tuple[type[Module], ...], memory_format: Any) -> None:
    for layer in module.modules():
        if isinstance(layer, kinds):
            weight: Any = layer.weight
            weight.data = weight.detach().clone(memory_format=memory_format)


def convert_conv2d_weight_memory_format(module: AnyModule, memory_format: Any) -> AnyModule:
    """Lay out the weights of all 2-D convolutions, transposed or not, in ``module`` as ``memory_format`` says."""
    _convert(module, (Conv2d, ConvTranspose2d), memory_format)
    return module


def convert_conv3d_weight_memory_format(module: AnyModule, memory_format: Any) -> AnyModule:
    """Lay out the weights of all 3-D convolutions, transposed or not, in ``module`` as ``memory_format`` says."""
    _convert(module, (Conv3d, ConvTranspose3d), memory_format)
    return module
