"""Stores whose keys are in one table of a process; threads share it, and other processes by messages."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from ferrotorch.distributed._stores._contract import DistStoreError, QueueEmptyError, Store, Value, data, text

__all__ = ["HashStore", "Table", "TableStore"]


class Table:
    """Values and queues that threads share. Each operation takes and gives lists of bytes, as messages do.

    Args:
        late: How the error of a wait in vain begins.
    """

    def __init__(self, late: str) -> None:
        self._values: dict[str, bytes] = {}
        self._queues: dict[str, deque[bytes]] = {}
        self._changed = threading.Condition()
        self._late = late

    def run(self, name: str, seconds: float, fields: Sequence[bytes]) -> list[bytes]:
        """An operation, by name.

        Raises:
            DistStoreError: it waits longer than ``seconds``.
            QueueEmptyError: there is nothing in a queue.
            ValueError: a counter that is none.
        """
        with self._changed:
            found: list[bytes] = getattr(self, f"_{name}")(seconds, *fields)
            self._changed.notify_all()
        return found

    def _until(self, seconds: float, keys: Sequence[bytes]) -> None:
        deadline = time.monotonic() + seconds
        while not all(self._has(key.decode()) for key in keys):
            left = deadline - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                if all(self._has(key.decode()) for key in keys):
                    return
                named = ", ".join(f"/{key.decode()}" for key in keys)
                raise DistStoreError(f"{self._late} timeout after {round(seconds * 1000)}ms, keys: {named}")

    def _has(self, key: str) -> bool:
        return key in self._values or bool(self._queues.get(key))

    def _set(self, seconds: float, *pairs: bytes) -> list[bytes]:
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            self._values[key.decode()] = value
        return []

    def _get(self, seconds: float, *keys: bytes) -> list[bytes]:
        self._until(seconds, keys)
        return [self._values[key.decode()] for key in keys]

    def _add(self, seconds: float, key: bytes, amount: bytes) -> list[bytes]:
        total = b"%d" % (int(self._values.get(key.decode(), b"0")) + int(amount))
        self._values[key.decode()] = total
        return [total]

    def _compare_set(self, seconds: float, key: bytes, expected: bytes, desired: bytes) -> list[bytes]:
        present = self._values.get(key.decode())
        if present == expected or (present is None and not expected):
            self._values[key.decode()] = present = desired
        return [expected if present is None else present]

    def _append(self, seconds: float, key: bytes, value: bytes) -> list[bytes]:
        self._values[key.decode()] = self._values.get(key.decode(), b"") + value
        return []

    def _check(self, seconds: float, *keys: bytes) -> list[bytes]:
        return [b"1" if all(self._has(key.decode()) for key in keys) else b""]

    def _wait(self, seconds: float, *keys: bytes) -> list[bytes]:
        self._until(seconds, keys)
        return []

    def _delete(self, seconds: float, key: bytes) -> list[bytes]:
        return [b"1" if self._values.pop(key.decode(), None) is not None else b""]

    def _keys(self, seconds: float) -> list[bytes]:
        return [key.encode() for key in self._values]

    def _push(self, seconds: float, key: bytes, value: bytes) -> list[bytes]:
        self._queues.setdefault(key.decode(), deque()).append(value)
        return []

    def _pop(self, seconds: float, key: bytes, block: bytes) -> list[bytes]:
        queue = self._queues.setdefault(key.decode(), deque())
        if not queue and not block:
            raise QueueEmptyError("queue is empty")
        deadline = time.monotonic() + seconds
        # Another thread may have been quicker each time that something came.
        while not queue:
            self._until(max(deadline - time.monotonic(), 0.0), [key])
        return [queue.popleft()]

    def _length(self, seconds: float, key: bytes) -> list[bytes]:
        return [b"%d" % len(self._queues.get(key.decode(), ()))]


class TableStore(Store):
    """A store whose keys are in a `Table`, here or in another process."""

    # A key that the store needs itself.
    _own_key = ""

    @abstractmethod
    def _ask(self, name: str, fields: Sequence[bytes], timeout: timedelta | None = None) -> list[bytes]:
        """Let the table run an operation."""

    def set(self, key: str, value: Value) -> None:
        """Let a key have a value, whatever it had."""
        self._ask("set", [text(key).encode(), data(value)])

    def get(self, key: str) -> bytes:
        """The value of a key; waits until it has one."""
        return self._ask("get", [text(key).encode()])[0]

    def add(self, key: str, amount: int) -> int:
        """Add to a counter, which begins with 0; its new value."""
        return int(self._ask("add", [text(key).encode(), b"%d" % amount])[0])

    def compare_set(self, key: str, expected_value: Value, desired_value: Value) -> bytes:
        """Set a key if it has the expected value; the value that is there then."""
        return self._ask("compare_set", [text(key).encode(), data(expected_value), data(desired_value)])[0]

    def append(self, key: str, value: Value) -> None:
        """Append to the value of a key, which begins empty."""
        self._ask("append", [text(key).encode(), data(value)])

    def check(self, keys: Sequence[str]) -> bool:
        """Do all these keys have values, or queues entries?"""
        return bool(self._ask("check", [text(key).encode() for key in keys])[0])

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Wait until all these keys have values."""
        self._ask("wait", [text(key).encode() for key in keys], timeout)

    def delete_key(self, key: str) -> bool:
        """Remove a key. Was it there?"""
        return bool(self._ask("delete", [text(key).encode()])[0])

    def num_keys(self) -> int:
        """The number of keys, with one that stores of several processes need themselves."""
        return len(self._ask("keys", []))

    def list_keys(self) -> list[str]:
        """All keys that programs have set."""
        return [key.decode() for key in self._ask("keys", []) if key.decode() != self._own_key]

    def multi_set(self, keys: Sequence[str], values: Sequence[Value]) -> None:
        """Set several keys."""
        pairs = list(zip(keys, values, strict=True))
        self._ask("set", [each for key, value in pairs for each in (text(key).encode(), data(value))])

    def multi_get(self, keys: Sequence[str]) -> list[bytes]:
        """The values of several keys; waits until they are there."""
        return self._ask("get", [text(key).encode() for key in keys])

    def queue_push(self, key: str, value: Value) -> None:
        """Put a value at the end of a queue."""
        self._ask("push", [text(key).encode(), data(value)])

    def queue_pop(self, key: str, block: bool = True) -> bytes:
        """Take the first value of a queue; waits for one if ``block``."""
        return self._ask("pop", [text(key).encode(), b"1" if block else b""])[0]

    def queue_len(self, key: str) -> int:
        """The length of a queue; 0 of one that is not there."""
        return int(self._ask("length", [text(key).encode()])[0])

    def has_extended_api(self) -> bool:
        """True."""
        return True


class HashStore(TableStore):
    """A store that the threads of one process share."""

    def __init__(self) -> None:
        self._table = Table("Wait")

    def _ask(self, name: str, fields: Sequence[bytes], timeout: timedelta | None = None) -> list[bytes]:
        return self._table.run(name, (timeout or self._timeout).total_seconds(), fields)
