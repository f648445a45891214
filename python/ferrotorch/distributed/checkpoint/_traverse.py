"""The leaves of nested dicts and lists, and their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import ferrotorch as torch

__all__ = ["OBJ_PATH", "get_element", "leaves", "set_element", "traverse_state_dict"]

OBJ_PATH = tuple[str | int, ...]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def leaves(
    tree: Any, parts: Callable[[Any], bool] = _is_tensor, dicts_always: bool = True
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The leaves below a dict, with the keys that lead to them.

    Dicts have leaves; a list has them if there is a dict or a tensor somewhere in it, and is one otherwise.

    Args:
        tree: The dict.
        parts: What lists are opened for.
        dicts_always: False: dicts are opened for the same reasons as lists, as PyTorch did before 2.4.
    """
    for key, value in tree.items():
        yield from _below((key,), value, parts, dicts_always)


def _below(path: tuple[Any, ...], value: Any, parts: Callable[[Any], bool], dicts_always: bool) -> Any:
    is_dict = isinstance(value, Mapping)
    if not (is_dict and dicts_always) and _is_leaf(value, parts, dicts_always):
        yield path, value
        return
    for key, each in value.items() if is_dict else enumerate(value):
        yield from _below((*path, key), each, parts, dicts_always)


def _is_leaf(value: Any, parts: Callable[[Any], bool], dicts_always: bool) -> bool:
    if isinstance(value, Mapping):
        if dicts_always:
            return False
        value = list(value.values())
    if not isinstance(value, list):
        return True
    return not any(
        parts(each) or (isinstance(each, Mapping | list) and not _is_leaf(each, parts, dicts_always)) for each in value
    )


def traverse_state_dict(
    state_dict: Mapping[Any, Any],
    visitor: Callable[[OBJ_PATH, Any], None],
    keep_traversing: Callable[[Any], bool] = _is_tensor,
) -> None:
    """Call ``visitor(path, value)`` for the leaves of nested dicts and lists; keys of dicts are texts in paths.

    Args:
        state_dict: The dict.
        visitor: What is called.
        keep_traversing: What lists are opened for, besides dicts.
    """
    for path, value in leaves(state_dict, keep_traversing):
        visitor(_texts(state_dict, path), value)


def _texts(tree: Any, path: tuple[Any, ...]) -> OBJ_PATH:
    found: list[str | int] = []
    for key in path:
        found.append(str(key) if isinstance(tree, Mapping) else key)
        tree = tree[key]
    return tuple(found)


def set_element(root_dict: Any, path: OBJ_PATH, value: Any) -> None:
    """Put a value at a place in nested dicts and lists, which are made, and made longer, as it needs them."""
    place = root_dict
    for key, following in pairwise(path):
        place = _opened(place, key, [] if isinstance(following, int) else {})
    if isinstance(path[-1], int) and isinstance(place, list):
        place += [None] * (path[-1] + 1 - len(place))
    place[path[-1]] = value


def _opened(place: Any, key: Any, fresh: Any) -> Any:
    """What is at a key; ``fresh`` if nothing is."""
    if isinstance(place, Mapping):
        return place.setdefault(key, fresh)  # type: ignore[attr-defined]
    place += [None] * (key + 1 - len(place))
    if place[key] is None:
        place[key] = fresh
    return place[key]


def get_element(root_dict: Any, path: OBJ_PATH, default_value: Any = None) -> Any:
    """What is at a place in nested dicts and lists; ``default_value`` if nothing is."""
    place = root_dict
    for key in path:
        if isinstance(key, int):
            if not isinstance(place, list) or len(place) <= key:
                return default_value
        elif not isinstance(place, Mapping) or key not in place:
            return default_value
        place = place[key]
    return place
