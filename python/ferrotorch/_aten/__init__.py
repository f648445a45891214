"""Ops of ``aten`` that no function of the package is: what PyTorch's layers and derivatives are made of, by its names.

Each is composed of functions of the package, with the parameters of PyTorch's schema. ``torch.ops.aten`` finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["find"]


@cache
def _tables() -> dict[str, Callable[..., Any]]:
    from ferrotorch._aten import decompositions, derivatives, kernels, layers, variants

    return {**variants.TABLE, **kernels.TABLE, **layers.TABLE, **decompositions.TABLE, **derivatives.TABLE}


def __getattr__(name: str) -> Any:
    """An op that the package takes from here."""
    is_module = name in (
        "decompositions", "derivatives", "kernels", "layers", "lowering", "saved", "schemas", "variants",
    )  # fmt: skip
    found = None if is_module or name.startswith("__") else find(name)
    if found is not None:
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def find(name: str) -> Callable[..., Any] | None:
    """What an op's name stands for, or None."""
    return _tables().get(name)
