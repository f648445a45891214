"""The structure of a tree of containers."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ferrotorch.utils._pytree_nodes import _NAMEDTUPLE, SUPPORTED_NODES, Context, _get_node_type


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
        return f"TreeSpec({self.type.__name__}, {self.context}, [{children}])"

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

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree of this structure with these leaves; raises ValueError where there are too many or too few."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._take(iter(leaves))

    def _take(self, leaves: Iterator[Any]) -> Any:
        if self.is_leaf():
            return next(leaves)
        children = [child._take(leaves) for child in self._children]
        return SUPPORTED_NODES[self.type].unflatten_fn(children, self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The parts of a tree that stand where this structure has leaves; ValueError if it has another structure."""
        parts: list[Any] = []
        self._split(tree, parts)
        return parts

    def _split(self, tree: Any, parts: list[Any]) -> None:
        if self.is_leaf():
            parts.append(tree)
            return
        for part, child in zip(self._children_of(tree), self._children, strict=True):
            child._split(part, parts)

    def _children_of(self, tree: Any) -> list[Any]:
        kind = _get_node_type(tree)
        both_dicts = {kind, self.type} <= _DICTS
        if kind != self.type and not both_dicts:
            prefix = "Node type" if self.type in BUILTIN_TYPES else "Type"
            raise ValueError(f"{prefix} mismatch; expected {self.type!r}, but got {kind!r}.")
        children, context = SUPPORTED_NODES[kind].flatten_fn(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if both_dicts:
            return self._values_in_order(tree)
        if kind is not deque and context != self.context:
            if self.type not in BUILTIN_TYPES:
                raise ValueError(f"Node context mismatch for custom node type {self.type!r}.")
            raise ValueError(
                f"Node context mismatch for node type {self.type!r}; expected {self.context!r}, but got {context!r}."
            )
        return children

    def _values_in_order(self, mapping: Mapping[Any, Any]) -> list[Any]:
        names = self.context[1] if self.type is defaultdict else self.context
        missing, extra = set(names) - set(mapping), set(mapping) - set(names)
        if missing or extra:
            text = f"; missing key(s): {missing}" if missing else ""
            text += f"; extra key(s): {extra}" if extra else ""
            raise ValueError(f"Node keys mismatch{text}.")
        return [mapping[name] for name in names]


_DICTS = {dict, OrderedDict, defaultdict}
BUILTIN_TYPES = frozenset([tuple, list, dict, _NAMEDTUPLE, OrderedDict, defaultdict, deque])
PyTreeSpec = TreeSpec


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, ())


_LEAF_SPEC = LeafSpec()
