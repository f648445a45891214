"""Kinds of containers: how each is taken apart and put together."""

from __future__ import annotations

import collections
import importlib
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ferrotorch.utils._pytree_dump import namedtuple_from_dumpable, namedtuple_to_dumpable, register_serialized
from ferrotorch.utils._pytree_keys import GetAttrKey, MappingKey, SequenceKey

Context = Any
FlattenFn = Callable[[Any], tuple[list[Any], Context]]
UnflattenFn = Callable[[Iterable[Any], Context], Any]
FlattenWithKeysFn = Callable[[Any], tuple[list[tuple[Any, Any]], Context]]
DumpableContext = Any
ToDumpableContextFn = Callable[[Context], DumpableContext]
FromDumpableContextFn = Callable[[DumpableContext], Context]


class NodeDef(NamedTuple):
    """How a kind of container is taken apart and put together."""

    type: Any
    flatten_fn: FlattenFn
    unflatten_fn: UnflattenFn
    flatten_with_keys_fn: FlattenWithKeysFn | None


SUPPORTED_NODES: dict[Any, NodeDef] = {}


def is_namedtuple_class(cls: type) -> bool:
    """Is it a class of named tuples?"""
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(getattr(cls, "_fields", None), tuple)
        and all(type(field) is str for field in cls._fields)  # type: ignore[attr-defined]
        and callable(getattr(cls, "_make", None))
        and callable(getattr(cls, "_asdict", None))
    )


def is_namedtuple_instance(obj: object) -> bool:
    """Is it a named tuple?"""
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: object) -> bool:
    """Is it a named tuple, or a class of them?"""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: type) -> bool:
    """Is it a class like those of what ops with several results return (``torch.return_types.max``)?"""
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(getattr(cls, "n_fields", None), int)
        and isinstance(getattr(cls, "n_sequence_fields", None), int)
    )


def is_structseq_instance(obj: object) -> bool:
    """Is it an instance of such a class?"""
    return is_structseq_class(type(obj))


def is_structseq(obj: object) -> bool:
    """Is it such a class, or an instance of one?"""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


def register_pytree_node(
    cls: type[Any],
    flatten_fn: FlattenFn,
    unflatten_fn: UnflattenFn,
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: ToDumpableContextFn | None = None,
    from_dumpable_context: FromDumpableContextFn | None = None,
    flatten_with_keys_fn: FlattenWithKeysFn | None = None,
) -> None:
    """Makes instances of a class containers.

    Args:
        cls: the class, not its subclasses.
        flatten_fn: takes an instance; returns its children and whatever else the class needs to be put together.
        unflatten_fn: takes children and that context; returns an instance.
        serialized_type_name: the class's name in structures that are written by `treespec_dumps`.
        to_dumpable_context: makes of the context what JSON can hold; the context itself otherwise, as JSON.
        from_dumpable_context: the way back.
        flatten_with_keys_fn: as ``flatten_fn``, with pairs of key and child.

    Raises:
        ValueError: for a class that is registered already.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _private_register_pytree_node(
        cls,
        flatten_fn,
        unflatten_fn,
        serialized_type_name=serialized_type_name,
        to_dumpable_context=to_dumpable_context,
        from_dumpable_context=from_dumpable_context,
        flatten_with_keys_fn=flatten_with_keys_fn,
    )


def _private_register_pytree_node(
    cls: Any,
    flatten_fn: FlattenFn,
    unflatten_fn: UnflattenFn,
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: ToDumpableContextFn | None = None,
    from_dumpable_context: FromDumpableContextFn | None = None,
    flatten_with_keys_fn: FlattenWithKeysFn | None = None,
) -> None:
    """As `register_pytree_node`, for classes that may be registered already."""
    if (to_dumpable_context is None) != (from_dumpable_context is None):
        raise ValueError(f"Both to_dumpable_context and from_dumpable_context for {cls} must be None or registered.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)
    register_serialized(cls, serialized_type_name, to_dumpable_context, from_dumpable_context)


# What the table has for all classes of named tuples.
_NAMEDTUPLE: Any = collections.namedtuple  # noqa: PYI024


def _get_node_type(tree: Any) -> Any:
    cls = type(tree)
    if cls not in SUPPORTED_NODES:
        if is_namedtuple_class(cls):
            return _NAMEDTUPLE
        if is_structseq_class(cls):
            _register_structseq(cls)
    return cls


def _register_structseq(cls: Any) -> None:
    """Classes of named results are registered when the first of their kind is met."""
    SUPPORTED_NODES[cls] = NodeDef(
        cls, lambda t: (list(t), None), lambda leaves, _: cls(list(leaves)), _by_position(lambda t: (list(t), None))
    )
    register_serialized(cls, f"torch.return_types.{cls.__name__}", None, None)


def _tuple_flatten(t: tuple[Any, ...]) -> tuple[list[Any], Context]:
    return list(t), None


def _tuple_unflatten(values: Iterable[Any], context: Context) -> tuple[Any, ...]:
    return tuple(values)


def _list_flatten(t: list[Any]) -> tuple[list[Any], Context]:
    return t, None


def _list_unflatten(values: Iterable[Any], context: Context) -> list[Any]:
    return list(values)


def _dict_flatten(d: dict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), list(d.keys())


def _dict_unflatten(values: Iterable[Any], context: Context) -> dict[Any, Any]:
    return dict(zip(context, values, strict=True))


def _ordereddict_flatten(d: OrderedDict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), list(d.keys())


def _ordereddict_unflatten(values: Iterable[Any], context: Context) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(context, values, strict=True))


def _defaultdict_flatten(d: defaultdict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), [d.default_factory, list(d.keys())]


def _defaultdict_unflatten(values: Iterable[Any], context: Context) -> defaultdict[Any, Any]:
    return defaultdict(context[0], zip(context[1], values, strict=True))


def _deque_flatten(d: deque[Any]) -> tuple[list[Any], Context]:
    return list(d), d.maxlen


def _deque_unflatten(values: Iterable[Any], context: Context) -> deque[Any]:
    return deque(values, maxlen=context)


def _namedtuple_flatten(t: Any) -> tuple[list[Any], Context]:
    return list(t), type(t)


def _namedtuple_unflatten(values: Iterable[Any], context: Context) -> Any:
    return context(*values)


def _by_position(flatten: FlattenFn) -> FlattenWithKeysFn:
    """Flattening with positions as keys."""

    def flatten_with_keys(node: Any) -> tuple[list[tuple[Any, Any]], Context]:
        children, context = flatten(node)
        return [(SequenceKey(i), child) for i, child in enumerate(children)], context

    return flatten_with_keys


def _by_name(flatten: FlattenFn) -> FlattenWithKeysFn:
    """Flattening with the keys of a mapping."""

    def flatten_with_keys(node: Any) -> tuple[list[tuple[Any, Any]], Context]:
        children, context = flatten(node)
        return [(MappingKey(name), child) for name, child in zip(node, children, strict=True)], context

    return flatten_with_keys


def _namedtuple_flatten_with_keys(t: Any) -> tuple[list[tuple[Any, Any]], Context]:
    return [(GetAttrKey(name), value) for name, value in zip(t._fields, t, strict=True)], type(t)


_tuple_flatten_with_keys = _by_position(_tuple_flatten)
_list_flatten_with_keys = _by_position(_list_flatten)
_deque_flatten_with_keys = _by_position(_deque_flatten)
_dict_flatten_with_keys = _by_name(_dict_flatten)
_ordereddict_flatten_with_keys = _by_name(_ordereddict_flatten)
_defaultdict_flatten_with_keys = _by_name(_defaultdict_flatten)


def _defaultdict_serialize(context: Context) -> DumpableContext:
    factory, names = context
    return {
        "default_factory_module": factory.__module__,
        "default_factory_name": factory.__qualname__,
        "dict_context": names,
    }


def _defaultdict_deserialize(dumped: DumpableContext) -> Context:
    module = importlib.import_module(dumped["default_factory_module"])
    return [getattr(module, dumped["default_factory_name"]), dumped["dict_context"]]


for _cls, _flatten, _unflatten, _with_keys, _name, _to, _from in (
    (tuple, _tuple_flatten, _tuple_unflatten, _tuple_flatten_with_keys, "builtins.tuple", None, None),
    (list, _list_flatten, _list_unflatten, _list_flatten_with_keys, "builtins.list", None, None),
    (dict, _dict_flatten, _dict_unflatten, _dict_flatten_with_keys, "builtins.dict", None, None),
    (deque, _deque_flatten, _deque_unflatten, _deque_flatten_with_keys, "collections.deque", None, None),
    (OrderedDict, _ordereddict_flatten, _ordereddict_unflatten, _ordereddict_flatten_with_keys,
     "collections.OrderedDict", None, None),
    (defaultdict, _defaultdict_flatten, _defaultdict_unflatten, _defaultdict_flatten_with_keys,
     "collections.defaultdict", _defaultdict_serialize, _defaultdict_deserialize),
    (_NAMEDTUPLE, _namedtuple_flatten, _namedtuple_unflatten, _namedtuple_flatten_with_keys,
     "collections.namedtuple", namedtuple_to_dumpable, namedtuple_from_dumpable),
):  # fmt: skip
    _private_register_pytree_node(
        _cls,
        _flatten,
        _unflatten,
        flatten_with_keys_fn=_with_keys,
        serialized_type_name=_name,
        to_dumpable_context=_to,
        from_dumpable_context=_from,
    )
