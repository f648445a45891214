"""Checks that programs make, in a form that can be traced: ``torch._assert`` and ``torch._check``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _interception

__all__ = [
    "_assert",
    "_assert_async",
    "_check",
    "_check_index",
    "_check_is_size",
    "_check_not_implemented",
    "_check_type",
    "_check_value",
    "_check_with",
]


def _assert(condition: Any, message: Any) -> None:
    """As ``assert``, and a node where a program is traced.

    Raises:
        AssertionError: the condition does not hold.
    """
    if not condition:
        raise AssertionError(message)


def _assert_async(input: Any, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    """Raise where a tensor of one element is zero. A GPU's is read for it; one without values passes.

    Raises:
        RuntimeError: zero, or another number of elements.
    """
    if input.numel() != 1:
        raise RuntimeError(f"Boolean value of Tensor with {input.numel()} values is ambiguous")
    if not input.is_meta and not bool(input):
        raise RuntimeError(assert_msg)


def _check_with(error_type: type[Exception], cond: Any, message: Callable[[], Any] | None = None) -> None:
    """Raise an error of a type, with the text that ``message()`` makes, unless a condition holds."""
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if cond:
        return
    if message is not None and not callable(message):
        raise TypeError("message must be a callable")
    text = "Expected cond to be True, but got False." if message is None else str(message())
    raise error_type(text)


def _check(cond: Any, message: Callable[[], Any] | None = None) -> None:
    """RuntimeError unless a condition holds."""
    _check_with(RuntimeError, cond, message)


def _check_is_size(i: Any, message: Callable[[], Any] | None = None, *, max: Any = None) -> None:
    """RuntimeError unless a number is a size: not negative, and at most ``max``."""
    _check(i >= 0, message)
    if max is not None:
        _check(i <= max, message)


def _check_index(cond: Any, message: Callable[[], Any] | None = None) -> None:
    """IndexError unless a condition holds."""
    _check_with(IndexError, cond, message)


def _check_value(cond: Any, message: Callable[[], Any] | None = None) -> None:
    """ValueError unless a condition holds."""
    _check_with(ValueError, cond, message)


def _check_type(cond: Any, message: Callable[[], Any] | None = None) -> None:
    """TypeError unless a condition holds."""
    _check_with(TypeError, cond, message)


def _check_not_implemented(cond: Any, message: Callable[[], Any] | None = None) -> None:
    """NotImplementedError unless a condition holds."""
    _check_with(NotImplementedError, cond, message)


_interception.functions(globals(), ["_assert"])
