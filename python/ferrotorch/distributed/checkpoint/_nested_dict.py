"""Nested dicts and lists as one dict, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ferrotorch.distributed.checkpoint._traverse import OBJ_PATH, _texts, leaves, set_element

__all__ = ["FLATTEN_MAPPING", "flatten_state_dict", "unflatten_state_dict"]

FLATTEN_MAPPING = dict[str, OBJ_PATH]


def flatten_state_dict(
    state_dict: Mapping[Any, Any], *, dicts_always: bool = True
) -> tuple[dict[str, Any], FLATTEN_MAPPING]:
    """The leaves of nested dicts and lists by names, the keys on the way to them joined by points.

    Args:
        state_dict: The nested ones.
        dicts_always: False: as PyTorch did before 2.4, which kept dicts and lists without tensors in them as they were.

    Returns:
        The leaves, and the keys, both by names. Keys of dicts become texts.

    Raises:
        ValueError: two leaves of the same name.
    """
    flat: dict[str, Any] = {}
    places: FLATTEN_MAPPING = {}
    for path, value in leaves(state_dict, dicts_always=dicts_always):
        name = ".".join(map(str, path))
        if name in flat:
            raise ValueError(f"duplicated flatten key {name}")
        flat[name], places[name] = value, _texts(state_dict, path)
    return flat, places


def real_places(state_dict: Mapping[Any, Any], *, dicts_always: bool = True) -> dict[str, tuple[Any, ...]]:
    """The keys of leaves by names, as they are in the dicts: numbers, where they are numbers."""
    return {".".join(map(str, path)): path for path, _ in leaves(state_dict, dicts_always=dicts_always)}


def unflatten_state_dict(state_dict: Mapping[str, Any], mapping: FLATTEN_MAPPING) -> dict[str, Any]:
    """What :func:`flatten_state_dict` was given, of what it returned."""
    nested: dict[str, Any] = {}
    for name, value in state_dict.items():
        set_element(nested, mapping[name], value)
    return nested
