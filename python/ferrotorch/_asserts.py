"""Checks that programs make, in a form that can be traced: ``torch._assert`` and ``torch._check``."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, _interception

__all__ = [
    "_assert",
    "_assert_async",
    "_check",
    "_check_index",
    "_check_is_size",
    "_check_not_implemented",
    "_check_tensor_all",
    "_check_tensor_all_with",
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


def _check_with(error_type: type[BaseException], cond: Any, message: Any = None) -> None:
    """Raise an error of a type unless a condition holds. Its text is ``message``, or what that returns.

    Raises:
        TypeError: the condition is no bool.
    """
    if isinstance(cond, _C.Tensor):
        raise TypeError(
            "cond must be a bool, but got a Tensor. "
            "For tensor conditions, use torch._check_tensor_all() to assert that all elements are true."
        )
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if cond:
        return
    if not issubclass(error_type, Exception) or issubclass(error_type, Warning):
        raise AssertionError(f"error_type must be a subclass of Exception but not Warning, got {error_type}")
    if message is None:
        message = "Expected cond to be True, but got False."
    raise error_type(str(message() if callable(message) else message))


def _check_tensor_all_with(error_type: type[BaseException], cond: Any, message: Any = None) -> None:
    """Raise an error of a type unless every element of a tensor of bools is True.

    Raises:
        TypeError: the condition is no such tensor.
    """
    if not isinstance(cond, _C.Tensor):
        raise TypeError(f"cond must be a tensor, but got {type(cond)}")
    if cond.dtype is not _C.bool:
        raise TypeError(f"cond tensor must have dtype torch.bool, but got {cond.dtype}")
    _check_with(error_type, bool(cond.all()), message)


def _check_tensor_all(cond: Any, message: Any = None) -> None:
    """RuntimeError unless every element of a tensor of bools is True."""
    _check_tensor_all_with(RuntimeError, cond, message)


def _check(cond: Any, message: Any = None) -> None:
    """RuntimeError unless a condition holds."""
    _check_with(RuntimeError, cond, message)


def _check_is_size(i: Any, message: Any = None, *, max: Any = None) -> None:
    """RuntimeError unless a number is a size: not negative, and at most ``max``."""
    _check(i >= 0, message)
    if max is not None:
        _check(i <= max, message)


def _check_index(cond: Any, message: Any = None) -> None:
    """IndexError unless a condition holds."""
    _check_with(IndexError, cond, message)


def _check_value(cond: Any, message: Any = None) -> None:
    """ValueError unless a condition holds."""
    _check_with(ValueError, cond, message)


def _check_type(cond: Any, message: Any = None) -> None:
    """TypeError unless a condition holds."""
    _check_with(TypeError, cond, message)


def _check_not_implemented(cond: Any, message: Any = None) -> None:
    """NotImplementedError unless a condition holds."""
    _check_with(NotImplementedError, cond, message)


_interception.functions(globals(), ["_assert"])
