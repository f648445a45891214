"""Classes of users as containers: dataclasses, constants, named tuples with a name for files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ferrotorch.utils._pytree_dump import SERIALIZED_TYPE_TO_PYTHON_TYPE, SUPPORTED_SERIALIZED_TYPES, SerializeNodeDef
from ferrotorch.utils._pytree_keys import GetAttrKey
from ferrotorch.utils._pytree_nodes import (
    SUPPORTED_NODES,
    Context,
    _private_register_pytree_node,
    is_namedtuple_class,
    register_pytree_node,
)

CONSTANT_NODES: set[type] = set()


def register_dataclass(
    cls: type[Any],
    *,
    field_names: list[str] | None = None,
    drop_field_names: list[str] | None = None,
    serialized_type_name: str | None = None,
) -> None:
    """Makes instances of a dataclass containers; fields that are None are part of the structure.

    Args:
        cls: the dataclass; any other class must name its fields.
        field_names: the fields, all that ``__init__`` takes by default.
        drop_field_names: fields that are left out, and have their default afterwards.
        serialized_type_name: see `register_pytree_node`.

    Raises:
        ValueError: the fields are not those of the class, or cannot be known.
    """
    names = _field_names(cls, field_names, drop_field_names or [])

    def flatten(obj: Any) -> tuple[list[Any], Context]:
        present = [name for name in names if getattr(obj, name) is not None]
        absent = [name for name in names if getattr(obj, name) is None]
        return [getattr(obj, name) for name in present], [present, absent]

    def unflatten(values: Iterable[Any], context: Context) -> Any:
        present, absent = context
        return cls(**dict(zip(present, values, strict=True)), **dict.fromkeys(absent))

    def flatten_with_keys(obj: Any) -> tuple[list[tuple[Any, Any]], Context]:
        values, context = flatten(obj)
        return [(GetAttrKey(name), value) for name, value in zip(context[0], values, strict=True)], context

    _private_register_pytree_node(
        cls,
        flatten,
        unflatten,
        serialized_type_name=serialized_type_name,
        flatten_with_keys_fn=flatten_with_keys,
    )


def _field_names(cls: type[Any], given: list[str] | None, dropped: list[str]) -> list[str]:
    if not dataclasses.is_dataclass(cls):
        if given is None:
            raise ValueError(
                "field_names must be specified with a list of all fields used to "
                f"initialize {cls}, as it is not a dataclass."
            )
        return [name for name in given if name not in dropped]
    declared = {field.name for field in dataclasses.fields(cls) if field.init}
    names = list(given) if given is not None else [f.name for f in dataclasses.fields(cls) if f.init]
    names = [name for name in names if name not in dropped]
    optional = {
        field.name
        for field in dataclasses.fields(cls)
        if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    }
    missing, unexpected = declared - set(names) - (set(dropped) & optional), set(names) - declared
    if missing or unexpected:
        text = "field_names does not include all dataclass fields.\n"
        text += f"Missing fields in `field_names`: {missing}. " if missing else ""
        text += f"Unexpected fields in `field_names`: {unexpected}. " if unexpected else ""
        raise ValueError(text)
    return names


@dataclasses.dataclass(frozen=True)
class ConstantNode:
    """What a structure has in the place of a constant."""

    value: Any


def register_constant(cls: type[Any]) -> None:
    """Makes instances of a class part of the structure: containers without leaves.

    Raises:
        TypeError: instances cannot be compared or hashed by what they hold.
    """
    for method in ("__eq__", "__hash__"):
        default = object.__eq__ if method == "__eq__" else None
        if getattr(cls, method) is default:
            raise TypeError(f"register_constant(cls) expects `cls` to have a non-default `{method}` implementation.")

    def flatten(obj: Any) -> tuple[list[Any], Context]:
        return [], ConstantNode(obj)

    _private_register_pytree_node(cls, flatten, lambda _, context: context.value, flatten_with_keys_fn=flatten)
    CONSTANT_NODES.add(cls)


def is_constant_class(cls: type[Any]) -> bool:
    """Was the class registered by `register_constant`?"""
    return isinstance(cls, type) and cls in CONSTANT_NODES


def _register_namedtuple(cls: type[Any], *, serialized_type_name: str) -> None:
    """Gives a class of named tuples, which is a container anyway, a name for files."""
    if not is_namedtuple_class(cls):
        raise AssertionError(f"{cls} is not a namedtuple class")
    SUPPORTED_SERIALIZED_TYPES[cls] = SerializeNodeDef(cls, serialized_type_name, None, None)
    SERIALIZED_TYPE_TO_PYTHON_TYPE[serialized_type_name] = cls


def _register_pytree_node(cls: type[Any], flatten_fn: Any, unflatten_fn: Any, **options: Any) -> None:
    """The older name of `register_pytree_node`."""
    register_pytree_node(cls, flatten_fn, unflatten_fn, **options)


def _deregister_pytree_node(cls: type[Any]) -> None:
    """Instances are leaves again."""
    del SUPPORTED_NODES[cls]
    name = SUPPORTED_SERIALIZED_TYPES.pop(cls).serialized_type_name
    SERIALIZED_TYPE_TO_PYTHON_TYPE.pop(name, None)
    CONSTANT_NODES.discard(cls)
