"""Data sets, samplers, loaders and what puts samples together."""

from typing import Any, NamedTuple

import numpy as np


def _numbers(s: Any, n: int = 10) -> Any:
    class Numbers(s.data.Dataset):
        def __len__(self) -> int:
            return n

        def __getitem__(self, i: int) -> Any:
            if not 0 <= i < n:
                raise IndexError(i)
            return i * i

    return Numbers()


def _stream(s: Any, n: int = 7) -> Any:
    class Stream(s.data.IterableDataset):
        def __iter__(self) -> Any:
            return iter(range(n))

    return Stream()


def collated(s: Any) -> Any:
    class Pair(NamedTuple):
        a: Any
        b: Any

    collate = s.data.default_collate
    return [
        collate([1, 2, 3]),
        collate([1.5, 2.5]),
        collate([True, False]),
        collate(["a", "b"]),
        collate([b"a", b"b"]),
        collate([s.T(2), s.T(2)]),
        collate([np.arange(2), np.arange(2)]),
        collate([np.float32(1), np.float32(2)]),
        collate([np.int64(1), np.int64(2)]),
        collate([{"a": 1, "b": s.T(1)}, {"a": 2, "b": s.T(1)}]),
        collate([(1, "x"), (2, "y")]),
        collate([[1, 2.0], [3, 4.0]]),
        [type(collate([Pair(1, 2), Pair(3, 4)])).__name__, collate([Pair(1, 2), Pair(3, 4)]).b],
        s.said(lambda: collate([None, None])),
        s.said(lambda: collate([s.T(2), s.T(3)])).split(",")[0],
        s.said(lambda: collate([[1, 2], [3]])),
        s.said(lambda: collate([np.array(["a"])])).split(";")[0],
        s.said(lambda: collate([object()])).split("<")[0],
        s.raised(lambda: collate([{"a": 1}, {"b": 2}])),
        s.data.default_convert(np.arange(3)),
        s.data.default_convert({"a": np.float32(2), "b": [np.arange(2), "t"], "c": (1, None)}),
        [type(s.data.default_convert(Pair(np.arange(2), 1))).__name__],
    ]


def samplers(s: Any) -> Any:
    torch, data = s.torch, s.data
    g = lambda: torch.Generator().manual_seed(5)  # noqa: E731
    numbers = _numbers(s)
    return [
        list(data.SequentialSampler(numbers)),
        len(data.SequentialSampler(numbers)),
        list(data.RandomSampler(numbers, generator=g())),
        list(data.RandomSampler(numbers, num_samples=3, generator=g())),
        list(data.RandomSampler(numbers, num_samples=23, generator=g())),
        list(data.RandomSampler(numbers, replacement=True, num_samples=40, generator=g())),
        len(data.RandomSampler(numbers, num_samples=3)),
        len(data.RandomSampler(numbers)),
        list(data.SubsetRandomSampler([4, 2, 9], generator=g())),
        len(data.SubsetRandomSampler([4, 2, 9])),
        list(data.WeightedRandomSampler([0.1, 0.9, 0.0], 5, generator=g())),
        sorted(data.WeightedRandomSampler([0.1, 0.9, 0.3], 3, replacement=False, generator=g())),
        len(data.WeightedRandomSampler([0.1], 7)),
        list(data.BatchSampler(data.SequentialSampler(numbers), 4, False)),
        list(data.BatchSampler(range(8), 4, True)),
        list(data.BatchSampler(range(7), 4, True)),
        [len(data.BatchSampler(range(n), 4, d)) for n in (0, 1, 3, 4, 5, 8) for d in (True, False)],
    ]


def samplers_refused(s: Any) -> Any:
    data, numbers = s.data, _numbers(s)
    return [
        s.said(lambda: data.RandomSampler(numbers, num_samples=0)),
        s.said(lambda: data.RandomSampler(numbers, num_samples=-3)),
        s.said(lambda: data.RandomSampler(numbers, replacement=3)),
        s.said(lambda: data.RandomSampler(numbers, num_samples=2.5)),
        s.said(lambda: data.RandomSampler([])),
        s.said(lambda: data.WeightedRandomSampler([0.1], 0)),
        s.said(lambda: data.WeightedRandomSampler([0.1], True)),
        s.said(lambda: data.WeightedRandomSampler([0.1], 1, replacement=2)),
        s.said(lambda: data.WeightedRandomSampler([[0.1]], 1)),
        s.said(lambda: data.BatchSampler(range(3), 0, False)),
        s.said(lambda: data.BatchSampler(range(3), True, False)),
        s.said(lambda: data.BatchSampler(range(3), 2, 1)),
        s.raised(lambda: list(data.Sampler())),
    ]


def distributed_samplers(s: Any) -> Any:
    sampler, answers = s.data.distributed.DistributedSampler, []
    for n in (1, 5, 6, 7):
        for options in (
            {},
            {"shuffle": False},
            {"shuffle": False, "drop_last": True},
            {"seed": 4},
            {"drop_last": True},
        ):
            shares = [sampler(range(n), 3, rank, **options) for rank in range(3)]
            answers.append([[list(share) for share in shares], [len(share) for share in shares]])
    moved = sampler(range(6), 2, 0)
    moved.set_epoch(3)
    refused = [s.said(lambda r=r: sampler(range(3), 2, r)) for r in (2, -1)]
    return [answers, list(moved), refused]


def sets_of_sets(s: Any) -> Any:
    torch, data = s.torch, s.data
    joined = data.ConcatDataset([_numbers(s, 3), _numbers(s, 2), [7, 8]])
    subset = data.Subset(_numbers(s), [1, 4, 5])
    tensors = data.TensorDataset(s.T(3, 2), s.I(3, 3))
    stacked, named = data.StackDataset(range(3), [5, 6, 7]), data.StackDataset(a=range(3), b=[5, 6, 7])
    chained = data.ChainDataset([_stream(s, 2), _stream(s, 3)])
    g = lambda: torch.Generator().manual_seed(2)  # noqa: E731
    splits = [
        [list(part.indices) for part in data.random_split(range(10), sizes, generator=g())]
        for sizes in ([7, 3], [0.5, 0.5], [0.33, 0.33, 0.34], [0.25, 0.25, 0.25, 0.25], [10], [1.0])
    ]
    added = _numbers(s, 2) + _numbers(s, 1)
    return [
        [joined[i] for i in range(-7, 7)],
        [len(joined), joined.cumulative_sizes, joined.cumulative_sizes[-1]],
        [len(subset), subset[1], subset.__getitems__([0, 2]), subset.indices],
        [len(tensors), tensors[1], tensors[:2]],
        [len(stacked), stacked[1], named[2], stacked.__getitems__([0, 2]), named.__getitems__([1])],
        [list(chained), len(list(_stream(s) + _stream(s, 1)))],
        splits,
        [len(added), added[2], type(added).__name__],
    ]


def sets_refused(s: Any) -> Any:
    data = s.data
    return [
        s.said(lambda: data.ConcatDataset([])),
        s.said(lambda: data.ConcatDataset([_stream(s)])),
        s.said(lambda: data.ConcatDataset([[1]])[-2]),
        s.raised(lambda: data.ConcatDataset([[1]])[1]),
        s.raised(lambda: data.TensorDataset(s.T(2), s.T(3))),
        s.said(lambda: data.StackDataset()),
        s.raised(lambda: data.StackDataset([1], a=[1])),
        s.said(lambda: data.StackDataset([1], [1, 2])),
        s.said(lambda: data.StackDataset(a=[1], b=[1, 2])),
        s.said(lambda: data.random_split(range(3), [1, 1])),
        s.said(lambda: data.random_split(range(3), [0.5, 1.5])),
        s.said(lambda: data.random_split(range(3), [-0.5, 0.5])),
        s.said(lambda: len(data.ChainDataset([range(2), _stream(s)]))).split(" ")[0],
        s.raised(lambda: list(data.ChainDataset([range(2)]))),
        s.raised(lambda: data.Dataset()[0]),
    ]


def loaders(s: Any) -> Any:
    torch, load = s.torch, s.data.DataLoader
    numbers = _numbers(s)
    g = lambda: torch.Generator().manual_seed(9)  # noqa: E731
    return [
        list(load(numbers)),
        list(load(numbers, batch_size=4)),
        list(load(numbers, batch_size=4, drop_last=True)),
        list(load(numbers, batch_size=None)),
        list(load(numbers, 3, shuffle=True, generator=g())),
        list(load(numbers, sampler=[3, 1, 2], batch_size=2)),
        list(load(numbers, batch_sampler=[[0, 1], [9]])),
        list(load(numbers, batch_size=5, collate_fn=list)),
        list(load(numbers, batch_size=None, sampler=[2, 3], collate_fn=str)),
        list(load(_stream(s), batch_size=3)),
        list(load(_stream(s), batch_size=3, drop_last=True)),
        list(load(_stream(s), batch_size=None)),
        [len(load(numbers, batch_size=n, drop_last=d)) for n in (1, 3, 5, 10, 11) for d in (True, False)],
        [len(load(numbers, batch_size=None)), len(load(numbers, batch_sampler=[[0], [1]]))],
        s.said(lambda: len(load(_stream(s)))).split(":")[0],
        [
            load(numbers, 2).batch_size,
            load(numbers).num_workers,
            load(numbers).drop_last,
            load(numbers).prefetch_factor,
        ],
        list(load(s.data.TensorDataset(s.T(5, 2), s.I(5, 5)), batch_size=2)),
        list(load({"a": 1, 0: 5, 1: 6}, batch_sampler=[[0, 1]])),
        [[epoch, list(load(numbers, 10, shuffle=True, generator=one))] for one in [g()] for epoch in range(2)],
    ]


def loaders_refused(s: Any) -> Any:
    load, numbers = s.data.DataLoader, _numbers(s)
    bad = [
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": -1, "num_workers": 1},
        {"persistent_workers": True},
        {"sampler": [1], "shuffle": True},
        {"batch_sampler": [[1]], "batch_size": 2},
        {"batch_sampler": [[1]], "shuffle": True},
        {"batch_sampler": [[1]], "drop_last": True},
        {"batch_sampler": [[1]], "sampler": [1]},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"batch_size": -2},
        {"multiprocessing_context": "nothing", "num_workers": 1},
        {"multiprocessing_context": "spawn"},
        {"drop_last": 3},
    ]
    answers = [[str(options), s.said(lambda o=options: load(numbers, **o))] for options in bad]
    streams = [
        s.said(lambda o=o: load(_stream(s), **o))
        for o in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]})
    ]
    used = load(numbers)
    changes = [
        s.said(lambda n=n: setattr(used, n, None))
        for n in ("batch_size", "sampler", "drop_last", "dataset", "batch_sampler")
    ]
    used.multiprocessing_context = None
    return [
        answers,
        streams,
        changes,
        s.said(lambda: load()),
        s.raised(lambda: list(load([1, 2], batch_sampler=[[5]]))),
    ]


def workers(s: Any) -> Any:
    """What processes beside this one make of the same data."""
    load, numbers = s.data.DataLoader, _numbers(s)
    return [
        list(load(numbers, 3, num_workers=2)),
        list(load(numbers, 4, num_workers=1, drop_last=True, prefetch_factor=1)),
        [list(loader) for loader in [load(numbers, 5, num_workers=2, persistent_workers=True)] for _ in range(2)],
        sorted(int(x) for batch in load(_stream(s), 2, num_workers=2) for x in batch),
        [batch for batch in load(numbers, batch_size=None, num_workers=2)],  # noqa: C416
        s.data.get_worker_info() is None,
        len(load(numbers, 3, num_workers=2)),
    ]


def pipes(s: Any) -> Any:
    """What a loader does with samples that are read in lists, and with readers that end early."""

    class Listed(s.data.Dataset):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, i: int) -> Any:
            return i

        def __getitems__(self, places: list[int]) -> Any:
            return [10 * i for i in places]

    class Sized(s.data.IterableDataset):
        def __len__(self) -> int:
            return 2

        def __iter__(self) -> Any:
            return iter(range(2))

    return [
        list(s.data.DataLoader(Listed(), 2)),
        list(s.data.DataLoader(Listed(), None)),
        len(s.data.DataLoader(Sized(), 2)),
        len(s.data.DataLoader(Sized(), None)),
    ]
