"""Operations on their way: waiting for them, with a limit of time, and never for a process that has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from ferrotorch import _C
from ferrotorch.autograd import profiler
from ferrotorch.distributed._communicator import Request
from ferrotorch.futures import Future

__all__ = ["DistBackendError", "DistError", "Work", "progress", "wait_for"]

Tensor = _C.Tensor
S = TypeVar("S")

# Asked so long without a break, in seconds: a message through shared memory takes a few microseconds, and a nap 70 at
# least. Where processes outnumber processors the one that asks keeps the one that is to answer from it.
_EAGER, _EAGER_IN_CROWDS = 5e-4, 5e-5
_TESTS_AT_ONCE = 20
# Then by naps. Processes may outnumber processors, and who yields without sleeping waits for all others to have had
# their turn, which costs milliseconds; a sleeper is woken at once.
_NAP = 2e-5
_LONG_NAP = 2e-4
_PATIENCE = 1.0
_LOOK_AROUND_EVERY = 0.1
# What a process has sent before it ended may still be arriving.
_GRACE = 1.0


class DistError(RuntimeError):
    """An error of a collective operation."""


class DistBackendError(DistError):
    """What carries messages has failed, or takes longer than the group allows."""


def wait_for(request: Request, name: str, group: Any, timeout: float) -> None:
    """Wait until a request is done.

    Raises:
        DistBackendError: it takes longer than ``timeout`` seconds, or a process of the group has ended meanwhile.
    """
    begin = time.monotonic()
    while True:
        for _ in range(_TESTS_AT_ONCE):
            if request.Test():
                return
        if time.monotonic() - begin > _eager():
            break
    looked, alone_since = begin, None
    while not request.Test():
        now = time.monotonic()
        if now - looked > _LOOK_AROUND_EVERY:
            looked = now
            missing = group._departed()
            alone_since = (alone_since or now) if missing else None
            if alone_since is not None and now - alone_since > _GRACE:
                raise DistBackendError(
                    f"{name}: rank {missing[0]} has ended while rank {group._global_rank} waits for it"
                )
            if now - begin > timeout:
                raise DistBackendError(
                    f"{name}: timed out after {timeout:g} s on rank {group._global_rank} of group {group.group_name!r} "
                    f"(ranks {group.ranks}): at least one of them has not called it"
                )
        time.sleep(_NAP if now - begin < _PATIENCE else _LONG_NAP)


@cache
def _eager() -> float:
    """How long to ask without a break."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _EAGER if here <= processors else _EAGER_IN_CROWDS


# Operations whose tensors MPI may still be writing to, whatever became of the objects that stand for them.
_pending: set[Work] = set()


def progress() -> None:
    """Move on what is under way: MPI works while it is called."""
    for work in list(_pending):
        if work._error is None and not work._is_receipt:
            work.is_completed()


class Work:
    """An operation that is on its way.

    Results are in the tensors of the call once :meth:`wait` has returned, and not before.
    """

    def __init__(
        self,
        group: Any,
        name: str,
        request: Request,
        results: Sequence[Tensor],
        finish: Callable[[], object] | None = None,
        keep: object = None,
    ) -> None:
        self._group, self._name, self._request = group, name, request
        self._results, self._finish, self._keep = list(results), finish, keep
        self._is_done = False
        self._is_receipt = hasattr(request, "source")
        self._error: BaseException | None = None
        self._future: WorkFuture[Any] | None = None
        self._begun = profiler.beginning()
        _pending.add(self)

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Wait for the end of the operation; True.

        Raises:
            DistBackendError: it takes longer than ``timeout``, by default the group's, or a process has ended.
        """
        if not self._is_done:
            seconds = self._group._timeout if timeout is None else timeout.total_seconds()
            with profiler.record_function("mpi:wait"):
                self._attempt(lambda: wait_for(self._request, self._name, self._group, seconds))
            self._complete()
        return True

    def is_completed(self) -> bool:
        """Is the operation done? Asking moves it on."""
        if not self._is_done and self._attempt(self._request.Test):
            self._complete()
        return self._is_done

    def is_success(self) -> bool:
        """Is it done, without an error?"""
        return self._is_done and self._error is None

    def exception(self) -> BaseException | None:
        """The error by which the operation ended."""
        return self._error

    def synchronize(self) -> None:
        """Wait for the end of the operation."""
        self.wait()

    def result(self) -> list[Tensor]:
        """The tensors with the results."""
        self.wait()
        return self._results

    def source_rank(self) -> int:
        """The process that a received message came from."""
        if not self._is_receipt:
            raise RuntimeError(f"sourceRank() may only be called on work objects of a recv, not of {self._name}")
        return self._group._to_global(self._request.source())  # type: ignore[attr-defined]

    def get_future(self) -> Future[Any]:
        """A future whose result is the list of tensors with the results."""
        if self._future is None:
            self._future = WorkFuture(self)
            if self._is_done:
                self._future.set_result(self._results)
        return self._future

    def _attempt(self, step: Callable[[], S]) -> S:
        try:
            return step()
        except BaseException as error:
            # The memory stays in `_pending`: who knows whether a message still comes.
            self._error = error
            raise

    def _complete(self) -> None:
        self._is_done = True
        _pending.discard(self)
        if self._begun:
            profiler.note_async(f"mpi:{self._name}", self._begun)
        if self._finish is not None:
            self._finish()
        self._finish = self._keep = None
        if self._future is not None:
            self._future.set_result(self._results)


class WorkFuture(Future[S]):
    """The future result of an operation: who waits for it moves the operation on."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def done(self) -> bool:
        """Is the result there?"""
        self._work.is_completed()
        return super().done()

    def wait(self) -> S:
        """The result, when it is there."""
        self._work.wait()
        return super().wait()

    def _following(self) -> Future[Any]:
        return WorkFuture(self._work)
