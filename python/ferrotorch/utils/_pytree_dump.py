"""Structures of trees as JSON: how the context of a kind of container is written, and which name the kind has."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

NO_SERIALIZED_TYPE_NAME_FOUND = "NO_SERIALIZED_TYPE_NAME_FOUND"


class SerializeNodeDef(NamedTuple):
    """How a kind of container is written."""

    typ: Any
    serialized_type_name: str
    to_dumpable_context: Callable[[Any], Any] | None
    from_dumpable_context: Callable[[Any], Any] | None


SUPPORTED_SERIALIZED_TYPES: dict[Any, SerializeNodeDef] = {}
SERIALIZED_TYPE_TO_PYTHON_TYPE: dict[str, Any] = {}


def register_serialized(
    cls: Any, name: str | None, to_dumpable: Callable[[Any], Any] | None, from_dumpable: Callable[[Any], Any] | None
) -> None:
    """Notes how a kind of container is written; without a name it cannot be."""
    name = name or NO_SERIALIZED_TYPE_NAME_FOUND
    SUPPORTED_SERIALIZED_TYPES[cls] = SerializeNodeDef(cls, name, to_dumpable, from_dumpable)
    SERIALIZED_TYPE_TO_PYTHON_TYPE[name] = cls


def namedtuple_to_dumpable(context: Any) -> Any:
    """The name that a class of named tuples was registered under."""
    node = SUPPORTED_SERIALIZED_TYPES.get(context)
    if node is None or node.serialized_type_name == NO_SERIALIZED_TYPE_NAME_FOUND:
        raise NotImplementedError(
            f"Can't serialize TreeSpec of namedtuple class {context} because we didn't register a "
            "serialized_type_name. Please register using `_register_namedtuple`."
        )
    return node.serialized_type_name


def namedtuple_from_dumpable(dumped: Any) -> Any:
    """The class of named tuples that was registered under a name."""
    if dumped not in SERIALIZED_TYPE_TO_PYTHON_TYPE:
        raise NotImplementedError(
            f"Can't deserialize TreeSpec of namedtuple class {dumped} because we couldn't find a serialized name."
        )
    return SERIALIZED_TYPE_TO_PYTHON_TYPE[dumped]


class EnumEncoder(json.JSONEncoder):
    """Writes members of enumerations by class and name."""

    def default(self, o: Any) -> Any:
        """What JSON shall hold for an object that it does not know."""
        if not isinstance(o, Enum):
            return super().default(o)
        return {"__enum__": True, "fqn": f"{type(o).__module__}:{type(o).__qualname__}", "name": o.name}


def enum_object_hook(obj: dict[str, Any]) -> Any:
    """The way back from what `EnumEncoder` writes."""
    if "__enum__" not in obj:
        return obj
    module, _, path = obj["fqn"].partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found[obj["name"]]


def to_json(spec: Any) -> dict[str, Any]:
    """The structure of a tree as JSON holds it.

    Raises:
        NotImplementedError: a kind of container has no name for files.
        TypeError: its context cannot be written as JSON.
    """
    if spec.is_leaf():
        return {"type": None, "context": None, "children_spec": []}
    if spec.type not in SUPPORTED_SERIALIZED_TYPES:
        raise NotImplementedError(f"Serializing {spec.type} in pytree is not registered.")
    node = SUPPORTED_SERIALIZED_TYPES[spec.type]
    if node.serialized_type_name == NO_SERIALIZED_TYPE_NAME_FOUND:
        raise NotImplementedError(
            f"No registered serialization name for {spec.type} found. "
            "Please update your _register_pytree_node call with a `serialized_type_name` kwarg."
        )
    return {
        "type": node.serialized_type_name,
        "context": _dumped(node, spec.context),
        "children_spec": [to_json(child) for child in spec.children()],
    }


def _dumped(node: SerializeNodeDef, context: Any) -> Any:
    if node.to_dumpable_context is not None:
        return node.to_dumpable_context(context)
    try:
        return json.dumps(context, cls=EnumEncoder)
    except TypeError as error:
        raise TypeError(
            "Unable to serialize context. Please make the context json dump-able, or register a custom serializer "
            "using _register_pytree_node."
        ) from error


def from_json(schema: dict[str, Any], leaf: Any, make: Callable[[Any, Any, list[Any]], Any]) -> Any:
    """The structure that JSON holds: ``leaf``, or ``make(type, context, children)``.

    Raises:
        NotImplementedError: a name that nothing is registered under.
    """
    name = schema["type"]
    if name is None and schema["context"] is None and not schema["children_spec"]:
        return leaf
    if name not in SERIALIZED_TYPE_TO_PYTHON_TYPE:
        raise NotImplementedError(
            f"Deserializing {name} in pytree failed because the serialized type is not registered in this process. "
            "Import the package that registers it, or register it with `register_pytree_node(..., "
            f"serialized_type_name={name!r})`."
        )
    cls = SERIALIZED_TYPE_TO_PYTHON_TYPE[name]
    read = SUPPORTED_SERIALIZED_TYPES[cls].from_dumpable_context
    dumped = schema["context"]
    context = json.loads(dumped, object_hook=enum_object_hook) if read is None else read(dumped)
    return make(cls, context, [from_json(child, leaf, make) for child in schema["children_spec"]])
