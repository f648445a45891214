"""Keys and values that processes share, to find one another by: the contract.

A store is no part of a collective operation: processes, threads or programs of any kind use it, in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ferrotorch.distributed._work import DistError

__all__ = ["DistNetworkError", "DistStoreError", "QueueEmptyError", "Store", "Value", "data", "text"]

Value = str | bytes


class DistStoreError(DistError):
    """A store has waited in vain, or cannot do what it is asked for."""


class DistNetworkError(DistError):
    """Another process cannot be reached."""


class QueueEmptyError(DistStoreError):
    """There is nothing in a queue, and the caller does not wait."""


def text(key: Any) -> str:
    """A key, which has to be text."""
    if not isinstance(key, str):
        raise TypeError(f"a key of a store must be a string, got {type(key).__name__}")
    return key


def data(value: Any) -> bytes:
    """A value as bytes."""
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise TypeError(f"a value of a store must be a string or bytes, got {type(value).__name__}")
    return value


def _missing(store: Store, name: str) -> NotImplementedError:
    return NotImplementedError(f"Not implemented. {type(store).__name__} has no {name}()")


class Store:
    """What processes share: values by keys, counters, queues. Programs may derive classes of their own."""

    _timeout = timedelta(seconds=300)

    @property
    def timeout(self) -> timedelta:
        """How long the store waits for a key."""
        return self._timeout

    def set_timeout(self, timeout: timedelta) -> None:
        """Set how long the store waits for a key."""
        if not isinstance(timeout, timedelta):
            raise TypeError(f"set_timeout: a datetime.timedelta is needed, got {type(timeout).__name__}")
        self._timeout = timeout

    def set(self, key: str, value: Value) -> None:
        """Let a key have a value, whatever it had."""
        raise _missing(self, "set")

    def get(self, key: str) -> bytes:
        """The value of a key; waits until it has one.

        Raises:
            DistStoreError: it has none in time.
        """
        raise _missing(self, "get")

    def add(self, key: str, amount: int) -> int:
        """Add to a counter, which begins with 0; its new value.

        Raises:
            ValueError: the key has a value that is no number.
        """
        raise _missing(self, "add")

    def compare_set(self, key: str, expected_value: Value, desired_value: Value) -> bytes:
        """Set a key if it has the expected value; one without a value, if "" is expected. The value that is there then,
        or the expected one where there is none.
        """
        raise _missing(self, "compare_set")

    def append(self, key: str, value: Value) -> None:
        """Append to the value of a key, which begins empty."""
        addition = data(value)
        whole, present = addition, self.compare_set(key, b"", addition)
        # Others may append meanwhile: then it has another value than expected, to which this one is appended.
        while present != whole:
            whole = present + addition
            present = self.compare_set(key, present, whole)

    def check(self, keys: Sequence[str]) -> bool:
        """Do all these keys have values, or queues entries?"""
        raise _missing(self, "check")

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Wait until all these keys have values.

        Raises:
            DistStoreError: they have not in time, by default that of the store.
        """
        raise _missing(self, "wait")

    def delete_key(self, key: str) -> bool:
        """Remove a key. Was it there?"""
        raise _missing(self, "delete_key")

    def num_keys(self) -> int:
        """The number of keys, with one that stores of several processes need themselves."""
        raise _missing(self, "num_keys")

    def list_keys(self) -> list[str]:
        """All keys that programs have set."""
        raise _missing(self, "list_keys")

    def multi_set(self, keys: Sequence[str], values: Sequence[Value]) -> None:
        """Set several keys.

        Raises:
            ValueError: another number of values than of keys.
        """
        for key, value in zip(keys, values, strict=True):
            self.set(key, value)

    def multi_get(self, keys: Sequence[str]) -> list[bytes]:
        """The values of several keys; waits until they are there."""
        return [self.get(key) for key in keys]

    def queue_push(self, key: str, value: Value) -> None:
        """Put a value at the end of a queue."""
        raise NotImplementedError("queue support is not implemented.")

    def queue_pop(self, key: str, block: bool = True) -> bytes:
        """Take the first value of a queue; waits for one if ``block``.

        Raises:
            QueueEmptyError: there is none, and ``block`` is false.
            DistStoreError: there is none in time.
        """
        raise NotImplementedError("queue support is not implemented.")

    def queue_len(self, key: str) -> int:
        """The length of a queue; 0 of one that is not there."""
        raise NotImplementedError("queue support is not implemented.")

    def has_extended_api(self) -> bool:
        """Are there `append`, `multi_get` and `multi_set` of one message each?"""
        return False

    def clone(self) -> Store:
        """Another object for the same keys, for another thread."""
        return self

    def barrier(self, key: str, world_size: int, timeout: timedelta | None = None) -> None:
        """Wait until ``world_size`` callers have called this with the same key, which serves once."""
        if self.add(f"{key}/num_members", 1) == world_size:
            self.set(f"{key}/last_member", "1")
        self.wait([f"{key}/last_member"], *([] if timeout is None else [timeout]))
