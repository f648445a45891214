"""A function of each slice of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._higher_order_ops.scan import _length, _stacked
from ferrotorch.utils import _pytree as pytree

__all__ = ["map"]


def map(f: Callable[..., Any], xs: Any, *args: Any) -> Any:
    """``f(x, *args)`` of each slice of dimension 0, stacked along dimension 0.

    Args:
        f: gives tensors, one or nested.
        xs: tensors of one length, one or nested in lists, tuples and dictionaries.
        args: what each call gets besides.

    Raises:
        RuntimeError: no tensors; lengths that differ.
    """
    leaves, spec = pytree.tree_flatten(xs)
    count = _length("map()", leaves, 0)
    return _stacked([f(pytree.tree_unflatten([leaf[i] for leaf in leaves], spec), *args) for i in range(count)])
