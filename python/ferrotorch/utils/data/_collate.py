"""Putting samples together into batches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import ferrotorch
from ferrotorch import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

CollateMap = dict[type | tuple[type, ...], Callable[..., Any]]


def _is_numpy(value: Any, name: str) -> bool:
    """Whether the value is a NumPy ``ndarray`` or ``generic``; NumPy is not imported for the question."""
    return any(base.__module__ == "numpy" and base.__name__ == name for base in type(value).__mro__)


def _check_numpy_dtype(value: Any) -> None:
    if value.dtype.kind in "SUOV":
        raise TypeError(
            "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
            f"found numpy dtype {value.dtype}"
        )


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def default_convert(data: Any) -> Any:
    """Convert NumPy arrays and scalars to tensors, inside of mappings and sequences too; all else stays."""
    if isinstance(data, Tensor):
        return data
    if _is_numpy(data, "ndarray") or _is_numpy(data, "generic"):
        return data if data.dtype.kind in "SUOV" else ferrotorch.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuild_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if _is_namedtuple(data):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _rebuild_sequence(data, [default_convert(value) for value in data])
    return data


def _rebuild_mapping(like: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """The values in a mapping of the same type, or in a dict if that type is not made from one."""
    try:
        if isinstance(like, MutableMapping):
            clone = copy.copy(like)
            clone.update(values)
            return clone
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _rebuild_sequence(like: Sequence[Any], values: list[Any]) -> Any:
    """The values in a sequence of the same type, or in a list if that type is not made from one."""
    try:
        if isinstance(like, MutableSequence):
            clone = copy.copy(like)
            for index, value in enumerate(values):
                clone[index] = value
            return clone
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Put samples together by functions that are chosen by the type of the first.

    Args:
        batch: list of samples of one structure.
        collate_fn_map: from type, or tuple of types, to a function ``f(batch, *, collate_fn_map)``. The exact type is
            looked up first, then the first entry of which it is a subclass. Mappings and sequences for which there is
            no entry are put together member by member.

    Raises:
        TypeError: no function is known for the type.
        RuntimeError: sequences of unequal length.
    """
    elem = batch[0]
    if collate_fn_map is not None:
        function = collate_fn_map.get(type(elem))
        if function is not None:
            return function(batch, collate_fn_map=collate_fn_map)
        for kind, candidate in collate_fn_map.items():
            if isinstance(elem, kind):
                return candidate(batch, collate_fn_map=collate_fn_map)
    if _is_numpy(elem, "ndarray"):
        _check_numpy_dtype(elem)
        return collate([ferrotorch.as_tensor(value) for value in batch], collate_fn_map=collate_fn_map)
    if _is_numpy(elem, "generic"):
        _check_numpy_dtype(elem)
        return ferrotorch.as_tensor(batch)
    if isinstance(elem, Mapping):
        members = {key: collate([d[key] for d in batch], collate_fn_map=collate_fn_map) for key in elem}
        return _rebuild_mapping(elem, members)
    if isinstance(elem, Sequence):
        return _collate_sequences(batch, collate_fn_map)
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(elem)}"
    )


def _collate_sequences(batch: list[Any], collate_fn_map: CollateMap | None) -> Any:
    elem = batch[0]
    if any(len(sample) != len(elem) for sample in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    members = [collate(samples, collate_fn_map=collate_fn_map) for samples in zip(*batch, strict=True)]
    if _is_namedtuple(elem):
        return type(elem)(*members)
    return members if isinstance(elem, tuple) else _rebuild_sequence(elem, members)


def _stack(batch: list[Tensor], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return ferrotorch.stack(batch, 0)


def _floats(batch: list[float], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return ferrotorch.tensor(batch, dtype=ferrotorch.float64)


def _integers(batch: list[int], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return ferrotorch.tensor(batch)


def _texts(batch: list[Any], *, collate_fn_map: CollateMap | None = None) -> list[Any]:
    return batch


default_collate_fn_map: CollateMap = {Tensor: _stack, float: _floats, int: _integers, str: _texts, bytes: _texts}


def default_collate(batch: Any) -> Any:
    """Put samples together: tensors and NumPy arrays are stacked, numbers become a tensor, texts stay as they are.

    Mappings and sequences are put together member by member; tuples become lists of what is at each place. See
    `collate` for the errors.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
