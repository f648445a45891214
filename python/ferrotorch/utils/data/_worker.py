"""What runs in a worker process of a `DataLoader`."""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import ferrotorch

from ._fetch import DatasetEnded, Fetch, make_fetch
from ._pipes import seed_pipe, shard_pipe

__all__ = [
    "STOP",
    "EndOfDataset",
    "ManagerWatchdog",
    "RemoteError",
    "Resume",
    "Stop",
    "WorkerInfo",
    "WorkerTask",
    "get_worker_info",
    "run_worker",
]


class WorkerInfo:
    """What `get_worker_info` returns.

    Attributes:
        id: number of the worker, from 0.
        num_workers: number of workers.
        seed: seed of the worker, different in each.
        dataset: the worker's copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any

    def __init__(self, id: int, num_workers: int, seed: int, dataset: Any) -> None:
        self.__dict__.update(id=id, num_workers=num_workers, seed=seed, dataset=dataset)

    def __setattr__(self, name: str, value: Any) -> None:
        raise RuntimeError(f"Cannot assign attributes to {type(self).__name__} objects")

    def __repr__(self) -> str:
        return f"WorkerInfo({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a `DataLoader`, who this worker is; None in the main process."""
    return _worker_info


class RemoteError:
    """An exception on its way from a worker, with the text of its traceback."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.kind = _kind_to_raise(type(error))
        self.text = f"Caught {type(error).__name__} {where}.\nOriginal {''.join(traceback.format_exception(error))}"

    def reraise(self) -> None:
        """Raise the exception again, with the worker's traceback in its message."""
        if self.kind is KeyError:
            raise KeyError(_Verbatim(self.text))
        try:
            error = self.kind(self.text)
        except Exception:  # its constructor takes something else than a message
            error = RuntimeError(self.text)
        if self.text not in str(error):
            error.add_note(self.text)
        raise error


def _kind_to_raise(kind: type[BaseException]) -> type[Exception]:
    """The class of an exception, or its nearest base, that can travel between processes and is seen when it is raised.

    The end of an iteration or of the program, raised again, would end the loop over the batches, or the main program,
    without a word.
    """
    if not issubclass(kind, Exception) or issubclass(kind, StopIteration | StopAsyncIteration):
        return RuntimeError
    for base in kind.__mro__:
        try:
            ForkingPickler.dumps(base)
        except Exception:  # a class that pickle cannot find by its name
            continue
        return base
    return RuntimeError


class _Verbatim(str):
    """A message that `KeyError` prints as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass
class EndOfDataset:
    """The iterable dataset of a worker has ended."""

    worker_id: int


@dataclass
class Resume:
    """Begin another epoch; ``seed`` is that of pipes which all workers take parts of."""

    seed: int | None = None


@dataclass
class Stop:
    """No more work will come."""


# As it goes through a pipe: when the program ends, nothing can be pickled any more.
STOP = bytes(ForkingPickler.dumps(Stop()))


@dataclass
class WorkerTask:
    """All that a worker needs to know."""

    kind: int
    dataset: Any
    auto_collation: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    base_seed: int
    init_fn: Callable[[int], None] | None
    id: int
    num_workers: int
    shared_seed: int | None
    world_size: int
    rank: int


class ManagerWatchdog:
    """Tells a worker whether the process that it works for is still there."""

    def __init__(self) -> None:
        self._manager = os.getppid()

    def is_alive(self) -> bool:
        """Is it? A process whose parent has ended gets another one."""
        return os.getppid() == self._manager


def _generate_state(base_seed: int, worker_id: int) -> Any:
    """Four words that seed NumPy in a worker, by its ``SeedSequence``."""
    import numpy

    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return numpy.random.SeedSequence(words).generate_state(4).tolist()


def _seed(task: WorkerTask) -> int:
    """Seed the worker's random number generators."""
    seed = task.base_seed + task.id
    random.seed(seed)
    ferrotorch.manual_seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(_generate_state(task.base_seed, task.id))
    return seed


def _prepare(task: WorkerTask) -> Fetch | RemoteError:
    """Open the dataset; what goes wrong here is reported with the first batch."""
    try:
        # Processes first, then the workers of each: so every process gets as much as the others.
        shard_pipe(task.dataset, task.num_workers * task.world_size, task.id * task.world_size + task.rank)
        if task.init_fn is not None:
            task.init_fn(task.id)
        seed_pipe(task.dataset, task.shared_seed)
        return make_fetch(task.kind, task.dataset, task.auto_collation, task.collate_fn, task.drop_last)
    except BaseException as error:
        return RemoteError(error, f"in DataLoader worker process {task.id}")


def _answer(task: WorkerTask, fetch: Fetch | RemoteError, indices: Any) -> Any:
    if isinstance(fetch, RemoteError):
        return fetch
    try:
        return fetch(indices)
    except DatasetEnded:
        return EndOfDataset(task.id)
    except BaseException as error:
        return RemoteError(error, f"in DataLoader worker process {task.id}")


def _send_all(results: queue.SimpleQueue[Any], connection: Connection, id: int) -> None:
    """Send results as they come, in a thread of its own so that fetching goes on while the pipe is full."""
    while (item := results.get()) is not None:
        try:
            connection.send(item)
        except (BrokenPipeError, ConnectionResetError):
            return  # nobody is listening any more
        except Exception as error:  # the batch cannot be pickled
            connection.send((item[0], RemoteError(error, f"in DataLoader worker process {id}")))


def run_worker(task: WorkerTask, connection: Connection, inherited: list[Connection]) -> None:
    """Serve requests ``(number, indices)`` with ``(number, batch)`` until told to stop or the main process is gone.

    Args:
        task: what to do.
        connection: the worker's end of its pipe.
        inherited: ends of pipes that forking copied into this process; closed, so that a pipe ends with its owner.
    """
    global _worker_info
    for other in inherited:
        other.close()
    # The thread pool of the parent does not exist in a forked child, and workers share the cores anyway.
    ferrotorch.set_num_threads(1)
    seed = _seed(task)
    _worker_info = WorkerInfo(task.id, task.num_workers, seed, task.dataset)
    fetch = _prepare(task)
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    sender = threading.Thread(target=_send_all, args=(results, connection, task.id), daemon=True)
    sender.start()
    try:
        while not isinstance(request := connection.recv(), Stop):
            if isinstance(request, Resume):
                fetch = _prepare_again(task, request.seed)
            else:
                number, indices = request
                results.put((number, _answer(task, fetch, indices)))
    except (EOFError, ConnectionResetError, KeyboardInterrupt):
        pass
    results.put(None)


def _prepare_again(task: WorkerTask, seed: int | None) -> Fetch | RemoteError:
    """Open the dataset for another epoch; the init function is not run again."""
    try:
        seed_pipe(task.dataset, seed)
        return make_fetch(task.kind, task.dataset, task.auto_collation, task.collate_fn, task.drop_last)
    except BaseException as error:
        return RemoteError(error, f"in DataLoader worker process {task.id}")


# What packages know these by.
_IterableDatasetStopIteration = EndOfDataset
_ResumeIteration = Resume
