"""Saving in another process: a copy of the state goes there, and what is in the checkpoint, or an error, comes back.

The processes that save are as many as those of the program, and a group of their own; they meet in a store. Each is a
fresh interpreter, which does not run the program: what it gets is pickled, so classes of planners and writers have to
be in modules.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any, NamedTuple

from ferrotorch.distributed import _environment

__all__ = ["Place", "main", "saved_elsewhere"]


class Place(NamedTuple):
    """Where the processes that save meet, and which of them one is; no address of one that is alone."""

    address: tuple[str, int] | None
    rank: int
    size: int
    seconds: float


def saved_elsewhere(place: Place, work: Any, state: Any) -> Any:
    """What ``work(state)`` returns in a fresh process.

    Args:
        place: How it finds the others.
        work: A function that can be pickled.
        state: Its argument.

    Raises:
        RuntimeError: the process has ended without an answer.
        BaseException: what ``work`` raised.
    """
    # Pickles speak of `torch` where a program does.
    as_torch = ["-m", "ferrotorch"] if sys.modules.get("torch") is sys.modules["ferrotorch"] else []
    words = [sys.executable, *as_torch, "-c", f"from {__name__} import main; main()"]
    environment = _environment.without_launcher(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    given = pickle.dumps(place) + pickle.dumps((work, state))
    done = subprocess.run(words, input=given, stdout=subprocess.PIPE, env=environment, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"async_save: the process that was to save has ended with status {done.returncode}")
    error, result = pickle.loads(done.stdout)
    if error is not None:
        raise error
    return result


def main() -> None:
    """Save what comes by the standard input, and write the answer to the standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    # What a planner or a writer prints is no answer.
    os.dup2(2, 1)
    place: Place = pickle.load(sys.stdin.buffer)
    _join(place)
    # Meshes of spread tensors know their place only where there is a group.
    work, state = pickle.load(sys.stdin.buffer)
    try:
        answer = pickle.dumps((None, work(state)))
    except BaseException as error:
        answer = _packed(error)
    with answers:
        answers.write(answer)
    _leave()


def _join(place: Place) -> None:
    """Become one of the group."""
    from datetime import timedelta

    from ferrotorch.distributed import HashStore, TCPStore, init_process_group

    timeout = timedelta(seconds=place.seconds)
    store = HashStore() if place.address is None else TCPStore(*place.address, timeout=timeout)
    init_process_group("gloo", store=store, rank=place.rank, world_size=place.size, timeout=timeout)


def _leave() -> None:
    from ferrotorch.distributed import barrier, destroy_process_group

    barrier()
    destroy_process_group()


def _packed(error: BaseException) -> bytes:
    """An error as an answer; one that cannot be pickled by its words."""
    try:
        return pickle.dumps((error, None))
    except Exception:
        return pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), None))
