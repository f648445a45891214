"""What loaders of packages, which bring iterators and workers of their own, take from the private parts of this one."""

import os
import queue
import signal
import threading

import ferrotorch as torch
import pytest
from ferrotorch.utils.data import DataLoader, IterableDataset, _DatasetKind, _utils, get_worker_info
from ferrotorch.utils.data._utils import fetch, pin_memory, signal_handling
from ferrotorch.utils.data.dataloader import _BaseDataLoaderIter, _sharding_worker_init_fn
from ferrotorch.utils.data.datapipes.iter import IterableWrapper


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))


class Own(_BaseDataLoaderIter):
    def __init__(self, loader):
        super().__init__(loader)
        self._fetcher = _DatasetKind.create_fetcher(
            self._dataset_kind, self._dataset, self._auto_collation, self._collate_fn, self._drop_last
        )

    def _next_data(self):
        return self._fetcher.fetch(self._next_index())


@pytest.mark.parametrize("dataset", [list(range(5)), Stream()])
def test_iterators_of_packages_have_the_loader_s_settings(dataset):
    iterator = Own(DataLoader(dataset, batch_size=2, timeout=0))
    assert [batch.tolist() for batch in iterator] == [[0, 1], [2, 3], [4]] and iterator._num_yielded == 3
    assert (iterator._world_size, iterator._rank, iterator._num_workers, iterator._pin_memory) == (1, 0, 0, False)
    assert iterator._shared_seed is None and isinstance(iterator._base_seed, int)
    if isinstance(dataset, list):
        iterator._reset(iterator._loader)
        assert iterator._num_yielded == 0 and next(iterator).tolist() == [0, 1]
    with pytest.raises(AttributeError, match="_nothing"):
        iterator._nothing  # noqa: B018
    with pytest.raises(NotImplementedError, match="_next_data"):
        next(_BaseDataLoaderIter(DataLoader([1])))


def test_fetchers_stop_and_go_on_where_they_are_put():
    of_stream = _DatasetKind.create_fetcher(_DatasetKind.Iterable, Stream(), True, list, False)
    assert isinstance(of_stream, fetch._BaseDatasetFetcher) and of_stream.fetch([None] * 4) == [0, 1, 2, 3]
    assert of_stream.fetch([None] * 4) == [4] and of_stream.ended
    with pytest.raises(StopIteration):
        of_stream.fetch([None])
    of_stream.dataset_iter, of_stream.ended = iter([7]), False
    assert of_stream.fetch([None]) == [7]
    assert fetch._MapDatasetFetcher("abc", True, "".join, False).fetch([2, 0]) == "ca"
    with pytest.raises(NotImplementedError):
        fetch._BaseDatasetFetcher([], True, list, False).fetch([0])


def test_who_a_worker_is_may_be_set(monkeypatch):
    worker = _utils.worker
    pipe = IterableWrapper(range(12)).sharding_filter()
    monkeypatch.setattr(worker, "_worker_info", worker.WorkerInfo(id=1, num_workers=2, seed=0, dataset=pipe))
    assert get_worker_info().id == 1
    called = []
    _sharding_worker_init_fn(called.append, 2, 1, 1)
    # Of two processes with two workers each, the second worker of the second one.
    assert list(pipe) == [3, 7, 11] and called == [1]
    assert worker._IterableDatasetStopIteration(3).worker_id == 3 and worker._ResumeIteration(5).seed == 5
    assert worker.ManagerWatchdog().is_alive()


def test_batches_go_on_to_the_program():
    arriving, leaving, done = queue.Queue(), queue.Queue(), threading.Event()
    thread = threading.Thread(target=pin_memory._pin_memory_loop, args=(arriving, leaving, 0, done, None))
    thread.start()
    arriving.put((0, torch.ones(1)))
    number, batch = leaving.get(timeout=60)
    done.set()
    arriving.put(None)
    thread.join(timeout=60)
    assert number == 0 and batch.item() == 1 and not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are watched by SIGCHLD")
@pytest.mark.parametrize(
    ("end", "said"), [(lambda: os._exit(3), "exit code 3"), (lambda: os.kill(os.getpid(), 9), "killed by signal")]
)
def test_workers_that_die_are_named(end, said):
    pid = os.fork()
    if pid == 0:
        end()
    signal_handling._set_worker_pids(1, (pid,))
    try:
        with pytest.raises(ValueError, match="only once"):
            signal_handling._set_worker_pids(1, (pid,))
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid {pid}\).*{said}"):
            signal_handling._error_if_any_worker_fails()
        signal_handling._error_if_any_worker_fails()
    finally:
        os.waitpid(pid, 0)
        signal_handling._remove_worker_pids(1)
    with pytest.raises(ValueError, match="Cannot find worker information"):
        signal_handling._remove_worker_pids(1)


def test_a_signal_is_handed_on(monkeypatch):
    seen = []
    before = signal.signal(signal.SIGCHLD, lambda *args: seen.append(args))
    monkeypatch.setattr(signal_handling, "_is_handled", False)
    try:
        signal_handling._set_SIGCHLD_handler()
        os.kill(os.getpid(), signal.SIGCHLD)
        assert len(seen) == 1 and signal_handling._is_handled
    finally:
        signal.signal(signal.SIGCHLD, before)
