"""Attributes that are views: while a dispatch mode is on, the class ``Tensor`` has properties that ask it for them.

Attributes of the extension are not asked about. The properties stand in their place as long as some thread is in a
mode; threads that are in none go on to what stood there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["enter", "leave"]

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
_lock = threading.Lock()
_modes = 0
_before: dict[str, Any] = {}


def enter() -> None:
    """A mode is on from now on."""
    global _modes
    with _lock:
        _modes += 1
        if _modes == 1:
            for name, rule in _RULES.items():
                _before[name] = vars(Tensor)[name]
                setattr(Tensor, name, _asking(rule, _before[name]))


def leave() -> None:
    """A mode is off."""
    global _modes
    with _lock:
        _modes -= 1
        if _modes == 0:
            for name, attribute in _before.items():
                setattr(Tensor, name, attribute)


def _asking(rule: Rule, attribute: Any) -> Any:
    """A property in the place of an attribute."""
    from ferrotorch.overrides import has_torch_function_unary
    from ferrotorch.utils import _python_dispatch

    def get(self: Tensor) -> Any:
        # What a class overrides it is asked for by the attribute itself.
        result = NotImplemented if has_torch_function_unary(self) else _python_dispatch.asked_by_rule(rule, self)
        return attribute.__get__(self) if result is NotImplemented else result

    def put(self: Tensor, value: Any) -> None:
        attribute.__set__(self, value)

    return property(get, put, doc=attribute.__doc__)
