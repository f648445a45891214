"""Checks of arguments that functions written in Python share."""

from __future__ import annotations

from ferrotorch._C import Tensor


def require_tensors(op: str, **arguments: object) -> None:
    """Raise TypeError, as operators do, for an argument that is no tensor."""
    for name, value in arguments.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}(): argument '{name}' must be Tensor, not {type(value).__name__}")


def require_tensors_or_none(op: str, **arguments: object) -> None:
    """:func:`require_tensors` of those arguments that are given."""
    require_tensors(op, **{name: value for name, value in arguments.items() if value is not None})
