"""Layers that compute by a function of ``nn.functional``, whichever has its name there when they are called."""

from __future__ import annotations

from typing import Any

from ferrotorch.nn import functional as F

__all__ = ["of_functional"]


class _Named:
    """An attribute of a class that is looked up in ``nn.functional`` at each use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return getattr(F, self._name)


def of_functional(name: str) -> Any:
    """The function of ``nn.functional`` of a name, as an attribute of layers.

    Programs that count or change what layers compute put functions of their own in its place, and see the calls of
    layers by that.
    """
    return _Named(name)
