"""Layers that follow each other in a model, put together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ferrotorch import nn
from ferrotorch.ao.quantization.fuser_method_mappings import (
    fuse_conv_bn,
    fuse_conv_bn_relu,
    get_fuser_method,
)
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.parametrize import type_before_parametrizations

__all__ = [
    "fuse_conv_bn",
    "fuse_conv_bn_relu",
    "fuse_known_modules",
    "fuse_modules",
    "fuse_modules_qat",
    "get_fuser_method",
]


def fuse_known_modules(
    mod_list: list[Any], is_qat: bool, additional_fuser_method_mapping: dict[Any, Any] | None = None
) -> list[Module]:
    """One layer that does what layers did, and identities in the places of the others.

    Hooks before the first layer and after the last one go over to it.

    Raises:
        AssertionError: nothing makes one layer of these.
    """
    kinds = tuple(type_before_parametrizations(layer) for layer in mod_list)
    fused: Module = get_fuser_method(kinds, additional_fuser_method_mapping)(is_qat, *mod_list)
    for hook in mod_list[0]._forward_pre_hooks.values():
        fused.register_forward_pre_hook(hook)
    mod_list[0]._forward_pre_hooks.clear()
    for hook in mod_list[-1]._forward_hooks.values():
        fused.register_forward_hook(hook)
    mod_list[-1]._forward_hooks.clear()
    return [fused, *(nn.Identity().train(mod_list[0].training) for _ in mod_list[1:])]


def _fuse(model: Module, names: list[str], is_qat: bool, fuser: Callable[..., Any], custom: dict[str, Any]) -> None:
    layers = [model.get_submodule(name) for name in names]
    for name, layer in zip(names, fuser(layers, is_qat, custom.get("additional_fuser_method_mapping")), strict=True):
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer)


def _fuse_modules(
    model: Module,
    modules_to_fuse: Any,
    is_qat: bool,
    inplace: bool = False,
    fuser_func: Callable[..., Any] = fuse_known_modules,
    fuse_custom_config_dict: dict[str, Any] | None = None,
) -> Module:
    if not inplace:
        model = copy.deepcopy(model)
    is_one = all(isinstance(name, str) for name in modules_to_fuse)
    for names in [modules_to_fuse] if is_one else modules_to_fuse:
        _fuse(model, names, is_qat, fuser_func, fuse_custom_config_dict or {})
    return model


def fuse_modules(
    model: Module,
    modules_to_fuse: Any,
    inplace: bool = False,
    fuser_func: Callable[..., Any] = fuse_known_modules,
    fuse_custom_config_dict: dict[str, Any] | None = None,
) -> Module:
    """A model whose layers of some names are one layer each, for inference.

    Args:
        model: the model.
        modules_to_fuse: a list of names of layers that follow each other, or a list of such lists: convolution or
            linear layer, batch normalisation, ReLU.
        inplace: change the model itself?
        fuser_func: makes one layer of several.
        fuse_custom_config_dict: ``"additional_fuser_method_mapping"``: what makes one layer, by the layers' classes.
    """
    return _fuse_modules(model, modules_to_fuse, False, inplace, fuser_func, fuse_custom_config_dict)


def fuse_modules_qat(
    model: Module,
    modules_to_fuse: Any,
    inplace: bool = False,
    fuser_func: Callable[..., Any] = fuse_known_modules,
    fuse_custom_config_dict: dict[str, Any] | None = None,
) -> Module:
    """`fuse_modules` for training that knows of quantization."""
    return _fuse_modules(model, modules_to_fuse, True, inplace, fuser_func, fuse_custom_config_dict)
