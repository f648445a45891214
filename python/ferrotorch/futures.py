"""Results that are there later."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

_log = logging.getLogger(__name__)
T = TypeVar("T")
S = TypeVar("S")


class Future(Generic[T]):
    """A result that another thread sets.

    Args:
        devices: Accepted as in PyTorch; a tensor's work is in order on its device.
    """

    def __init__(self, *, devices: list[Any] | None = None) -> None:
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._value: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future[T]], None]] = []

    def done(self) -> bool:
        """Is the result, or an error, there?"""
        return self._done.is_set()

    def wait(self) -> T:
        """The result, when it is there. Raises the error that was set instead."""
        self._done.wait()
        return self.value()

    def value(self) -> T:
        """The result. Raises the error that was set instead.

        Raises:
            RuntimeError: it is not there yet.
        """
        if not self._done.is_set():
            raise RuntimeError("Future is not done: value() asks for a result that is there, wait() waits for it")
        if self._error is not None:
            raise self._error
        return self._value

    def then(self, callback: Callable[[Future[T]], S]) -> Future[S]:
        """A future with what ``callback`` returns for this one once it is done."""
        following = self._following()

        def run(done: Future[T]) -> None:
            try:
                following.set_result(callback(done))
            except Exception as error:
                following.set_exception(_failed(error))

        self.add_done_callback(run)
        return following

    def _following(self) -> Future[Any]:
        return Future()

    def add_done_callback(self, callback: Callable[[Future[T]], None]) -> None:
        """Call ``callback`` with this future once it is done; at once if it is. Its errors are logged, not raised."""
        with self._lock:
            if not self._done.is_set():
                self._callbacks.append(callback)
                return
        self._call(callback)

    def _call(self, callback: Callable[[Future[T]], None]) -> None:
        try:
            callback(self)
        except Exception as error:
            _log.error("%s", _failed(error))

    def __reduce__(self) -> Any:
        raise RuntimeError("Can not pickle torch.futures.Future")

    def set_result(self, result: T) -> None:
        """Set the result.

        Raises:
            RuntimeError: a result is there already.
        """
        self._finish(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Set an error that :meth:`wait` raises."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._finish(None, result)

    def _finish(self, value: Any, error: BaseException | None) -> None:
        with self._lock:
            if self._done.is_set():
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked "
                    "completed once."
                )
            self._value, self._error = value, error
            self._done.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._call(callback)


def _failed(error: Exception) -> RuntimeError:
    """The error of a callback, with where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    places = "".join(f"\n  {frame.filename}({frame.lineno}): {frame.name}" for frame in reversed(frames))
    text = f"Got the following error when running the callback: {type(error).__name__}: {error}"
    return RuntimeError(f"{text}\n\nAt:{places}\n" if places else text)


def _require_futures(futures: list[Any]) -> None:
    if any(future is None for future in futures):
        raise RuntimeError("Future can't be None")


def collect_all(futures: list[Future[Any]]) -> Future[list[Future[Any]]]:
    """A future that is done when all of a list are; its result is the list."""
    _require_futures(futures)
    together: Future[list[Future[Any]]] = Future()
    left, lock = [len(futures)], threading.Lock()

    def count(_: Future[Any]) -> None:
        with lock:
            left[0] -= 1
            is_last = left[0] == 0
        if is_last:
            together.set_result(futures)

    if not futures:
        together.set_result(futures)
    for future in futures:
        future.add_done_callback(count)
    return together


def wait_all(futures: list[Future[Any]]) -> list[Any]:
    """The results of all futures; raises the first error among them.

    Raises:
        RuntimeError: one of them is None.
    """
    _require_futures(futures)
    return [future.wait() for future in futures]
