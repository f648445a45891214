"""The DataLoader, with and without worker processes."""

import os
import random
import subprocess
import sys
import time

import ferrotorch as torch
import pytest
from ferrotorch.utils import data

WORKERS = [0, 2]


class Squares(data.Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return index * index


class Draws(data.Dataset):
    """Samples that depend on the random numbers of the process that loads them."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return index, torch.rand(1).item(), random.random()


class Shared(data.IterableDataset):
    """Divides its work among the workers."""

    def __iter__(self):
        info = data.get_worker_info()
        return iter(range(10) if info is None else range(info.id, 10, info.num_workers))


class Failing(Squares):
    def __init__(self, error):
        self.error = error

    def __getitem__(self, index):
        if index == 5:
            raise self.error
        return index


class Dying(Squares):
    def __getitem__(self, index):
        os._exit(3)


class Sleeping(Squares):
    def __getitem__(self, index):
        time.sleep(60)


def flat(loader):
    return [x for batch in loader for x in batch.tolist()]


def pairs(n=10):
    return data.TensorDataset(torch.arange(n), torch.arange(n) * 2.0)


@pytest.mark.parametrize("workers", WORKERS)
def test_batches_in_order(workers):
    loader = data.DataLoader(Squares(), batch_size=4, num_workers=workers)
    assert [batch.tolist() for batch in loader] == [[0, 1, 4, 9], [16, 25, 36, 49], [64, 81]]
    assert len(loader) == 3
    dropping = data.DataLoader(Squares(), batch_size=4, drop_last=True, num_workers=workers)
    assert [len(batch) for batch in dropping] == [4, 4] and len(dropping) == 2


@pytest.mark.parametrize("workers", WORKERS)
def test_single_samples_and_own_batches(workers):
    assert list(data.DataLoader(Squares(), batch_size=None, num_workers=workers)) == [i * i for i in range(10)]
    loader = data.DataLoader(Squares(), batch_sampler=[[1, 2], [3]], num_workers=workers, collate_fn=list)
    assert list(loader) == [[1, 4], [9]]


def test_shuffling_follows_the_seed_with_any_number_of_workers():
    orders = []
    for workers in (0, 1, 2):
        torch.manual_seed(5)
        loader = data.DataLoader(Squares(), batch_size=3, shuffle=True, num_workers=workers)
        orders.append([flat(loader), flat(loader), torch.rand(1).item()])
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][0] != orders[0][1] and sorted(orders[0][0]) == [i * i for i in range(10)]


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("kind", ["shuffle", "sequential", "replacement"])
def test_gathered_batches_equal_samples_put_together(workers, drop_last, kind):
    batches = []
    for dataset in (pairs(), [pairs()[i] for i in range(10)]):
        sampler = {
            "shuffle": lambda d: data.RandomSampler(d, num_samples=25),
            "sequential": data.SequentialSampler,
            "replacement": lambda d: data.RandomSampler(d, replacement=True, num_samples=40),
        }[kind](dataset)
        torch.manual_seed(1)
        loader = data.DataLoader(dataset, batch_size=4, sampler=sampler, drop_last=drop_last, num_workers=workers)
        batches.append([[part.tolist() for part in batch] for batch in loader])
        assert all(type(batch) is list for batch in loader)
    assert batches[0] == batches[1]


def test_gathered_batches_do_not_share_memory_with_the_dataset():
    dataset = pairs()
    for x, _ in data.DataLoader(dataset, batch_size=5):
        x.zero_()
    assert dataset.tensors[0].tolist() == list(range(10))


def test_subsets_are_gathered_through_their_indices():
    subset = data.Subset(data.Subset(pairs(), range(2, 10)), [3, 0, -1])
    (batch,) = data.DataLoader(subset, batch_size=3)
    assert [part.tolist() for part in batch] == [[5, 2, 9], [10.0, 4.0, 18.0]]


@pytest.mark.parametrize("workers", WORKERS)
def test_iterable_datasets(workers):
    loader = data.DataLoader(Shared(), batch_size=4, num_workers=workers)
    assert sorted(flat(loader)) == list(range(10)) == sorted(flat(loader))
    with pytest.raises(TypeError):
        len(loader)


def test_iterable_dataset_that_exceeds_its_length_warns():
    class Wrong(Shared):
        def __len__(self):
            return 4

    loader = data.DataLoader(Wrong(), batch_size=4)
    assert len(flat(loader)) == 10  # nobody has asked for the length
    assert len(loader) == 1
    with pytest.warns(UserWarning, match="was reported to be 1"):
        flat(loader)


def test_workers_are_seeded_by_base_seed_and_number():
    runs = []
    for _ in range(2):
        torch.manual_seed(7)
        runs.append([[part.tolist() for part in batch] for batch in data.DataLoader(Draws(), 3, num_workers=2)])
    assert runs[0] == runs[1]
    assert runs[0][0][1] != runs[0][1][1] and runs[0][0][2] != runs[0][1][2]


def test_worker_init_and_info():
    seen = data.DataLoader(
        Squares(),
        batch_size=5,
        num_workers=2,
        collate_fn=lambda _: (os.environ["WORKER"], data.get_worker_info().seed),
        worker_init_fn=lambda number: os.environ.update(WORKER=str(number)),
    )
    (first, seed), (second, next_seed) = seen
    assert (first, second) == ("0", "1") and next_seed == seed + 1
    assert data.get_worker_info() is None


def test_persistent_workers_keep_their_processes():
    loader = data.DataLoader(
        Squares(), batch_size=5, num_workers=1, persistent_workers=True, collate_fn=lambda _: os.getpid()
    )
    first, second = list(loader), list(loader)
    assert first == second and first[0] != os.getpid()
    next(iter(loader))  # left early
    assert list(loader) == first


def test_without_order_every_batch_comes_once():
    loader = data.DataLoader(Squares(), batch_size=2, num_workers=2, in_order=False)
    assert sorted(flat(loader)) == [i * i for i in range(10)]


@pytest.mark.parametrize("error", [ValueError("five"), KeyError("five"), UnicodeDecodeError("utf8", b"", 0, 1, "five")])
def test_errors_of_workers_are_raised_here_with_their_traceback(error):
    loader = data.DataLoader(Failing(error), batch_size=2, num_workers=2)
    kind = RuntimeError if isinstance(error, UnicodeDecodeError) else type(error)
    with pytest.raises(kind, match=r"(?s)Caught \w+ in DataLoader worker process 0.*Traceback.*five"):
        list(loader)
    with pytest.raises(type(error)):
        list(data.DataLoader(Failing(error), batch_size=2))


class TwoArguments(Exception):
    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")


class OwnMessage(Exception):
    def __init__(self, _):
        super().__init__("a message of its own")


def unpicklable():
    class Local(ValueError):
        pass

    return Local("five")


ODD_ERRORS = {
    "StopIteration": (StopIteration("five"), RuntimeError),
    "StopAsyncIteration": (StopAsyncIteration("five"), RuntimeError),
    "KeyboardInterrupt": (KeyboardInterrupt("five"), RuntimeError),
    "SystemExit": (SystemExit("five"), RuntimeError),
    "GeneratorExit": (GeneratorExit("five"), RuntimeError),
    "Local": (unpicklable(), ValueError),
    "TwoArguments": (TwoArguments(5, "five"), RuntimeError),
    "OwnMessage": (OwnMessage("five"), OwnMessage),
    "ExceptionGroup": (ExceptionGroup("five", [ValueError("five")]), RuntimeError),
}


def fail_with(error):
    def function(*_):
        raise error

    return function


@pytest.mark.parametrize("where", ["dataset", "collate_fn", "worker_init_fn", "iterable", "iter"])
@pytest.mark.parametrize("name", ODD_ERRORS)
def test_whatever_a_worker_raises_is_reported(name, where):
    """An exception that ends iterations, or programs, must not end the epoch as if all were well."""
    error, kind = ODD_ERRORS[name]

    class Iterable(data.IterableDataset):
        def __iter__(self):
            yield 1
            raise error

    class NoIterator(data.IterableDataset):
        __iter__ = fail_with(error)

    datasets = {"dataset": Failing(error), "iterable": Iterable(), "iter": NoIterator()}
    dataset = datasets.get(where, Squares())
    options = {where: fail_with(error)} if where.endswith("_fn") else {}
    loader = data.DataLoader(dataset, batch_size=2, num_workers=1, **options)
    with pytest.raises(kind) as caught:
        list(loader)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    raised = "RuntimeError" if where == "iterable" and name == "StopIteration" else name
    assert f"Caught {raised} in DataLoader worker process 0" in text
    assert "Traceback" in text and "line" in text and name in text


@pytest.mark.parametrize("dataset", [Squares(), Shared()])
@pytest.mark.parametrize("part", ["collate_fn", "dataset"])
def test_a_stop_iteration_of_ones_own_does_not_end_the_epoch(dataset, part):
    if part == "dataset" and isinstance(dataset, Shared):
        pytest.skip("the end of an iterator is the end of its dataset")
    options = {"collate_fn": fail_with(StopIteration())} if part == "collate_fn" else {}
    dataset = Failing(StopIteration()) if part == "dataset" else dataset
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(data.DataLoader(dataset, batch_size=2, **options))


def test_a_worker_that_dies_is_reported():
    with pytest.raises(RuntimeError, match=r"exited unexpectedly.*exit code 3"):
        list(data.DataLoader(Dying(), num_workers=1))


def test_timeout():
    with pytest.raises(RuntimeError, match=r"timed out after 0.2 seconds"):
        list(data.DataLoader(Sleeping(), num_workers=1, timeout=0.2))


def test_an_iterator_that_is_dropped_ends_its_workers():
    iterator = iter(data.DataLoader(Squares(), num_workers=2))
    processes = [worker.process for worker in iterator._workers]
    next(iterator)
    del iterator
    for process in processes:
        process.join(timeout=20)
    assert not any(process.is_alive() for process in processes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_workers": -1}, "num_workers"),
        ({"timeout": -1}, "timeout"),
        ({"prefetch_factor": 2}, "prefetch_factor"),
        ({"persistent_workers": True}, "persistent_workers"),
        ({"shuffle": True, "sampler": [1]}, "mutually exclusive"),
        ({"batch_sampler": [[1]], "batch_size": 2}, "mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "mutually exclusive"),
        ({"multiprocessing_context": "fork"}, "multi-process"),
        ({"multiprocessing_context": "nothing", "num_workers": 1}, "valid start method"),
    ],
)
def test_options_that_exclude_each_other(options, message):
    with pytest.raises(ValueError, match=message):
        data.DataLoader(Squares(), **options)


def test_iterable_datasets_take_no_order():
    with pytest.raises(ValueError, match="shuffle=True"):
        data.DataLoader(Shared(), shuffle=True)
    with pytest.raises(ValueError, match="sampler"):
        data.DataLoader(Shared(), sampler=[1])


def test_attributes_are_fixed_and_pin_memory_warns():
    loader = data.DataLoader(Squares())
    with pytest.raises(ValueError, match="batch_size attribute should not be set"):
        loader.batch_size = 3
    with pytest.warns(UserWarning, match="no accelerator is found"):
        data.DataLoader(Squares(), pin_memory=True)


def test_settings_that_would_load_nothing():
    dataset = data.TensorDataset(torch.arange(4))
    with pytest.raises(AssertionError, match="num_workers is 0"):
        iter(data.DataLoader(dataset, timeout=1))
    with pytest.raises(AssertionError, match="prefetch_factor"):
        iter(data.DataLoader(dataset, num_workers=1, prefetch_factor=0))


def test_a_program_may_end_while_workers_wait(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import ferrotorch as torch\n"
        "from ferrotorch.utils.data import DataLoader\n"
        "if __name__ == '__main__':\n"
        "    for batch in DataLoader(range(20), batch_size=2, num_workers=2, persistent_workers=True):\n"
        "        break\n"
        "    loader = DataLoader(range(20), batch_size=2, num_workers=2, persistent_workers=True)\n"
        "    held = iter(loader)\n"
        "    print(next(held).tolist())\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0, 1]\n", "")


def test_a_sampler_and_shuffling_exclude_each_other_first():
    import ferrotorch as torch

    data = torch.utils.data.TensorDataset(torch.arange(6))
    sampler = torch.utils.data.SequentialSampler(data)
    batches = torch.utils.data.BatchSampler(sampler, 3, False)
    with pytest.raises(ValueError, match="sampler option is mutually exclusive with shuffle"):
        torch.utils.data.DataLoader(data, batch_sampler=batches, sampler=sampler, shuffle=True)


def test_workers_are_asked_as_processes():
    iterator = iter(data.DataLoader(Squares(), batch_size=5, num_workers=2))
    workers = iterator._workers
    assert all(worker.is_alive() and worker.pid for worker in workers) and len(list(iterator)) == 2
    del iterator
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive() and worker.exitcode == 0
