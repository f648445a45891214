"""Errors of processes that a launcher started, written down where it looks for them.

A launcher that wants to know why a process ended names a file by ``TORCHELASTIC_ERROR_FILE``. ``mpiexec`` does not; its
processes show their errors themselves.
"""

from __future__ import annotations

import faulthandler
import json
import os
import time
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["ErrorHandler", "get_error_handler", "record"]

F = TypeVar("F", bound=Callable[..., Any])


class ErrorHandler:
    """Writes exceptions, as JSON, into the file that ``TORCHELASTIC_ERROR_FILE`` names; does nothing without it."""

    def initialize(self) -> None:
        """Show where threads are when a signal ends the process."""
        faulthandler.enable(all_threads=True)

    def record_exception(self, e: BaseException) -> None:
        """Write an exception down, with its traceback and the time."""
        path = os.environ.get("TORCHELASTIC_ERROR_FILE")
        if not path:
            return
        extra = {"py_callstack": "".join(traceback.format_exception(e)), "timestamp": str(int(time.time()))}
        report = {"message": {"message": f"{type(e).__name__}: {e}", "extraInfo": extra}}
        Path(path).write_text(json.dumps(report))


def get_error_handler() -> ErrorHandler:
    """The handler that :func:`record` uses by default."""
    return ErrorHandler()


def record(fn: F, error_handler: ErrorHandler | None = None) -> F:
    """A decorator of a program's main function: what it raises is written down for the launcher, and raised.

    Args:
        fn: The function.
        error_handler: Who writes; by default :class:`ErrorHandler`.
    """
    handler = error_handler or get_error_handler()

    @wraps(fn)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        handler.initialize()
        try:
            return fn(*args, **kwargs)
        except SystemExit:
            raise
        except BaseException as error:
            handler.record_exception(error)
            raise

    return recorded  # type: ignore[return-value]
