"""Forward mode through custom functions: what ``jvp`` is given, and what it may return."""

from __future__ import annotations

from typing import Any, NamedTuple

from ferrotorch import _C

Tensor = _C.Tensor


class Relations(NamedTuple):
    """Which outputs of ``forward``, by position, are inputs written to, or views of inputs; and of which, by index."""

    outputs: int
    in_place: dict[int, int]
    views: dict[int, int]


def relations(items: list[Any], args: tuple[Any, ...], dirty: tuple[Tensor, ...]) -> Relations:
    """How outputs and inputs hang together."""
    in_place: dict[int, int] = {}
    views: dict[int, int] = {}
    for position, item in enumerate(items):
        if not isinstance(item, Tensor):
            continue
        is_dirty = any(item is d for d in dirty)
        for index, arg in enumerate(args):
            if is_dirty and arg is item:
                in_place[position] = index
            elif not is_dirty and _shows(item, arg):
                views[position] = index
    return Relations(len(items), in_place, views)


def _shows(view: Tensor, arg: Any) -> bool:
    """Is it a view of the argument, or of what the argument is a view of?"""
    if not isinstance(arg, Tensor) or view._base is None:
        return False
    return view._base is arg or (arg._base is not None and view._base is arg._base)


def tangents_of(
    function: Any, ctx: Any, args: tuple[Any, ...], positions: list[int], related: Relations, tangents: tuple[Any, ...]
) -> list[Any]:
    """Call ``jvp`` and pick the tangents of the outputs that have any.

    Args:
        positions: places of the outputs that can have a tangent.
        tangents: those of the tensors among the arguments.

    Raises:
        RuntimeError: ``jvp`` returns another number of tangents than ``forward`` has outputs; one for an output that is
            not differentiable; a new one where ``forward`` wrote to an input or returned a view of one.
    """
    of_tensors = iter(tangents)
    given = [next(of_tensors) if isinstance(arg, Tensor) else None for arg in args]
    full = [_materialized(ctx, arg, tangent) for arg, tangent in zip(args, given, strict=True)]
    for index in related.in_place.values():
        # What `jvp` writes to is nobody else's.
        tangent = full[index]
        full[index] = None if tangent is None else tangent.clone()
    answer = function.jvp(ctx, *full)
    results = list(answer) if isinstance(answer, tuple) else [answer]
    if len(results) != related.outputs:
        raise RuntimeError(
            "A custom Function's jvp is expected to return one tangent for each output of forward: "
            f"{function.__name__}.jvp returned {len(results)}, expected {related.outputs}"
        )
    _check(function.__name__, results, positions, related, full, given)
    return [results[position] for position in positions]


def _materialized(ctx: Any, arg: Any, tangent: Tensor | None) -> Tensor | None:
    """The tangent of an argument; zeros where it has none, unless the function wants to know of that."""
    if not isinstance(arg, Tensor) or tangent is not None or not ctx._materialize:
        return tangent
    return _C.zeros_like(arg) if arg.is_floating_point() or arg.is_complex() else None


def _check(
    name: str, results: list[Any], positions: list[int], related: Relations, full: list[Any], given: list[Any]
) -> None:
    for position, result in enumerate(results):
        if position not in positions:
            if result is not None:
                raise RuntimeError(
                    f"{name}.jvp returned a tangent for output {position}, which is not differentiable. "
                    "You should return None at that position instead."
                )
        elif position in related.in_place and not _is_written(result, full[related.in_place[position]]):
            raise RuntimeError(
                "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is "
                "modifying an input inplace, then the jvp function must modify the corresponding gradient inplace."
            )
        elif position in related.views and given[related.views[position]] is not None:
            _check_view(result, given[related.views[position]])


def _is_written(result: Any, tangent: Tensor | None) -> bool:
    """Is it the tangent that was given, which nobody had written to?"""
    return result is tangent and (tangent is None or tangent._version > 0)


def _check_view(result: Any, tangent: Tensor) -> None:
    if not isinstance(result, Tensor) or result._base is None:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
        )
    base, what = (tangent, "the given") if tangent._base is None else (tangent._base, "the same base as the given")
    if result._base is not base:
        raise RuntimeError(
            f"A custom Function is returning a view but the jvp is not returning a view of {what} grad input."
        )
