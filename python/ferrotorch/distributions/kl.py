"""Kullback-Leibler divergences ``KL(p || q) = E_p[log p(x) - log q(x)]``: the rule for a pair of classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import total_ordering
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.distributions.distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

Rule = Callable[[Any, Any], Tensor]

_REGISTRY: dict[tuple[type, type], Rule] = {}
# What packages know it by.
_KL_REGISTRY = _REGISTRY
# What dispatch found for pairs of classes.
_FOUND: dict[tuple[type, type], Rule | None] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """Decorator of a function that computes the divergence of two distributions of given classes.

    The most specific rule for the classes of the arguments is used.

    The classes need not be subclasses of `Distribution`: libraries have distributions of their own.

    Raises:
        TypeError: not classes.
    """
    for name, value in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(value, type):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {value}")

    def decorator(rule: Rule) -> Rule:
        _REGISTRY[type_p, type_q] = rule
        _FOUND.clear()
        return rule

    return decorator


@total_ordering
class _Match:
    """Classes in the order of what is more specific, left to right."""

    __slots__ = ("types",)

    def __init__(self, *types: type) -> None:
        self.types = types

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Match) and self.types == other.types

    __hash__ = None  # type: ignore[assignment]

    def __le__(self, other: _Match) -> bool:
        for mine, others in zip(self.types, other.types, strict=True):
            if not issubclass(mine, others):
                return False
            if mine is not others:
                break
        return True


def _find(type_p: type, type_q: type) -> Rule | None:
    matches = [(p, q) for p, q in _REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not matches:
        return None
    left = min(_Match(*match) for match in matches).types
    right = min(_Match(*reversed(match)) for match in matches).types
    if left != tuple(reversed(right)):
        names = [tuple(cls.__name__ for cls in pair) for pair in (left, tuple(reversed(right)))]
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please register_kl{names[0]}",
            RuntimeWarning,
            stacklevel=4,
        )
    return _REGISTRY[left[0], left[1]]


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """``KL(p || q)``, of the batch's shape.

    Raises:
        NotImplementedError: no rule for the two classes.
    """
    key = type(p), type(q)
    if key not in _FOUND:
        _FOUND[key] = _find(*key)
    rule = _FOUND[key]
    if rule is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
        )
    return rule(p, q)
