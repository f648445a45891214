"""Taking inputs apart by a structure that is known: what generated code with containers as inputs does."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from ferrotorch.utils import _pytree
from ferrotorch.utils._pytree import TreeSpec

__all__ = ["register_pytree_flatten_spec", "tree_flatten_spec"]

FlattenFnSpec = Callable[[Any, TreeSpec], list[Any]]
SUPPORTED_NODES: dict[Any, FlattenFnSpec] = {}


def register_pytree_flatten_spec(
    cls: Any, flatten_fn_spec: FlattenFnSpec, flatten_fn_exact_match_spec: Callable[[Any, TreeSpec], bool] | None = None
) -> None:
    """Say how a kind of container is taken apart by a structure; a test of exact matches is accepted and not used."""
    SUPPORTED_NODES[cls] = flatten_fn_spec


def tree_flatten_spec(pytree: Any, spec: TreeSpec) -> list[Any]:
    """The leaves of a tree where a structure has leaves.

    Raises:
        RuntimeError: the tree has another structure.
    """
    if spec.is_leaf():
        return [pytree]
    if spec.type in SUPPORTED_NODES:
        parts = zip(SUPPORTED_NODES[spec.type](pytree, spec), spec.children(), strict=True)
        return [leaf for part, child in parts for leaf in tree_flatten_spec(part, child)]
    leaves, found = _pytree.tree_flatten(pytree)
    if spec != found:
        raise RuntimeError(f"Real spec {found} of object {pytree} is different from expected spec {spec}.")
    return leaves


def _by_key(mapping: Any, spec: TreeSpec) -> list[Any]:
    return [mapping[name] for name in spec.context]


def _by_position(sequence: Any, spec: TreeSpec) -> list[Any]:
    return [sequence[i] for i in range(spec.num_children)]


register_pytree_flatten_spec(dict, _by_key)
for _kind in (list, tuple, namedtuple):  # noqa: PYI024 (stands for all classes of named tuples)
    register_pytree_flatten_spec(_kind, _by_position)
