"""Waiting for one another."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from ferrotorch.distributed._debug import Call, compared
from ferrotorch.distributed._groups import ProcessGroup, hear, member, tell
from ferrotorch.distributed._work import DistBackendError, Work

__all__ = ["barrier", "monitored_barrier"]

# Beyond the numbers that `new_group` uses on the same communicator.
_TAG = 32001


def barrier(
    group: Any = None, async_op: bool = False, device_ids: Any = None, timeout: timedelta | None = None
) -> Work | None:
    """Wait until all processes of a group are here.

    Args:
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        device_ids: Accepted.
        timeout: How long to wait; by default the group's time. With ``async_op`` it is for `Work.wait` to say.

    Raises:
        DistBackendError: not all come in time, or a process has ended.
    """
    found = member("barrier", group)
    if found is None:
        return None
    # What compares calls waits as long as the group allows, unless it is beside the operation.
    is_beside = async_op or timeout is not None
    work = Work(found, "barrier", compared(found, Call("barrier", []), found._communicator.barrier, is_beside), [])
    if async_op:
        return work
    work.wait(timeout)
    return None


def monitored_barrier(group: Any = None, timeout: timedelta | None = None, wait_all_ranks: bool = False) -> None:
    """Wait until all processes of a group are here; if not all come in time, say who is missing.

    Args:
        group: The processes; by default all.
        timeout: How long to wait; by default the group's time.
        wait_all_ranks: Name all who are missing, not the first one alone.

    Raises:
        DistBackendError: a process has not come in time; raised in all that have.
    """
    found = member("monitored_barrier", group)
    if found is None or found.size() == 1:
        return
    seconds = found._timeout if timeout is None else timeout.total_seconds()
    if found.rank() == 0:
        _collect(found, seconds, wait_all_ranks)
    else:
        _report(found, seconds)


def _collect(group: ProcessGroup, seconds: float, wait_all_ranks: bool) -> None:
    """The first process waits for all others, then lets them go on."""
    deadline = time.monotonic() + seconds
    arrivals = {rank: hear(group, rank, _TAG, "monitored_barrier") for rank in group.ranks[1:]}
    missing = []
    for rank, arrival in arrivals.items():
        try:
            arrival.wait(timedelta(seconds=max(deadline - time.monotonic(), 0.0)))
        except DistBackendError:
            missing.append(rank)
            if not wait_all_ranks:
                break
    if missing:
        ranks = ", ".join(map(str, missing))
        raise DistBackendError(
            f"[Rank {group.ranks[0]}]: Rank {ranks} failed to pass monitoredBarrier in {seconds * 1000:g} ms"
        )
    for rank in group.ranks[1:]:
        tell(group, rank, _TAG, "monitored_barrier").wait()


def _report(group: ProcessGroup, seconds: float) -> None:
    """The others tell the first process that they are here, and wait for its answer."""
    first = group.ranks[0]
    tell(group, first, _TAG, "monitored_barrier").wait(timedelta(seconds=seconds))
    try:
        # The first process may wait as long for another one before it answers.
        hear(group, first, _TAG, "monitored_barrier").wait(timedelta(seconds=seconds + 1.0))
    except DistBackendError as error:
        raise DistBackendError(
            f"Rank {group._global_rank} successfully reached monitoredBarrier, but received errors while waiting to "
            f"be unblocked by rank {first}. Please check rank {first} logs for faulty rank. Original exception: {error}"
        ) from error
