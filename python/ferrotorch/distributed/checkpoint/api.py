"""What went wrong in which process."""

from __future__ import annotations

import traceback
from typing import Any

__all__ = ["CheckpointException"]

Failure = tuple[BaseException, traceback.StackSummary]


class CheckpointException(BaseException):
    """A checkpoint could not be written or read: every process of the call raises it, whichever failed.

    Args:
        msg: The step that failed.
        failures: By rank, the exception and the place where it was raised.
    """

    def __init__(self, msg: str, failures: dict[int, Failure]) -> None:
        super().__init__(msg, failures)
        self._failures = failures

    @property
    def failures(self) -> dict[int, Failure]:
        """By rank, the exception and the place where it was raised."""
        return self._failures

    def __str__(self) -> str:
        lines = [f"CheckpointException ranks:{self._failures.keys()}\n"]
        for rank, (error, places) in self._failures.items():
            lines.append(f"Traceback (most recent call last): (RANK {rank})\n")
            lines += traceback.format_list(places)
            lines += traceback.format_exception_only(type(error), value=error)
        return "".join(lines)


def _wrap_exception(error: BaseException) -> Failure:
    """An exception as it is sent to other processes: one that cannot be pickled goes as its text."""
    import pickle

    places = traceback.extract_tb(error.__traceback__)
    for place in places:
        # Code, which Python 3.13 keeps here, cannot be pickled.
        if hasattr(place, "_code"):
            object.__setattr__(place, "_code", None)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception_only(type(error), error)).strip()), places
    return error, places


def _is_wrapped_exception(thing: Any) -> bool:
    """Is it what :func:`_wrap_exception` returns?"""
    return (
        isinstance(thing, tuple)
        and len(thing) == 2
        and isinstance(thing[0], BaseException)
        and isinstance(thing[1], traceback.StackSummary)
    )
