"""Attributes that are views, as dispatch modes are asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["answer"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def reversed_dims(ask: Ask, self: Tensor) -> Any:
    """All dimensions in the opposite order."""
    return ask(aten.permute.default, self, list(range(self.dim()))[::-1])


def turned(ask: Ask, self: Tensor) -> Any:
    """The last two dimensions exchanged."""
    return ask(aten.transpose.int, self, -2, -1) if self.dim() > 1 else NotImplemented


def adjoint(ask: Ask, self: Tensor) -> Any:
    """The last two dimensions exchanged, and conjugated."""
    result = turned(ask, self)
    return ask(aten._conj.default, result) if result is not NotImplemented and self.is_complex() else result


def _part(place: int) -> Rule:
    """The rule for a part of complex numbers."""

    def rule(ask: Ask, self: Tensor) -> Any:
        if not self.is_complex() or self.is_conj():
            return NotImplemented
        return ask(aten.select.int, ask(aten.view_as_real.default, self), self.dim(), place)

    return rule


def data(ask: Ask, self: Tensor) -> Any:
    """A view without a history."""
    return ask(aten.detach.default, self)


_RULES: dict[str, Rule] = {
    "H": lambda ask, self: adjoint(ask, self) if self.dim() == 2 else NotImplemented,
    "T": reversed_dims,
    "data": data,
    "imag": _part(1),
    "mH": adjoint,
    "mT": turned,
    "real": _part(0),
}


def answer(name: str, tensor: Tensor) -> Any:
    """What a dispatch mode makes of an attribute; ``NotImplemented`` where it is not asked."""
    from ferrotorch.utils import _python_dispatch

    rule = _RULES.get(name)
    return NotImplemented if rule is None else _python_dispatch.asked_by_rule(rule, tensor)
