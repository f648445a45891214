"""Dimensions by name: splits, merges and permutations in one expression."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor

_ELLIPSIS = "..."
_TOKEN = re.compile(r"\s*(\.\.\.|\(|\)|[^\s().]+|\.)")

# One side of a pattern: for each dimension the names that it is made of.
_Side = list[list[str]]

# What ``...`` is outside of brackets.
_ALONE = [_ELLIPSIS]


def rearrange(tensor: Tensor | Sequence[Tensor], pattern: str, **axes_lengths: int) -> Tensor:
    """Reorder, split and merge dimensions by name, as ``einops.rearrange`` does.

    Args:
        tensor: a tensor, or several of one size, which are stacked along a new first dimension.
        pattern: the dimensions before and after, such as ``"b c (h p) (w q) -> b (h w) (c p q)"``. Names in brackets
            are one dimension, ``...`` stands for any others, ``1`` and ``()`` for a dimension of size 1.
        axes_lengths: sizes of names; one in every bracket on the left may be left out.

    Returns:
        A view where there can be one.

    Raises:
        ValueError: a pattern that cannot be read, or that does not fit the tensor.
        TypeError: a size that is no integer.
    """
    whole = tensor if isinstance(tensor, Tensor) else torch.stack(list(tensor))
    left, right = _sides(pattern)
    _check_names(left, right, pattern, axes_lengths)
    left, right, sizes = _with_sizes(whole, left, right, pattern, axes_lengths)
    names = [name for group in left for name in group]
    split = whole.reshape([sizes[name] for name in names])
    order = [names.index(name) for group in right for name in group]
    return split.permute(order).reshape([math.prod(sizes[name] for name in group) for group in right])


def _sides(pattern: str) -> tuple[_Side, _Side]:
    parts = pattern.split("->")
    if len(parts) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    return _parsed(parts[0]), _parsed(parts[1])


def _parsed(text: str) -> _Side:
    side: _Side = []
    group: list[str] | None = None
    seen: set[str] = set()
    for token in _TOKEN.findall(text):
        if token == "(":
            if group is not None:
                raise ValueError("Axis composition is one-level (brackets inside brackets not allowed)")
            group = []
        elif token == ")":
            if group is None:
                raise ValueError("Brackets are not balanced")
            side.append(group)
            group = None
        else:
            names = [] if token == "1" else [_checked(token, seen)]
            if group is None:
                side.append(_ALONE if names == _ALONE else names)
            else:
                group.extend(names)
    if group is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{text.strip()}'")
    return side


def _checked(name: str, seen: set[str]) -> str:
    if name != _ELLIPSIS and not name.isidentifier():
        if name.isdecimal():
            raise ValueError("rearrange only supports unnamed axes of size 1")
        raise ValueError(f"Invalid axis identifier: {name}\nnot a valid python identifier")
    if name in seen:
        raise ValueError(f"Identifiers only, identifier '{name}' is repeated in the expression")
    seen.add(name)
    return name


def _check_names(left: _Side, right: _Side, pattern: str, lengths: dict[str, int]) -> None:
    before, after = ({name for group in side for name in group} for side in (left, right))
    if before != after:
        raise ValueError(
            f"Identifiers only on one side of expression (should be on both): {sorted(before ^ after)}, in {pattern!r}"
        )
    if [group for group in left if _ELLIPSIS in group and group is not _ALONE]:
        raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    if not set(lengths) <= before:
        raise ValueError(
            f"Axis lengths given for identifiers that are not in the pattern: {sorted(set(lengths) - before)}"
        )
    for name, length in lengths.items():
        if not isinstance(length, int):
            raise TypeError(f"rearrange axis lengths must be integers, got {length!r} for '{name}'")


def _with_sizes(
    tensor: Tensor, left: _Side, right: _Side, pattern: str, lengths: dict[str, int]
) -> tuple[_Side, _Side, dict[str, int]]:
    """Both sides with names for what ``...`` stands for, and the size of every name."""
    has_ellipsis = any(_ELLIPSIS in group for group in left)
    extra = tensor.dim() - len(left) + has_ellipsis
    if extra < 0 or (extra > 0 and not has_ellipsis):
        raise ValueError(
            f"Number of dimensions in pattern ({len(left)}) and tensor ({tensor.dim()}) must be equal: {pattern!r}"
        )
    others = [f"...{i}" for i in range(extra)]
    groups = [part for group in left for part in ([[name] for name in others] if _ELLIPSIS in group else [group])]
    sizes: dict[str, int] = dict(lengths)
    for group, size in zip(groups, tensor.shape, strict=True):
        _infer(group, size, sizes)
    return groups, [part for group in right for part in _expanded(group, others)], sizes


def _expanded(group: list[str], others: list[str]) -> _Side:
    """A dimension of the result: ``...`` alone is several, inside brackets it is merged with the rest."""
    if group is _ALONE:
        return [[name] for name in others]
    return [[own for name in group for own in (others if name == _ELLIPSIS else [name])]]


def _infer(group: list[str], size: int, sizes: dict[str, int]) -> None:
    unknown = [name for name in group if name not in sizes]
    known = math.prod(sizes[name] for name in group if name in sizes)
    if len(unknown) > 1:
        raise ValueError(f"Could not infer sizes for {unknown}: at most one name of a dimension may be without a size")
    if unknown:
        if known == 0 or size % known:
            raise ValueError(f"Size {size} of a dimension cannot be split into parts of {known}")
        sizes[unknown[0]] = size // known
    elif known != size:
        raise ValueError(f"Size of a dimension is {size}, but the names {group} have {known}")
