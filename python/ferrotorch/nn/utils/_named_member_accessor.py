"""Tensors of modules exchanged by name, without what assignment to a module's attribute does."""

from __future__ import annotations

from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

__all__ = ["set_tensor", "swap_tensor"]

_MISSING: Any = object()


def swap_tensor(module: Module, name: str, tensor: Tensor | None, allow_missing: bool = False) -> Any:
    """Put a tensor in the place of a module's parameter, buffer or attribute, and return what was there.

    Args:
        module: the module.
        name: of its own tensor, without a dot.
        tensor: a tensor or None; a marker that this function returned for an absent one takes the place away.
        allow_missing: may there be no such tensor yet?

    Raises:
        TypeError: no module, or something else than tensors.
        KeyError: a name with a dot, or an empty one.
        AttributeError: there is no such tensor.
    """
    if not isinstance(module, Module):
        raise TypeError(f"{module} is not an instance of torch.nn.Module")
    if tensor is not _MISSING and tensor is not None and not isinstance(tensor, Tensor):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    if not name or "." in name:
        raise KeyError(f"tensor name can't be empty or contain a dot: {name!r}")
    for table in (module._parameters, module._buffers):
        if name in table:
            return _exchanged(table, name, tensor)
    before = getattr(module, name, _MISSING)
    if before is _MISSING and not allow_missing:
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    if before is not _MISSING and before is not None and not isinstance(before, Tensor):
        raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")
    if tensor is not _MISSING:
        setattr(module, name, tensor)
    elif before is not _MISSING:
        delattr(module, name)
    return before


def _exchanged(table: Any, name: str, tensor: Any) -> Any:
    before = table[name]
    if tensor is _MISSING:
        del table[name]
    else:
        table[name] = tensor
    return before


def set_tensor(module: Module, name: str, tensor: Tensor) -> None:
    """As :func:`swap_tensor`, for a tensor that there may not be yet."""
    swap_tensor(module, name, tensor, allow_missing=True)
