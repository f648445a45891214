"""What the processes that write or read a checkpoint tell one another.

Objects are pickled: only between processes that trust one another.
"""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from typing import Any

from ferrotorch.distributed import _barriers, _objects

__all__ = ["Alone", "Messages", "OfGroup", "OfStore"]


class Messages(ABC):
    """Objects between processes, of which that with the number ``root`` decides; every process calls the same."""

    rank = 0
    size = 1
    root = 0

    @abstractmethod
    def gather(self, thing: Any) -> list[Any] | None:
        """The objects of all, at the root."""

    @abstractmethod
    def broadcast(self, thing: Any) -> Any:
        """The root's object, everywhere."""

    @abstractmethod
    def scatter(self, things: list[Any] | None) -> Any:
        """This process's object of a list at the root."""

    def all_gather(self, thing: Any) -> list[Any]:
        """The objects of all, everywhere."""
        found: list[Any] = self.broadcast(self.gather(thing))
        return found

    def barrier(self) -> None:
        """Wait for all."""
        self.all_gather(None)


class Alone(Messages):
    """One process."""

    def gather(self, thing: Any) -> list[Any]:
        """Its own."""
        return [thing]

    def broadcast(self, thing: Any) -> Any:
        """Its own."""
        return thing

    def scatter(self, things: list[Any] | None) -> Any:
        """Its own."""
        return (things or [None])[0]


class OfGroup(Messages):
    """The processes of a group."""

    def __init__(self, group: Any, root: int = 0) -> None:
        self._group = group
        self.rank, self.size, self.root = group.rank(), group.size(), root

    def gather(self, thing: Any) -> list[Any] | None:
        """By :func:`gather_object`."""
        found = [None] * self.size if self.rank == self.root else None
        _objects.gather_object(thing, found, group=self._group, group_dst=self.root)
        return found

    def broadcast(self, thing: Any) -> Any:
        """By :func:`broadcast_object_list`."""
        box = [thing]
        _objects.broadcast_object_list(box, group=self._group, group_src=self.root)
        return box[0]

    def scatter(self, things: list[Any] | None) -> Any:
        """By :func:`scatter_object_list`."""
        box = [None]
        _objects.scatter_object_list(box, things, group=self._group, group_src=self.root)
        return box[0]

    def barrier(self) -> None:
        """By :func:`barrier`."""
        _barriers.barrier(self._group)


class OfStore(Messages):
    """Processes that share a store: threads beside those that use the group.

    Args:
        store: The store; nobody else uses it.
        rank: The number of this process.
        size: The number of processes.
    """

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._store, self.rank, self.size = store, rank, size
        self._number = 0

    def _key(self, rank: Any = "") -> str:
        return f"{self._number}/{rank}"

    def _put(self, key: str, thing: Any) -> None:
        self._store.set(key, pickle.dumps(thing))

    def _take(self, key: str) -> Any:
        return pickle.loads(self._store.get(key))

    def gather(self, thing: Any) -> list[Any] | None:
        """Each in a key of its own."""
        self._number += 1
        if self.rank != self.root:
            self._put(self._key(self.rank), thing)
            return None
        return [thing if rank == self.rank else self._take(self._key(rank)) for rank in range(self.size)]

    def broadcast(self, thing: Any) -> Any:
        """In one key."""
        self._number += 1
        if self.rank != self.root:
            return self._take(self._key())
        self._put(self._key(), thing)
        return thing

    def scatter(self, things: list[Any] | None) -> Any:
        """Each in a key of its own."""
        self._number += 1
        if self.rank != self.root:
            return self._take(self._key(self.rank))
        assert things is not None
        for rank, thing in enumerate(things):
            self._put(self._key(rank), thing)
        return things[self.rank]
