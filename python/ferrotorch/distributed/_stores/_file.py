"""A store that is a file: processes append what they set, and read what others have appended."""

from __future__ import annotations

import copy
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from ferrotorch.distributed._stores._contract import DistStoreError, Store, Value, data, text

__all__ = ["FileStore"]

# A record: the lengths of key and value, then both. A value of this length says that the key was removed.
_LENGTH = 8
_REMOVED = 2 ** (8 * _LENGTH) - 1
_NAP = 0.01
# Counts the objects that use the file; the last one of all that are to come removes it.
_USERS = "refcount/"


@contextmanager
def _locked(file: BinaryIO) -> Iterator[None]:
    """Keep all other processes out of a file."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


class _Log:
    """What a file says of its keys, as far as it has been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, bytes] = {}
        self._read = 0
        self._lock = threading.Lock()

    def change(self, step: Callable[[dict[str, bytes]], dict[str, bytes | None]]) -> None:
        """Read what is new, and append what ``step`` makes of it: values, and None of keys that are to go."""
        with self._lock, self._file() as file, _locked(file):
            self._catch_up(file)
            records = b"".join(_record(key, value) for key, value in step(self.values).items())
            file.seek(0, os.SEEK_END)
            file.write(records)
            file.flush()
            self._catch_up(file)

    def _file(self) -> BinaryIO:
        return open(os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+b")

    def _catch_up(self, file: BinaryIO) -> None:
        file.seek(self._read)
        unread = file.read()
        at = 0
        while at < len(unread):
            key, at = _field(unread, at)
            value, at = _field(unread, at)
            assert key is not None
            if value is None:
                self.values.pop(key.decode(), None)
            else:
                self.values[key.decode()] = value
        self._read += at


def _record(key: str, value: bytes | None) -> bytes:
    name = key.encode()
    length = _REMOVED if value is None else len(value)
    return b"".join([
        len(name).to_bytes(_LENGTH, "little"), name, length.to_bytes(_LENGTH, "little"), value or b"",
    ])  # fmt: skip


def _field(record: bytes, at: int) -> tuple[bytes | None, int]:
    """A key or a value, and where the next one begins."""
    length = int.from_bytes(record[at : at + _LENGTH], "little")
    begin = at + _LENGTH
    return (None, begin) if length == _REMOVED else (record[begin : begin + length], begin + length)


def _leave(log: _Log, world_size: int) -> None:
    """Count one user less; the last one of ``world_size`` removes the file."""
    with suppress(OSError):
        left = _add(log, _USERS, -1)
        gone = _add(log, "cleanup/", 1)
        if left == 0 and 0 <= world_size <= gone:
            log.path.unlink(missing_ok=True)


def _add(log: _Log, key: str, amount: int) -> int:
    totals: list[int] = []

    def step(values: dict[str, bytes]) -> dict[str, bytes | None]:
        totals.append(int(values.get(key, b"0")) + amount)
        return {key: b"%d" % totals[0]}

    log.change(step)
    return totals[0]


class FileStore(Store):
    """A store in a file that all processes see. It has no queues.

    Args:
        file_name: The file, which is made.
        world_size: How many stores there will be of the file; the last one of them removes it.
    """

    def __init__(self, file_name: str, world_size: int = -1) -> None:
        self._log = _Log(Path(file_name))
        # The store that this one is a clone of: it leaves the file when all clones have gone.
        self._original: FileStore | None = None
        _add(self._log, _USERS, 1)
        weakref.finalize(self, _leave, self._log, world_size)

    @property
    def path(self) -> str:
        """The file."""
        return str(self._log.path)

    def set(self, key: str, value: Value) -> None:
        """Let a key have a value, whatever it had."""
        self._log.change(lambda values: {text(key): data(value)})

    def _seen(self) -> dict[str, bytes]:
        """All keys of the programs, as of now."""
        self._log.change(lambda values: {})
        return {key: value for key, value in self._log.values.items() if key not in (_USERS, "cleanup/")}

    def get(self, key: str) -> bytes:
        """The value of a key; waits until it has one."""
        self.wait([text(key)])
        return self._log.values[key]

    def add(self, key: str, amount: int) -> int:
        """Add to a counter, which begins with 0; its new value."""
        return _add(self._log, text(key), amount)

    def compare_set(self, key: str, expected_value: Value, desired_value: Value) -> bytes:
        """Set a key if it has the expected value; the value that is there then."""
        expected, desired = data(expected_value), data(desired_value)
        found: list[bytes] = []

        def step(values: dict[str, bytes]) -> dict[str, bytes | None]:
            present = values.get(text(key))
            changes = present == expected or (present is None and not expected)
            found.append(desired if changes else expected if present is None else present)
            return {key: desired} if changes else {}

        self._log.change(step)
        return found[0]

    def append(self, key: str, value: Value) -> None:
        """Append to the value of a key, which begins empty."""
        self._log.change(lambda values: {text(key): values.get(key, b"") + data(value)})

    def multi_set(self, keys: Sequence[str], values: Sequence[Value]) -> None:
        """Set several keys."""
        pairs: dict[str, bytes | None] = {text(key): data(value) for key, value in zip(keys, values, strict=True)}
        self._log.change(lambda values: pairs)

    def check(self, keys: Sequence[str]) -> bool:
        """Do all these keys have values?"""
        seen = self._seen()
        return all(text(key) in seen for key in keys)

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Wait until all these keys have values."""
        seconds = (timeout or self._timeout).total_seconds()
        deadline = time.monotonic() + seconds
        while not self.check(keys):
            if time.monotonic() > deadline:
                named = ", ".join(keys)
                raise DistStoreError(f"Wait timeout: waiting for key: {named} after {round(seconds * 1000)} ms")
            time.sleep(_NAP)

    def delete_key(self, key: str) -> bool:
        """Remove a key. Was it there?"""
        was_there = self.check([key])
        self._log.change(lambda values: {key: None})
        return was_there

    def num_keys(self) -> int:
        """The number of keys, with one that counts the users of the file."""
        return len(self._seen()) + 1

    def list_keys(self) -> list[str]:
        """All keys that programs have set."""
        return list(self._seen())

    def clone(self) -> FileStore:
        """Another object for the same keys, for another thread."""
        made = copy.copy(self)
        made._original = self
        return made
