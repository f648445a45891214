"""The iterators of a `DataLoader`: one that loads in this process, one that has worker processes load."""

from __future__ import annotations

import multiprocessing
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from ._collate import default_collate
from ._fetch import DatasetEnded, DatasetKind, gather, make_fetch
from ._pipes import seed_pipe, shard_pipe, shared_seed_of
from ._worker import STOP, EndOfDataset, RemoteError, Resume, WorkerTask, run_worker
from .dataset import TensorDataset
from .sampler import draw_seed, index_batches

__all__ = ["LoaderIterator", "SingleProcessIterator", "WorkersIterator"]


# What the iterators of packages, which derive from `LoaderIterator`, ask of themselves and its loader knows.
_OF_LOADER = {
    "_IterableDataset_len_called": "_IterableDataset_len_called", "_auto_collation": "_auto_collation",
    "_collate_fn": "collate_fn", "_dataset": "dataset", "_dataset_kind": "_dataset_kind", "_drop_last": "drop_last",
    "_index_sampler": "_index_sampler", "_num_workers": "num_workers", "_persistent_workers": "persistent_workers",
    "_pin_memory": "pin_memory", "_pin_memory_device": "pin_memory_device", "_prefetch_factor": "prefetch_factor",
    "_timeout": "timeout",
}  # fmt: skip


class LoaderIterator:
    """What the two iterators share, and those of packages, which define ``_next_data``.

    They ask a loader for what any loader has that packages hand to them, by the names that those know.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._iterable = loader._dataset_kind == DatasetKind.Iterable
        # The seed of this epoch for all that load parts of one pipe; None for other datasets.
        self._shared_seed = shared_seed_of(loader.dataset)
        # Drawn before the sampler starts, and without workers too, so that the random stream does not depend on them.
        self._base_seed = draw_seed(loader.generator)
        self._num_yielded = 0

    def __getattr__(self, name: str) -> Any:
        if name not in _OF_LOADER or "_loader" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._loader, _OF_LOADER[name])

    @cached_property
    def _sampler_iter(self) -> Iterator[Any]:
        return iter(self._loader._index_sampler)

    @property
    def _world_size(self) -> int:
        return _position_among_processes()[0]

    @property
    def _rank(self) -> int:
        return _position_among_processes()[1]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        batch = self._next_data()
        self._count()
        return batch

    def _next_data(self) -> Any:
        """The next batch; raises StopIteration after the last one."""
        raise NotImplementedError(f"{type(self).__name__} does not define _next_data()")

    def _next_index(self) -> Any:
        """The next indices of the sampler; raises StopIteration after the last ones."""
        return next(self._sampler_iter)

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def _reset(self, loader: Any, first_iter: bool = False) -> None:
        """Begin an epoch of a loader."""
        self._loader = loader
        self._num_yielded = 0
        self.__dict__.pop("_sampler_iter", None)
        self._shared_seed = shared_seed_of(loader.dataset)

    def reset(self) -> None:
        """Begin another epoch."""
        self._reset(self._loader)

    def _count(self) -> None:
        """Note that a batch is handed out; warn where an iterable dataset gives more than was said."""
        self._num_yielded += 1
        if not self._iterable:
            return
        announced = self._loader._IterableDataset_len_called
        if announced is not None and announced < self._num_yielded:
            warnings.warn(
                f"Length of IterableDataset {self._loader.dataset} was reported to be {announced} (when "
                f"accessing len(dataloader)), but {self._num_yielded} samples have been fetched. "
                + (
                    "For multiprocessing data-loading, this could be caused by not properly configuring the "
                    "IterableDataset replica at each worker."
                    if self._loader.num_workers
                    else ""
                ),
                stacklevel=3,
            )


def _position_among_processes() -> tuple[int, int]:
    """How many processes load data for one program, and which of them this is."""
    from ferrotorch import distributed

    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size(), distributed.get_rank()
    return 1, 0


class SingleProcessIterator(LoaderIterator):
    """Loads each batch when it is asked for."""

    def __init__(self, loader: Any) -> None:
        if loader.timeout > 0:
            raise AssertionError(f"a timeout of {loader.timeout} s needs workers to wait for, but num_workers is 0")
        super().__init__(loader)
        self._batches = self._load()

    def _next_data(self) -> Any:
        return next(self._batches)

    def _load(self) -> Iterator[Any]:
        loader = self._loader
        if self._iterable:
            shard_pipe(loader.dataset, self._world_size, self._rank)
            seed_pipe(loader.dataset, self._shared_seed)
        if loader.collate_fn is default_collate and type(loader.dataset) is TensorDataset:
            batches = index_batches(loader.batch_sampler)
            if batches is not None:
                for index in batches:
                    yield gather(loader.dataset, index)
                return
        fetch = make_fetch(
            loader._dataset_kind, loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )
        for indices in loader._index_sampler:
            try:
                batch = fetch(indices)
            except DatasetEnded:
                return
            yield batch


class _Worker:
    """A worker process as the main process sees it."""

    def __init__(self, process: Any, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.active = True
        self.outstanding = 0

    def __getattr__(self, name: str) -> Any:
        """What its process has: ``pid``, ``join``, ``is_alive`` ..."""
        if name == "process":
            raise AttributeError(name)
        return getattr(self.process, name)

    def send(self, message: Any) -> None:
        try:
            self.connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            raise _died([self]) from None

    def stop(self) -> None:
        """Ask the worker to end; it may be gone already."""
        with suppress(OSError):
            self.connection.send_bytes(STOP)
        self.connection.close()


def _died(workers: list[_Worker]) -> RuntimeError:
    for worker in workers:
        worker.process.join(timeout=1)
    ends = ", ".join(f"{worker.process.pid} with exit code {worker.process.exitcode}" for worker in workers)
    return RuntimeError(f"DataLoader worker exited unexpectedly: pid {ends}")


class WorkersIterator(LoaderIterator):
    """Has worker processes load batches ahead, each over a pipe of its own.

    Batches are numbered; workers take them in turn, and each has ``prefetch_factor`` of them waiting or in work. Where
    the order counts, batches that come too early wait in ``_ready``.
    """

    def __init__(self, loader: Any) -> None:
        if loader.prefetch_factor == 0:
            raise AssertionError("prefetch_factor must be positive: workers that load nothing ahead load nothing")
        super().__init__(loader)
        self._workers: list[_Worker] = []
        try:
            for number in range(loader.num_workers):
                self._workers.append(self._start_worker(number))
            # As in PyTorch, which draws another seed of pipes for the epoch that begins: random streams are its own.
            shared_seed_of(loader.dataset)
            self._begin_epoch()
        except BaseException:
            self._shut_down()
            raise

    def _start_worker(self, number: int) -> _Worker:
        loader = self._loader
        context = loader.multiprocessing_context or multiprocessing.get_context()
        task = WorkerTask(
            loader._dataset_kind,
            loader.dataset,
            loader._auto_collation,
            loader.collate_fn,
            loader.drop_last,
            self._base_seed,
            loader.worker_init_fn,
            number,
            loader.num_workers,
            self._shared_seed,
            self._world_size,
            self._rank,
        )
        ours, theirs = context.Pipe()
        forks = context.get_start_method() == "fork"
        inherited = [*(worker.connection for worker in self._workers), ours] if forks else []
        process = context.Process(target=run_worker, args=(task, theirs, inherited), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _begin_epoch(self) -> None:
        self._indices = iter(self._loader._index_sampler)
        self._next_task = 0
        self._next_batch = 0
        self._turn = 0
        self._owners: dict[int, _Worker] = {}
        self._ready: dict[int, Any] = {}
        self._arrived: deque[int] = deque()
        for worker in self._workers:
            worker.active = True
            worker.outstanding = 0
        for _ in range(self._loader.prefetch_factor * len(self._workers)):
            self._assign()

    def reset(self) -> None:
        """Begin another epoch with the same workers."""
        super().reset()
        if not self._workers:
            raise RuntimeError("DataLoader: the workers have been shut down after an error")
        while self._owners:  # an epoch that was left early
            self._receive(time.monotonic() + self._loader.timeout if self._loader.timeout else None)
        for worker in self._workers:
            worker.send(Resume(self._shared_seed))
        self._begin_epoch()

    def _assign(self) -> None:
        """Give the next indices to a worker, if there are any left of both."""
        worker = self._choose()
        if worker is None:
            return
        try:
            indices = next(self._indices)
        except StopIteration:
            return
        worker.send((self._next_task, indices))
        worker.outstanding += 1
        self._owners[self._next_task] = worker
        self._next_task += 1

    def _choose(self) -> _Worker | None:
        """The active worker whose turn it is, or without order the least busy one."""
        count = len(self._workers)
        candidates = [self._workers[(self._turn + i) % count] for i in range(count)]
        active = [worker for worker in candidates if worker.active]
        if not active:
            return None
        worker = active[0] if self._loader.in_order else min(active, key=lambda worker: worker.outstanding)
        if worker.outstanding >= self._loader.prefetch_factor:
            return None
        self._turn = self._workers.index(worker) + 1
        return worker

    def __next__(self) -> Any:
        try:
            batch = self._next_in_order() if self._loader.in_order else self._next_ready()
        except StopIteration:
            if not self._loader.persistent_workers:
                self._shut_down()
            raise
        except BaseException:
            self._shut_down()
            raise
        self._count()
        if isinstance(batch, RemoteError):
            batch.reraise()
        return batch

    def _next_in_order(self) -> Any:
        deadline = time.monotonic() + self._loader.timeout if self._loader.timeout else None
        while True:
            number = self._next_batch
            if number in self._ready:
                self._next_batch += 1
                self._arrived.remove(number)
                batch = self._ready.pop(number)
                self._assign()
                return batch
            if number in self._owners:
                self._receive(deadline)
            elif number < self._next_task:
                self._next_batch += 1  # its worker's dataset had ended
            else:
                raise StopIteration

    def _next_ready(self) -> Any:
        deadline = time.monotonic() + self._loader.timeout if self._loader.timeout else None
        while not self._arrived:
            if not self._owners:
                raise StopIteration
            self._receive(deadline)
        batch = self._ready.pop(self._arrived.popleft())
        self._assign()
        return batch

    def _receive(self, deadline: float | None) -> None:
        """Take in what the workers have sent, waiting for something if there is nothing."""
        pending = {id(worker): worker for worker in self._owners.values()}
        connections = {worker.connection: worker for worker in pending.values()}
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        arrived = wait(list(connections), timeout)
        if not arrived:
            raise RuntimeError(f"DataLoader timed out after {self._loader.timeout} seconds")
        for connection in arrived:
            worker = connections[connection]  # type: ignore[index]
            try:
                number, batch = worker.connection.recv()
            except (EOFError, ConnectionResetError):
                raise _died([worker]) from None
            del self._owners[number]
            worker.outstanding -= 1
            if isinstance(batch, EndOfDataset):
                worker.active = False
                self._assign()
            else:
                self._ready[number] = batch
                self._arrived.append(number)

    def _shut_down(self) -> None:
        """End the workers, by force if they do not end by themselves."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.process.join(timeout=5)
            if worker.process.is_alive():
                worker.process.terminate()
                worker.process.join()

    def __del__(self) -> None:
        if sys.is_finalizing():
            # Nothing can be sent any more: the interpreter has ended the workers, which are daemons.
            return
        # Workers end by themselves once told; waiting for them here could block, or import, in a garbage collection.
        for worker in self.__dict__.get("_workers", ()):
            worker.stop()
