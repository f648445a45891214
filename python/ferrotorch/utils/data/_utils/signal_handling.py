"""Worker processes that die: noticed by the process that waits for them."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from typing import Any

__all__: list[str] = []

# The workers of each loader's iterator, by its number.
_WORKERS: dict[int, tuple[int, ...]] = {}
_is_handled = False


def _set_worker_signal_handlers() -> None:
    """In a worker: show where its threads are when a signal such as SIGSEGV or SIGBUS ends it."""
    faulthandler.enable(all_threads=True)


def _set_worker_pids(key: int, pids: tuple[int, ...]) -> None:
    """Watch processes.

    Raises:
        ValueError: others are watched under this number.
    """
    if key in _WORKERS:
        raise ValueError("_set_worker_pids should be called only once for each _BaseDataLoaderIter.")
    _WORKERS[key] = tuple(pids)


def _remove_worker_pids(key: int) -> None:
    """Watch these processes no longer.

    Raises:
        ValueError: none are watched under this number.
    """
    if key not in _WORKERS:
        raise ValueError(f"Cannot find worker information for _BaseDataLoaderIter with id {key}")
    del _WORKERS[key]


def _error_if_any_worker_fails() -> None:
    """Look after the watched processes, without taking their exit status from who waits for them.

    Raises:
        RuntimeError: one has ended by a signal or an error.
    """
    for key, pids in list(_WORKERS.items()):
        for pid in pids:
            try:
                ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                continue  # somebody has waited for it
            if ended is None or (ended.si_code == os.CLD_EXITED and ended.si_status == 0):
                continue
            _WORKERS[key] = ()
            if ended.si_code == os.CLD_EXITED:
                end = f"exited unexpectedly with exit code {ended.si_status}"
            else:
                end = f"is killed by signal: {signal.strsignal(ended.si_status)}. "
            raise RuntimeError(f"DataLoader worker (pid {pid}) {end}")


def _set_SIGCHLD_handler() -> None:
    """Look after the watched processes whenever a child of this process ends, and then do what was done before.

    Only the main thread may say what happens at a signal; called in another, this does nothing. Windows has no
    such signal.
    """
    global _is_handled
    if _is_handled or not hasattr(signal, "SIGCHLD") or threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGCHLD)

    def handle(number: int, frame: Any) -> None:
        _error_if_any_worker_fails()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGCHLD, handle)
    _is_handled = True
