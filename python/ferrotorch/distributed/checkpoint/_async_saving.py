"""Saving in a thread or another process, beside the program and beside the messages of its group."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from ferrotorch.distributed._stores import TCPStore
from ferrotorch.distributed.checkpoint._messages import Alone, Messages, OfStore
from ferrotorch.distributed.checkpoint._saving_process import Place, saved_elsewhere
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, Metadata
from ferrotorch.distributed.checkpoint.staging import AsyncStager, BlockingAsyncStager
from ferrotorch.distributed.checkpoint.utils import messages_of

__all__ = ["AsyncCheckpointerType", "AsyncSaveResponse", "saved_beside"]


class AsyncCheckpointerType(Enum):
    """Who saves: a thread of the process, or another process."""

    THREAD = "thread"
    PROCESS = "process"


@dataclass
class AsyncSaveResponse:
    """What is still to come of a call: the copy of the state, and the checkpoint."""

    staging_completion: Future[None]
    upload_completion: Future[Any]


def saved_beside(
    state: STATE_DICT_TYPE,
    writer: Any,
    stager: Any,
    work: Callable[[STATE_DICT_TYPE, Messages], Metadata],
    process_group: Any,
    no_dist: bool,
    kind: AsyncCheckpointerType,
) -> Future[Any] | AsyncSaveResponse:
    """Copy a state and save the copy in a thread, or in another process for which a thread waits.

    Args:
        state: The state.
        writer: Copies it, if it can and no other does.
        stager: Copies it.
        work: Saves the copy, and talks to the other processes as it is told to; by the group of all if by None.
        process_group: Who takes part.
        no_dist: This process alone does.
        kind: Who saves.
    """
    if stager is None:
        stager = writer if isinstance(writer, AsyncStager) else BlockingAsyncStager()
    staged = stager.stage(state)
    of_group = messages_of(process_group, no_dist)
    store, address = _own_store(of_group)
    if kind is AsyncCheckpointerType.PROCESS:
        place = Place(address, of_group.rank, of_group.size, _seconds(of_group))
        target, about = _run_elsewhere, (place, store)
    else:
        target, about = _run, (_own_messages(of_group, store, address),)  # type: ignore[assignment]
    saved: Future[Any] = Future()
    thread = threading.Thread(target=target, args=(saved, staged, work, *about), name="AsyncCheckpointExecutor")
    thread.start()
    if stager.should_synchronize_after_execute and not isinstance(staged, Future):
        stager.synchronize_staging()
    return AsyncSaveResponse(_end_of(staged), saved) if isinstance(staged, Future) else saved


def _run(saved: Future[Any], staged: Any, work: Callable[..., Metadata], messages: Messages) -> None:
    """What the thread does."""
    try:
        saved.set_result(work(staged.result() if isinstance(staged, Future) else staged, messages))
    except BaseException as error:
        saved.set_exception(error)
    # Who keeps the store keeps it until everybody has heard the end.
    with suppress(Exception):
        messages.gather(None)


def _run_elsewhere(saved: Future[Any], staged: Any, work: Any, place: Place, store: Any) -> None:
    """What the thread does that waits for a process. It keeps the store, in which the processes meet."""
    try:
        state = staged.result() if isinstance(staged, Future) else staged
        saved.set_result(saved_elsewhere(place, work, state))
    except BaseException as error:
        saved.set_exception(error)


def _end_of(staged: Future[Any]) -> Future[None]:
    """A future that says no more than that another is done."""
    end: Future[None] = Future()

    def tell(done: Future[Any]) -> None:
        error = done.exception()
        if error is None:
            end.set_result(None)
        else:
            end.set_exception(error)

    staged.add_done_callback(tell)
    return end


def _seconds(of_group: Messages) -> float:
    seconds: float = of_group._group._timeout if of_group.size > 1 else 300.0  # type: ignore[attr-defined]
    return seconds


def _own_store(of_group: Messages) -> tuple[Any, tuple[str, int] | None]:
    """A store in which a way to talk can be made that the program does not use, at the root, and where it is.

    None of both for a process that is alone.
    """
    if of_group.size == 1:
        return None, None
    timeout = timedelta(seconds=_seconds(of_group))
    store = TCPStore("127.0.0.1", 0, is_master=True, timeout=timeout) if of_group.rank == of_group.root else None
    return store, of_group.broadcast(None if store is None else (_name_of_machine(), store.port))


def _own_messages(of_group: Messages, store: Any, address: tuple[str, int] | None) -> Messages:
    """A way for threads to talk: by a store."""
    if address is None:
        return Alone()
    timeout = timedelta(seconds=_seconds(of_group))
    return OfStore(store or TCPStore(*address, timeout=timeout), of_group.rank, of_group.size)


def _name_of_machine() -> str:
    """Where processes of the job find this one."""
    is_on_one_machine = os.environ.get("LOCAL_WORLD_SIZE") == os.environ.get("WORLD_SIZE")
    return "127.0.0.1" if is_on_one_machine else socket.gethostname()
