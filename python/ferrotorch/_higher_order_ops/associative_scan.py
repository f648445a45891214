"""All prefixes of an associative function, in a number of steps that grows as the logarithm of their length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._higher_order_ops.scan import _length
from ferrotorch.utils import _pytree as pytree

__all__ = ["associative_scan"]


def associative_scan(
    combine_fn: Callable[[Any, Any], Any], xs: Any, dim: int, reverse: bool = False, combine_mode: str = "pointwise"
) -> Any:
    """``y[i] = combine_fn(y[i - 1], x[i])`` along a dimension, with ``y[0] = x[0]``.

    Args:
        combine_fn: an associative function of two slices, built as ``xs`` is, or of many at once.
        xs: tensors, one or nested in lists, tuples and dictionaries, with dimension ``dim`` of one length.
        dim: the dimension.
        reverse: begin at the end.
        combine_mode: ``"pointwise"``: the function takes many slices at once, along ``dim``; ``"generic"``: it takes
            one slice, without that dimension, and is mapped over them by ``vmap``.

    Raises:
        ValueError: another mode, or what is no function.
        RuntimeError: no tensors; lengths that differ; a function that gives something else.
    """
    if not callable(combine_fn):
        raise ValueError(f"Combine_fn must be callable, but got {combine_fn}")
    if combine_mode not in ("pointwise", "generic"):
        raise ValueError(f"Combine_mode must either 'pointwise' or 'generic', but got {combine_mode}")
    leaves, spec = pytree.tree_flatten(xs)
    _length("associative_scan()", leaves, dim)

    def combine(first: list[_C.Tensor], second: list[_C.Tensor]) -> list[_C.Tensor]:
        result, built = pytree.tree_flatten(
            function(pytree.tree_unflatten(first, spec), pytree.tree_unflatten(second, spec))
        )
        if built != spec:
            raise RuntimeError("associative_scan(): combine_fn has to give what is built as xs is")
        return result

    function = combine_fn if combine_mode == "pointwise" else torch.vmap(combine_fn)
    # The scanned dimension in front, so that slices of many are slices of one.
    moved = [leaf.movedim(dim, 0) for leaf in leaves]
    moved = [leaf.flip(0) for leaf in moved] if reverse else moved
    scanned = _scan(combine, moved)
    scanned = [leaf.flip(0) for leaf in scanned] if reverse else scanned
    return pytree.tree_unflatten([leaf.movedim(0, dim) for leaf in scanned], spec)


def _scan(
    combine: Callable[[list[_C.Tensor], list[_C.Tensor]], list[_C.Tensor]], xs: list[_C.Tensor]
) -> list[_C.Tensor]:
    """The prefixes of pairs are the prefixes at odd places; those at even places follow by one step more."""
    length = xs[0].shape[0]
    if length == 1:
        return xs
    pairs = combine([x[:-1:2] for x in xs], [x[1::2] for x in xs])
    odd = _scan(combine, pairs)
    if length == 2:
        return [torch.cat([x[:1], y]) for x, y in zip(xs, odd, strict=True)]
    stop = (length - 1) // 2
    later = combine([y[:stop] for y in odd], [x[2::2] for x in xs])
    even = [torch.cat([x[:1], y]) for x, y in zip(xs, later, strict=True)]
    return [_alternating(x, y) for x, y in zip(even, odd, strict=True)]


def _alternating(even: _C.Tensor, odd: _C.Tensor) -> _C.Tensor:
    """Slices of two tensors in turn; the first may have one more."""
    joined = torch.stack([even[: len(odd)], odd], dim=1).flatten(0, 1)
    return joined if len(even) == len(odd) else torch.cat([joined, even[-1:]])
