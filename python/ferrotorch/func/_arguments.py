"""Which arguments of a function a transform differentiates by."""

from __future__ import annotations

from typing import Any

Argnums = int | tuple[int, ...]


def _position(argnum: Any, count: int) -> int:
    if not isinstance(argnum, int):
        raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
    if not -count <= argnum < count:
        raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
    return argnum % count


def _positions(argnums: Any, count: int) -> list[int]:
    if isinstance(argnums, int):
        return [_position(argnums, count)]
    if not isinstance(argnums, tuple):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if not argnums:
        raise RuntimeError("argnums must be non-empty")
    if len(set(argnums)) != len(argnums):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return [_position(argnum, count) for argnum in argnums]


def chosen(args: tuple[Any, ...], argnums: Argnums) -> Any:
    """The arguments that are meant: one, or a tuple of them.

    Raises:
        RuntimeError: something that is no position, or one that there is not.
    """
    picked = [args[i] for i in _positions(argnums, len(args))]
    return picked[0] if isinstance(argnums, int) else tuple(picked)


def replaced(args: tuple[Any, ...], values: Any, argnums: Argnums) -> tuple[Any, ...]:
    """The arguments with others in the place of those that are meant."""
    result = list(args)
    items = (values,) if isinstance(argnums, int) else values
    for i, value in zip(_positions(argnums, len(args)), items, strict=True):
        result[i] = value
    return tuple(result)
