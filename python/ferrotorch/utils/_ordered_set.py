"""A set that keeps the order in which its elements came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import Any, TypeVar

__all__ = ["OrderedSet"]

T = TypeVar("T")


class OrderedSet(MutableSet[T]):
    """A set that is iterated over in the order in which elements were first added.

    Args:
        iterable: the elements.
    """

    def __init__(self, iterable: Iterable[T] | None = None) -> None:
        self._dict: dict[T, None] = dict.fromkeys(iterable or ())

    def __contains__(self, elem: object) -> bool:
        return elem in self._dict

    def __iter__(self) -> Iterator[T]:
        return iter(self._dict)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __repr__(self) -> str:
        return f"OrderedSet({list(self._dict)!r})"

    def add(self, elem: T) -> None:
        """Add an element, as the last one unless it is there."""
        self._dict[elem] = None

    def discard(self, elem: T) -> None:
        """Take an element away, if it is there."""
        self._dict.pop(elem, None)

    def clear(self) -> None:
        """Take all elements away."""
        self._dict.clear()

    def pop(self) -> T:
        """Take the last element away, and return it."""
        if not self:
            raise KeyError("pop from an empty set")
        return self._dict.popitem()[0]

    def copy(self) -> OrderedSet[T]:
        """Another set of the same elements."""
        return OrderedSet(self)

    def update(self, *others: Iterable[T]) -> None:
        """Add the elements of others."""
        for other in others:
            self._dict.update(dict.fromkeys(other))

    def union(self, *others: Iterable[T]) -> OrderedSet[T]:
        """Its elements, and then those of others."""
        found = self.copy()
        found.update(*others)
        return found

    def intersection(self, *others: Iterable[Any]) -> OrderedSet[T]:
        """Its elements that all others have, too."""
        kept = [set(other) for other in others]
        return OrderedSet(elem for elem in self if all(elem in other for other in kept))

    def difference(self, *others: Iterable[Any]) -> OrderedSet[T]:
        """Its elements that no other has."""
        left = set().union(*others)
        return OrderedSet(elem for elem in self if elem not in left)

    def issubset(self, other: Iterable[Any]) -> bool:
        """Does another have all its elements?"""
        return set(self._dict) <= set(other)
