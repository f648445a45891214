"""Branches and loops as functions: here the Python that they stand for runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._C import Tensor


def _decision(name: str, value: Any) -> bool:
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise RuntimeError(f"Expected {name} to be bool or single-element tensor, but got {value}.")
        return bool(value)
    if not isinstance(value, (bool, int, float)):
        raise RuntimeError(f"Expected {name} to be bool or single-element tensor, but got {value}.")
    return bool(value)


def cond(pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()) -> Any:
    """``true_fn(*operands)`` if ``pred`` is true, else ``false_fn(*operands)``.

    Args:
        pred: a truth value, or a tensor with one element.
        true_fn, false_fn: functions of the operands.
        operands: a tuple or list of tensors.

    Raises:
        RuntimeError: another predicate, functions that cannot be called, operands that are no tuple or list.
    """
    if not callable(true_fn) or not callable(false_fn):
        raise RuntimeError("Expect both branches to be callable.")
    if not isinstance(operands, (tuple, list)):
        raise RuntimeError(f"Expect operands to be a tuple of possibly nested tensors, but got {operands}.")
    return (true_fn if _decision("pred", pred) else false_fn)(*operands)


def while_loop(cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: Any) -> Any:
    """``body_fn(*values)`` again and again, beginning with ``carried_inputs``, while ``cond_fn(*values)`` is true.

    Args:
        cond_fn: gives a truth value, or a tensor with one element.
        body_fn: gives the values of the next round, as many as it takes.
        carried_inputs: a tuple or list of tensors and numbers.

    Returns:
        The last values, a tuple.

    Raises:
        RuntimeError: another result of ``cond_fn``; values of ``body_fn`` that are no tuple of the right length.
    """
    if not callable(cond_fn) or not callable(body_fn):
        raise RuntimeError("Expect cond_fn and body_fn to be callable.")
    if not isinstance(carried_inputs, (tuple, list)):
        raise RuntimeError(f"Expect carried_inputs to be a tuple of possibly nested tensors, but got {carried_inputs}.")
    values = tuple(carried_inputs)
    while _decision("cond_fn to return", cond_fn(*values)):
        given = body_fn(*values)
        if not isinstance(given, (tuple, list)) or len(given) != len(values):
            raise RuntimeError(f"body_fn should return {len(values)} values in a tuple, but got {given}")
        values = tuple(given)
    return values
