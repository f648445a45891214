"""Processes that run one function, and whose errors are raised where they are waited for."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

__all__ = [
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "spawn",
    "start_processes",
]


class ProcessException(Exception):
    """A process did not end well."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """A process ended by an exception, whose traceback is the message."""


class ProcessExitedException(ProcessException):
    """A process ended by a signal, or with another exit code than 0."""

    def __init__(
        self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _run(function: Callable[..., Any], index: int, args: tuple[Any, ...], error_file: str) -> None:
    try:
        function(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        raise SystemExit(1) from None


class ProcessContext:
    """Processes that were started together.

    Attributes:
        processes: The processes.
        error_files: Where they write down the traceback of an exception.
    """

    def __init__(self, processes: list[Any], error_files: list[str]) -> None:
        self.processes, self.error_files = processes, error_files
        self._indices = {process.sentinel: i for i, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """The numbers of the processes."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait for one or more of the processes; if one fails end the others, and raise its error.

        Args:
            timeout: Seconds to wait at most.
            grace_period: Seconds that the others have to end by themselves.

        Returns:
            whether all have ended.
        """
        if not self._indices:
            return True
        ready = multiprocessing.connection.wait(list(self._indices), timeout)
        failed = None
        for sentinel in ready:
            index = self._indices.pop(sentinel)
            self.processes[index].join()
            if self.processes[index].exitcode != 0 and failed is None:
                failed = index
        if failed is None:
            return not self._indices
        self._end_others(grace_period)
        raise self._error_of(failed)

    def _end_others(self, grace_period: float | None) -> None:
        if grace_period is not None:
            ends = time.monotonic() + grace_period
            for process in self.processes:
                process.join(max(0.0, ends - time.monotonic()))
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        for process in self.processes:
            process.join(30)
            if process.is_alive():
                process.kill()
            process.join()

    def _error_of(self, index: int) -> ProcessException:
        process = self.processes[index]
        path = self.error_files[index]
        if os.path.getsize(path):
            with open(path, "rb") as file:
                text = pickle.load(file)
            message = f"\n\n-- Process {index} terminated with the following error:\n{text}"
            return ProcessRaisedException(message, index, process.pid)
        code = process.exitcode
        if code < 0:
            name = signal.Signals(-code).name if -code in list(signal.Signals) else f"<Unknown signal {-code}>"
            return ProcessExitedException(
                f"process {index} terminated with signal {name}", index, process.pid, code, name
            )
        return ProcessExitedException(f"process {index} terminated with exit code {code}", index, process.pid, code)

    def __del__(self) -> None:
        for path in self.error_files:
            if os.path.exists(path):
                os.unlink(path)


class SpawnContext(ProcessContext):
    """The older name of :class:`ProcessContext`."""


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
    **kwargs: Any,
) -> ProcessContext | None:
    """Run ``fn(i, *args)`` in processes ``i = 0 ... nprocs - 1``.

    Args:
        fn: The function; to be found by its name in its module, unless processes are forked.
        args: Its arguments but the first.
        nprocs: Number of processes.
        join: Wait for all of them?
        daemon: End them with this process?
        start_method: ``"spawn"``, ``"fork"`` or ``"forkserver"``.

    Returns:
        None, or without ``join`` the processes.

    Raises:
        ProcessRaisedException: one of them raised an exception; the others have been ended.
        ProcessExitedException: one of them ended by a signal or with an exit code.
    """
    context: Any = multiprocessing.get_context(start_method)
    processes, files = [], []
    for i in range(nprocs):
        handle, path = tempfile.mkstemp(prefix="ferrotorch-error-", suffix=".pickle")
        os.close(handle)
        process = context.Process(target=_run, args=(fn, i, args, path), daemon=daemon)
        process.start()
        processes.append(process)
        files.append(path)
    started = SpawnContext(processes, files)
    if not join:
        return started
    while not started.join(**kwargs):
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """:func:`start_processes` with processes that start afresh."""
    if start_method != "spawn":
        warnings.warn(
            f"This method only supports start_method=spawn (got: {start_method}).\n"
            "To use a different start_method use:\n\t\t torch.multiprocessing.start_processes(...)",
            FutureWarning,
            stacklevel=2,
        )
    return start_processes(fn, args, nprocs, join, daemon, start_method="spawn")
