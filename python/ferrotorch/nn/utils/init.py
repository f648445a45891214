"""Modules without their first values."""

from __future__ import annotations

import inspect
from typing import Any

from ferrotorch.nn.modules.module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """Build a module whose parameters and buffers have undefined values, without computing first ones.

    Args:
        module_cls: The class, whose constructor takes a ``device``.
        *args: What it is called with.
        **kwargs: The same by name; ``device`` is where the parameters are to be, by default the host.

    Raises:
        RuntimeError: It is no class of modules, or takes no ``device``.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    device = kwargs.pop("device", "cpu")
    return module_cls(*args, device="meta", **kwargs).to_empty(device=device)
