"""Which pipes a pipe is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .datapipes.datapipe import IterDataPipe, MapDataPipe

__all__ = ["traverse_dps"]


def _pipes_in(value: Any) -> Iterator[Any]:
    """The pipes that a value is or holds, in lists, tuples, sets and dictionaries."""
    if isinstance(value, (IterDataPipe, MapDataPipe)):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _pipes_in(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _pipes_in(item)


def traverse_dps(datapipe: Any) -> dict[int, Any]:
    """The graph of a pipe: ``{id(pipe): (pipe, graph of those that it is made of)}``, found in its attributes.

    Raises:
        RuntimeError: it is no pipe.
    """
    if not isinstance(datapipe, (IterDataPipe, MapDataPipe)):
        raise RuntimeError(f"Expected `IterDataPipe` or `MapDataPipe`, but {type(datapipe)} is found")
    return _graph(datapipe, set())


def _graph(datapipe: Any, above: set[int]) -> dict[int, Any]:
    below: dict[int, Any] = {}
    inside = above | {id(datapipe)}
    for pipe in _pipes_in(vars(datapipe)):
        if id(pipe) not in inside:
            below.update(_graph(pipe, inside))
    return {id(datapipe): (datapipe, below)}
