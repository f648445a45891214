"""Parts of a store, by what their keys begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ferrotorch.distributed._stores._contract import Store, Value, data, text

__all__ = ["PrefixStore"]


class PrefixStore(Store):
    """The keys of a store that begin with ``prefix/``, without it.

    Args:
        prefix: How they begin.
        store: The store.
    """

    def __init__(self, prefix: str, store: Store) -> None:
        if not isinstance(store, Store):
            raise TypeError(f"PrefixStore: a Store is needed, got {type(store).__name__}")
        self._prefix, self._store = f"{text(prefix)}/", store

    @property
    def underlying_store(self) -> Store:
        """The store whose keys these are."""
        return self._store

    @property
    def _underlying_non_prefix_store(self) -> Store:
        return self._store._underlying_non_prefix_store if isinstance(self._store, PrefixStore) else self._store

    @property
    def timeout(self) -> timedelta:
        """How long the store waits for a key."""
        return self._store.timeout

    def set_timeout(self, timeout: timedelta) -> None:
        """Set how long the store waits for a key."""
        self._store.set_timeout(timeout)

    def _all(self, keys: Sequence[str]) -> list[str]:
        return [self._prefix + text(key) for key in keys]

    def set(self, key: str, value: Value) -> None:
        """Let a key have a value, whatever it had."""
        self._store.set(self._prefix + text(key), data(value))

    def get(self, key: str) -> bytes:
        """The value of a key; waits until it has one."""
        return self._store.get(self._prefix + text(key))

    def add(self, key: str, amount: int) -> int:
        """Add to a counter, which begins with 0; its new value."""
        return self._store.add(self._prefix + text(key), amount)

    def compare_set(self, key: str, expected_value: Value, desired_value: Value) -> bytes:
        """Set a key if it has the expected value; the value that is there then."""
        return self._store.compare_set(self._prefix + text(key), expected_value, desired_value)

    def append(self, key: str, value: Value) -> None:
        """Append to the value of a key, which begins empty."""
        self._store.append(self._prefix + text(key), data(value))

    def check(self, keys: Sequence[str]) -> bool:
        """Do all these keys have values, or queues entries?"""
        return self._store.check(self._all(keys))

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Wait until all these keys have values."""
        self._store.wait(self._all(keys), *([] if timeout is None else [timeout]))

    def delete_key(self, key: str) -> bool:
        """Remove a key. Was it there?"""
        return self._store.delete_key(self._prefix + text(key))

    def num_keys(self) -> int:
        """The number of keys of the store below, with any prefix."""
        return self._store.num_keys()

    def list_keys(self) -> list[str]:
        """All keys that begin with the prefix, without it."""
        return [key.removeprefix(self._prefix) for key in self._store.list_keys() if key.startswith(self._prefix)]

    def multi_set(self, keys: Sequence[str], values: Sequence[Value]) -> None:
        """Set several keys."""
        self._store.multi_set(self._all(keys), [data(value) for value in values])

    def multi_get(self, keys: Sequence[str]) -> list[bytes]:
        """The values of several keys; waits until they are there."""
        return self._store.multi_get(self._all(keys))

    def queue_push(self, key: str, value: Value) -> None:
        """Put a value at the end of a queue."""
        self._store.queue_push(self._prefix + text(key), value)

    def queue_pop(self, key: str, block: bool = True) -> bytes:
        """Take the first value of a queue; waits for one if ``block``."""
        return self._store.queue_pop(self._prefix + text(key), block)

    def queue_len(self, key: str) -> int:
        """The length of a queue; 0 of one that is not there."""
        return self._store.queue_len(self._prefix + text(key))

    def has_extended_api(self) -> bool:
        """As of the store below."""
        return self._store.has_extended_api()

    def clone(self) -> PrefixStore:
        """Another object for the same keys, for another thread."""
        return PrefixStore(self._prefix[:-1], self._store.clone())
