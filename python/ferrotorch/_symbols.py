"""Numbers that PyTorch's compiler does not know yet: there are none here, sizes are ordinary numbers.

The functions of such numbers are those of ordinary ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = [
    "SymBool", "SymFloat", "SymInt", "sym_float", "sym_fresh_size", "sym_int", "sym_ite", "sym_max", "sym_min",
    "sym_not", "sym_sqrt", "sym_sum",
]  # fmt: skip


class _Symbol:
    """The base of the three. There are no such numbers: ``isinstance`` is False."""

    def __init__(self, node: object) -> None:
        raise RuntimeError(f"{type(self).__name__}: sizes are ordinary numbers here, nothing is compiled")


class SymInt(_Symbol):
    """A whole number that is not known yet."""


class SymFloat(_Symbol):
    """A number that is not known yet."""


class SymBool(_Symbol):
    """A truth value that is not known yet."""


def sym_int(a: Any) -> int:
    """The whole number toward zero."""
    return int(a)


def sym_float(a: Any) -> float:
    """As a float."""
    return float(a)


def sym_max(a: Any, b: Any) -> Any:
    """The larger number; a float where either is."""
    return _of_either(max(a, b), a, b)


def sym_min(a: Any, b: Any) -> Any:
    """The smaller number; a float where either is."""
    return _of_either(min(a, b), a, b)


def _of_either(value: Any, a: Any, b: Any) -> Any:
    return float(value) if isinstance(a, float) or isinstance(b, float) else value


def sym_not(a: bool) -> bool:
    """``not a``."""
    return not a


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """``t if b else f``, of one type.

    Raises:
        TypeError: a condition that is no bool, or choices of two types.
    """
    if not isinstance(b, bool) or type(t) is not type(f):
        raise TypeError(f"sym_ite(): expected a bool and two values of one type, got {type(b)}, {type(t)}, {type(f)}")
    return t if b else f


def sym_sum(args: Sequence[Any]) -> Any:
    """The sum of numbers."""
    return sum(args)


def sym_sqrt(a: Any) -> float:
    """The square root."""
    return math.sqrt(a)


def sym_fresh_size(expr: Any) -> Any:
    """A new size: the number itself."""
    return expr
