"""Tensors and modules shared out among devices, and put together again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.nn.modules.module import Module

__all__ = ["gather", "parallel_apply", "replicate", "scatter", "scatter_kwargs"]

Device = torch.device | str | int


def scatter(inputs: Any, target_gpus: Sequence[Device], dim: int = 0) -> Any:
    """For each device a share of the tensors in ``inputs``, split along a dimension; other objects go to all."""
    if isinstance(inputs, torch.Tensor):
        parts = inputs.chunk(len(target_gpus), dim)
        return tuple(part.to(device) for part, device in zip(parts, target_gpus, strict=False))
    if isinstance(inputs, tuple) and hasattr(inputs, "_fields"):
        return [type(inputs)(*part) for part in _shares(inputs, target_gpus, dim)]
    if isinstance(inputs, tuple) and inputs:
        return list(_shares(inputs, target_gpus, dim))
    if isinstance(inputs, list) and inputs:
        return [list(part) for part in _shares(inputs, target_gpus, dim)]
    if isinstance(inputs, dict) and inputs:
        return [type(inputs)(part) for part in _shares(list(inputs.items()), target_gpus, dim)]
    return [inputs for _ in target_gpus]


def _shares(items: Any, devices: Sequence[Device], dim: int) -> Any:
    return zip(*(scatter(item, devices, dim) for item in items), strict=False)


def scatter_kwargs(
    inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, target_gpus: Sequence[Device], dim: int = 0
) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """:func:`scatter` of arguments by position and by keyword, as many of both."""
    shares = list(scatter(inputs, target_gpus, dim)) if inputs else []
    named = list(scatter(kwargs, target_gpus, dim)) if kwargs else []
    shares += [()] * (len(named) - len(shares))
    named += [{}] * (len(shares) - len(named))
    return tuple(shares), tuple(named)


def gather(outputs: Any, target_device: Device, dim: int = 0) -> Any:
    """The results of several devices on one, tensors joined along a dimension."""
    first = outputs[0]
    if isinstance(first, torch.Tensor):
        return torch.cat([out.reshape(1) if out.dim() == 0 else out for out in outputs], dim).to(target_device)
    if first is None:
        return None
    if isinstance(first, dict):
        if any(len(out) != len(first) for out in outputs):
            raise ValueError("All dicts must have the same number of keys")
        return type(first)((key, gather([out[key] for out in outputs], target_device, dim)) for key in first)
    parts = (gather(part, target_device, dim) for part in zip(*outputs, strict=True))
    return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)


def replicate(network: Module, devices: Sequence[Device], detach: bool = False) -> list[Module]:
    """A copy of a module on each device. Unlike PyTorch's, copies have parameters of their own.

    ``detach`` is accepted: there is one replica, the module itself.
    """
    return [copy.deepcopy(network).to(device) for device in devices]


def parallel_apply(
    modules: Sequence[Module], inputs: Sequence[Any], kwargs_tup: Any = None, devices: Any = None
) -> list[Any]:
    """The results of modules for their inputs, one after the other: each uses all threads of its device.

    ``devices`` is accepted: modules run where they are.
    """
    if len(modules) != len(inputs):
        raise AssertionError(f"The number of modules {len(modules)} is not equal to the number of inputs {len(inputs)}")
    named = kwargs_tup or [{}] * len(modules)
    return [
        module(*(given if isinstance(given, list | tuple) else (given,)), **kwargs)
        for module, given, kwargs in zip(modules, inputs, named, strict=True)
    ]
