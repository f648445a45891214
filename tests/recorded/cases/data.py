"""Datasets, samplers, loaders and how samples become batches."""

CASES: dict[str, list[str]] = {
    "data.TensorDataset": [
        "[data.TensorDataset(T(3, 2), I(5, 3))[1], len(data.TensorDataset(T(3)))]",
        "raised(lambda: data.TensorDataset(T(3), T(2)))",
    ],
    "data.StackDataset": [
        "[data.StackDataset([1, 2], 'ab')[1], data.StackDataset(a=[1, 2], b='xy')[0]]",
        "raised(lambda: data.StackDataset([1], [1, 2]))",
    ],
    "data.ConcatDataset": [
        "[[d[i] for i in (0, 1, 2, 3, -1)] for d in [data.ConcatDataset([[1, 2], [3], [4, 5]])]]",
        "data.ConcatDataset([[1, 2], [3]]).cumulative_sizes",
        "raised(lambda: data.ConcatDataset([[1]])[-2])",
    ],
    "data.Subset": [
        "[list(data.Subset([5, 6, 7, 8], [3, 1])), len(data.Subset([5, 6, 7], [2, 0])), data.Subset([5, 6], [1])[0]]"
    ],
    "data.ChainDataset": [
        "list(data.ChainDataset([type('A', (data.IterableDataset,), {'__iter__': lambda s: iter([1, 2])})()] * 2))"
    ],
    "data.Dataset": ["raised(lambda: data.Dataset()[0])", "list(data.TensorDataset(T(2)) + data.TensorDataset(P(1)))"],
    "data.IterableDataset": [
        "len(list(type('A', (data.IterableDataset,), {'__iter__': lambda s: iter([1, 2])})() + "
        "type('B', (data.IterableDataset,), {'__iter__': lambda s: iter([3])})()))",
        "list(data.DataLoader(type('A', (data.IterableDataset,), {'__iter__': lambda s: iter(range(5))})(), 2))",
    ],
    "data.random_split": [
        "[list(s) for s in data.random_split(range(7), [3, 4], torch.Generator().manual_seed(4))]",
        "[list(s) for s in data.random_split(range(11), [0.5, 0.3, 0.2], torch.Generator().manual_seed(4))]",
        "raised(lambda: data.random_split(range(7), [3, 3]))",
        "raised(lambda: data.random_split(range(7), [0.9, 0.3]))",
    ],
    "data.Sampler": ["list(data.SequentialSampler(range(3)))"],
    "data.SequentialSampler": ["[list(data.SequentialSampler('abc')), len(data.SequentialSampler('abc'))]"],
    "data.RandomSampler": [
        "list(data.RandomSampler(range(7), generator=torch.Generator().manual_seed(4)))",
        "list(data.RandomSampler(range(7), True, 40, torch.Generator().manual_seed(4)))",
        "list(data.RandomSampler(range(3), num_samples=8, generator=torch.Generator().manual_seed(4)))",
        "len(data.RandomSampler(range(7), num_samples=20))",
        "seeded(lambda: list(data.RandomSampler(range(7))))",
    ],
    "data.SubsetRandomSampler": ["list(data.SubsetRandomSampler([5, 3, 9, 1], torch.Generator().manual_seed(4)))"],
    "data.WeightedRandomSampler": [
        "list(data.WeightedRandomSampler([0.1, 0.7, 0.2], 9, generator=torch.Generator().manual_seed(4)))",
        "list(data.WeightedRandomSampler([0.1, 0.7, 0.2], 3, False, torch.Generator().manual_seed(4)))",
        "raised(lambda: data.WeightedRandomSampler([0.1], 0))",
    ],
    "data.BatchSampler": [
        "[list(data.BatchSampler(range(7), 3, drop)) for drop in (False, True)]",
        "[len(data.BatchSampler(range(7), 3, drop)) for drop in (False, True)]",
        "raised(lambda: data.BatchSampler(range(7), 0, False))",
    ],
    "data.DistributedSampler": [
        "[list(data.DistributedSampler(range(7), 3, r, shuffle=False)) for r in range(3)]",
        "[list(data.DistributedSampler(range(7), 3, r, shuffle=False, drop_last=True)) for r in range(3)]",
        "[(s.set_epoch(2), list(s))[1] for s in [data.DistributedSampler(range(7), 2, 1, seed=5)]]",
        "len(data.DistributedSampler(range(7), 3, 0))",
        "raised(lambda: data.DistributedSampler(range(7), 3, 3))",
    ],
    "data.DataLoader": [
        "list(data.DataLoader(range(7), 3))",
        "list(data.DataLoader(range(7), 3, drop_last=True))",
        "seeded(lambda: list(data.DataLoader(range(7), 3, shuffle=True)))",
        "list(data.DataLoader(range(5), batch_size=None))",
        "list(data.DataLoader(data.TensorDataset(T(4, 2), I(3, 4)), 3))",
        "list(data.DataLoader(range(5), 2, collate_fn=sum))",
        "list(data.DataLoader(range(6), batch_sampler=[[0, 5], [1, 2, 3]]))",
        "[len(data.DataLoader(range(7), 3)), len(data.DataLoader(range(7), 3, drop_last=True))]",
        "raised(lambda: data.DataLoader(range(3), batch_size=2, batch_sampler=[[0]]))",
        "raised(lambda: data.DataLoader(range(3), num_workers=-1))",
        "raised(lambda: data.DataLoader(range(3), shuffle=True, sampler=[0]))",
        "list(data.DataLoader(range(7), 2, num_workers=2))",
    ],
    "data.get_worker_info": ["data.get_worker_info()"],
    "data.default_collate": [
        "data.default_collate([1, 2, 3])",
        "data.default_collate([0.5, 1.5])",
        "data.default_collate([{'a': T(2), 'b': [1, 'x']}, {'a': P(2), 'b': [2, 'y']}])",
        "data.default_collate([(T(2), np.float64(2)), (P(2), np.float64(3))])",
        "data.default_collate([np.ones((2, 1)), np.zeros((2, 1))])",
        "raised(lambda: data.default_collate([[1, 2], [1]]))",
        "raised(lambda: data.default_collate([object()]))",
    ],
    "data.collate": [
        "(getattr(data, 'collate', None) or data._utils.collate.collate)([1, 2], collate_fn_map={int: lambda b, *, collate_fn_map: sum(b)})"
    ],
    "data.default_convert": ["data.default_convert({'a': np.ones(2), 'b': (np.float64(1), 'x'), 'c': [T(1)]})"],
}
