"""Which arguments of a function are meant."""

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
    """Which arguments are meant, counted from the first."""
    if isinstance(argnums, int):
        return [_position(argnums, count)]
    if not isinstance(argnums, tuple):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if not argnums:
        raise RuntimeError("argnums must be non-empty")
    positions = [_position(argnum, count) for argnum in argnums]
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return positions


def slice_argnums(args: tuple[Any, ...], argnums: Argnums) -> tuple[Any, ...]:
    """Some of the arguments."""
    return tuple(args[i] for i in _positions(argnums, len(args)))


def replace_argnums(args: tuple[Any, ...], new: tuple[Any, ...], argnums: Argnums) -> tuple[Any, ...]:
    """The arguments, some of them replaced."""
    result = list(args)
    for i, value in zip(_positions(argnums, len(args)), new, strict=True):
        result[i] = value
    return tuple(result)
