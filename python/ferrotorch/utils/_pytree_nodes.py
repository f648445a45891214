"""Kinds of containers: how each is taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ferrotorch.utils._pytree_keys import GetAttrKey, MappingKey, SequenceKey

Context = Any
FlattenFn = Callable[[Any], tuple[list[Any], Context]]
UnflattenFn = Callable[[Iterable[Any], Context], Any]
FlattenWithKeysFn = Callable[[Any], tuple[list[tuple[Any, Any]], Context]]


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
    to_dumpable_context: Callable[[Context], Any] | None = None,
    from_dumpable_context: Callable[[Any], Context] | None = None,
    flatten_with_keys_fn: FlattenWithKeysFn | None = None,
) -> None:
    """Makes instances of a class containers.

    Args:
        cls: the class, not its subclasses.
        flatten_fn: takes an instance; returns its children and whatever else the class needs to be put together.
        unflatten_fn: takes children and that context; returns an instance.
        serialized_type_name: accepted for structures that are written to files, as the next two.
        to_dumpable_context: see there.
        from_dumpable_context: see there.
        flatten_with_keys_fn: as ``flatten_fn``, with pairs of key and child.

    Raises:
        ValueError: for a class that is registered already.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)


def _private_register_pytree_node(
    cls: type[Any], flatten_fn: FlattenFn, unflatten_fn: UnflattenFn, **options: Any
) -> None:
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, options.get("flatten_with_keys_fn"))


def _get_node_type(tree: Any) -> Any:
    cls = type(tree)
    if cls not in SUPPORTED_NODES:
        if is_namedtuple_class(cls):
            return NamedTuple
        if is_structseq_class(cls):
            return _STRUCT_SEQUENCE
    return cls


_STRUCT_SEQUENCE = "sequence of named results"


def _with_keys(flatten: FlattenFn, key: Callable[[Any, int, Context], Any]) -> FlattenWithKeysFn:
    def flatten_with_keys(node: Any) -> tuple[list[tuple[Any, Any]], Context]:
        children, context = flatten(node)
        return [(key(node, i, context), child) for i, child in enumerate(children)], context

    return flatten_with_keys


def _register_builtin(
    cls: Any, flatten: FlattenFn, unflatten: UnflattenFn, key: Callable[[Any, int, Context], Any]
) -> None:
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten, unflatten, _with_keys(flatten, key))


def _by_position(node: Any, i: int, context: Context) -> Any:
    return SequenceKey(i)


def _by_name(node: Any, i: int, context: Context) -> Any:
    return MappingKey(list(node)[i])


_register_builtin(tuple, lambda t: (list(t), None), lambda leaves, _: tuple(leaves), _by_position)
_register_builtin(list, lambda t: (t, None), lambda leaves, _: list(leaves), _by_position)
_register_builtin(deque, lambda t: (list(t), t.maxlen), deque, _by_position)
_register_builtin(
    dict,
    lambda t: (list(t.values()), list(t)),
    lambda leaves, names: dict(zip(names, leaves, strict=True)),
    _by_name,
)
_register_builtin(
    OrderedDict,
    lambda t: (list(t.values()), list(t)),
    lambda leaves, names: OrderedDict(zip(names, leaves, strict=True)),
    _by_name,
)
_register_builtin(
    defaultdict,
    lambda t: (list(t.values()), [t.default_factory, list(t)]),
    lambda leaves, context: defaultdict(context[0], zip(context[1], leaves, strict=True)),
    _by_name,
)
_register_builtin(
    NamedTuple,
    lambda t: (list(t), type(t)),
    lambda leaves, cls: cls(*leaves),
    lambda node, i, context: GetAttrKey(context._fields[i]),
)
_register_builtin(
    _STRUCT_SEQUENCE,
    lambda t: (list(t), type(t)),
    lambda leaves, cls: cls(list(leaves)),
    _by_position,
)
