"""Nested containers as trees: lists of leaves, and what puts them together again.

A tree is a container of trees, or a leaf. Containers are tuples, named tuples, lists, dicts, ordered
dicts, default dicts, deques, what ops with several results return, and whatever was registered. Everything else,
``None`` included, is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ferrotorch.utils._pytree_keys import GetAttrKey, KeyEntry, KeyPath, MappingKey, SequenceKey, key_get, keystr
from ferrotorch.utils._pytree_nodes import (
    SUPPORTED_NODES,
    Context,
    FlattenFn,
    NodeDef,
    UnflattenFn,
    _get_node_type,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    is_structseq,
    is_structseq_class,
    is_structseq_instance,
    register_pytree_node,
)

__all__ = [
    "Context",
    "FlattenFn",
    "GetAttrKey",
    "KeyEntry",
    "KeyPath",
    "LeafSpec",
    "MappingKey",
    "NodeDef",
    "PyTree",
    "PyTreeSpec",
    "SequenceKey",
    "TreeSpec",
    "UnflattenFn",
    "is_namedtuple",
    "is_namedtuple_class",
    "is_namedtuple_instance",
    "is_structseq",
    "is_structseq_class",
    "is_structseq_instance",
    "key_get",
    "keystr",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
]

PyTree = Any
IsLeaf = Callable[[Any], bool] | None


@dataclass(frozen=True, init=False, repr=False, eq=False)
class TreeSpec:
    """The structure of a tree: what it is without its leaves.

    Attributes:
        type: the kind of container at the root; ``None`` for a leaf.
        context: what else the container needs to be put together.
        num_nodes, num_leaves, num_children: containers and leaves in all, leaves, children of the root.
    """

    type: Any
    context: Context
    num_nodes: int
    num_leaves: int
    num_children: int
    _children: tuple[TreeSpec, ...]

    def __init__(self, type: Any, context: Context, children_specs: Iterable[TreeSpec]) -> None:
        children = tuple(children_specs)
        is_leaf = type is None
        values = {
            "type": type,
            "context": context,
            "num_nodes": 1 + sum(child.num_nodes for child in children),
            "num_leaves": 1 if is_leaf else sum(child.num_leaves for child in children),
            "num_children": len(children),
            "_children": children,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self, indent: int = 0) -> str:
        if self.is_leaf():
            return "*"
        indent += 2
        children = (",\n" + " " * indent).join(child.__repr__(indent) for child in self._children)
        return f"TreeSpec({getattr(self.type, '__name__', self.type)}, {self.context}, [{children}])"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return self is other or (
            self.type == other.type and self.context == other.context and self._children == other._children
        )

    def __hash__(self) -> int:
        return hash((str(self.type), self.num_leaves, self._children))

    def is_leaf(self) -> bool:
        """Is it that of a single leaf?"""
        return self.type is None

    def children(self) -> list[TreeSpec]:
        """The structures of the children of the root."""
        return list(self._children)

    def child(self, index: int) -> TreeSpec:
        """The structure of one child of the root."""
        return self._children[index]

    @property
    def children_specs(self) -> list[TreeSpec]:
        """As ``children()``."""
        return self.children()

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The tree of this structure with these leaves; raises ValueError where there are too many or too few."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._take(iter(leaves))

    def _take(self, leaves: Iterator[Any]) -> PyTree:
        if self.is_leaf():
            return next(leaves)
        children = [child._take(leaves) for child in self._children]
        return SUPPORTED_NODES[self.type].unflatten_fn(children, self.context)

    def flatten_up_to(self, tree: PyTree) -> list[PyTree]:
        """The parts of a tree that stand where this structure has leaves; ValueError if it has another structure."""
        parts: list[PyTree] = []
        self._split(tree, parts)
        return parts

    def _split(self, tree: PyTree, parts: list[PyTree]) -> None:
        if self.is_leaf():
            parts.append(tree)
            return
        for part, child in zip(self._children_of(tree), self._children, strict=True):
            child._split(part, parts)

    def _children_of(self, tree: PyTree) -> list[Any]:
        kind = _get_node_type(tree)
        both_dicts = {kind, self.type} <= _DICTS
        if kind != self.type and not both_dicts:
            raise ValueError(f"Type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        if both_dicts:
            names = self.context[1] if self.type is defaultdict else self.context
            if set(names) != set(tree):
                raise ValueError(f"Node keys mismatch; expected {list(names)}, but got {list(tree)}.")
            return [tree[name] for name in names]
        children, context = SUPPORTED_NODES[kind].flatten_fn(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if kind is not deque and context != self.context:
            raise ValueError(
                f"Node context mismatch for node type {self.type!r}; expected {self.context!r}, but got {context!r}."
            )
        return children


_DICTS = {dict, OrderedDict, defaultdict}
PyTreeSpec = TreeSpec


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, ())


_LEAF_SPEC = LeafSpec()


def tree_is_leaf(tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Is it no container, or taken for a leaf by ``is_leaf``?"""
    return (is_leaf is not None and is_leaf(tree)) or _get_node_type(tree) not in SUPPORTED_NODES


def tree_flatten(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, from left to right, and its structure."""
    leaves: list[Any] = []

    def structure(node: PyTree) -> TreeSpec:
        if tree_is_leaf(node, is_leaf):
            leaves.append(node)
            return _LEAF_SPEC
        kind = _get_node_type(node)
        children, context = SUPPORTED_NODES[kind].flatten_fn(node)
        return TreeSpec(kind, context, [structure(child) for child in children])

    return leaves, structure(tree)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of a structure with these leaves."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            f"tree_unflatten(leaves, treespec): Expected `treespec` to be instance of PyTreeSpec but got item of type "
            f"{type(treespec)}."
        )
    return treespec.unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves of a tree, one after another."""
    if tree_is_leaf(tree, is_leaf):
        yield tree
    else:
        for child in SUPPORTED_NODES[_get_node_type(tree)].flatten_fn(tree)[0]:
            yield from tree_iter(child, is_leaf)


def tree_leaves(tree: PyTree, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves of a tree."""
    return list(tree_iter(tree, is_leaf))


def tree_structure(tree: PyTree, is_leaf: IsLeaf = None) -> TreeSpec:
    """The structure of a tree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """The tree with ``func(leaf, ...)`` for each leaf; further arguments are what stands there in ``rests``."""
    leaves, treespec = tree_flatten(tree, is_leaf)
    others = [treespec.flatten_up_to(rest) for rest in rests]
    return treespec.unflatten(map(func, leaves, *others))


def tree_map_(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """Calls ``func`` as `tree_map` does, and returns the tree itself."""
    leaves, treespec = tree_flatten(tree, is_leaf)
    others = [treespec.flatten_up_to(rest) for rest in rests]
    deque(map(func, leaves, *others), maxlen=0)
    return tree


def _predicate(wanted: Any) -> Callable[[Any], bool]:
    if isinstance(wanted, (type, tuple)) or not callable(wanted):
        return lambda leaf: isinstance(leaf, wanted)
    predicate: Callable[[Any], bool] = wanted
    return predicate


def tree_map_only(
    type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """`tree_map` over the leaves of some types, or for which a predicate holds; other leaves stay."""
    is_wanted = _predicate(type_or_types_or_pred)
    return tree_map(lambda leaf: func(leaf) if is_wanted(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """`tree_map_` over the leaves of some types, or for which a predicate holds."""
    is_wanted = _predicate(type_or_types_or_pred)
    return tree_map_(lambda leaf: func(leaf) if is_wanted(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Does a predicate hold for all leaves?"""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Does a predicate hold for a leaf?"""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Does a predicate hold for all leaves of some types?"""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Does a predicate hold for a leaf of some types?"""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def _with_paths(path: KeyPath, tree: PyTree, is_leaf: IsLeaf) -> Iterator[tuple[KeyPath, Any]]:
    if tree_is_leaf(tree, is_leaf):
        yield path, tree
        return
    kind = _get_node_type(tree)
    flatten = SUPPORTED_NODES[kind].flatten_with_keys_fn
    if flatten is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {kind}. Please pass a flatten_with_keys_fn argument to "
            "register_pytree_node."
        )
    for key, child in flatten(tree)[0]:
        yield from _with_paths((*path, key), child, is_leaf)


def tree_leaves_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> list[tuple[KeyPath, Any]]:
    """Pairs of the keys that lead to a leaf, and the leaf."""
    return list(_with_paths((), tree, is_leaf))


def tree_flatten_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """`tree_leaves_with_path` and the structure of a tree."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """`tree_map` with the keys that lead to a leaf as another first argument."""
    pairs, treespec = tree_flatten_with_path(tree, is_leaf)
    others = [treespec.flatten_up_to(rest) for rest in rests]
    paths, leaves = [path for path, _ in pairs], [leaf for _, leaf in pairs]
    return treespec.unflatten(map(func, paths, leaves, *others))


def arg_tree_leaves(*args: PyTree, **kwargs: PyTree) -> list[Any]:
    """The leaves of the arguments of a call."""
    return [leaf for part in (*args, *kwargs.values()) for leaf in tree_iter(part)]


def _broadcast_to_and_flatten(tree: PyTree, treespec: TreeSpec, is_leaf: IsLeaf = None) -> list[Any] | None:
    """The leaves of a tree, each as often as the structure has leaves in its place; ``None`` if it is no prefix."""
    result: list[Any] = []
    leaves, prefix = tree_flatten(tree, is_leaf)
    try:
        parts = prefix.flatten_up_to(treespec.unflatten([0] * treespec.num_leaves))
    except ValueError:
        return None
    for leaf, part in zip(leaves, parts, strict=True):
        result.extend([leaf] * len(tree_leaves(part)))
    return result


def treespec_leaf() -> TreeSpec:
    """The structure of a leaf."""
    return _LEAF_SPEC


def treespec_tuple(iterable: Iterable[TreeSpec] = (), /) -> TreeSpec:
    """The structure of a tuple of trees of these structures."""
    return TreeSpec(tuple, None, iterable)


def treespec_dict(
    mapping: Mapping[Any, TreeSpec] | Iterable[tuple[Any, TreeSpec]] = (), /, **kwargs: TreeSpec
) -> TreeSpec:
    """The structure of a dict of trees of these structures."""
    specs = dict(mapping, **kwargs)
    return TreeSpec(dict, list(specs), list(specs.values()))
