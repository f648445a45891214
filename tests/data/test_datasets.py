"""Datasets and random splits."""

import ferrotorch as torch
import pytest
from ferrotorch.utils import data


def numbers(n=6):
    return data.TensorDataset(torch.arange(n), torch.arange(n) * 10)


def values(dataset):
    return [tuple(int(part) for part in dataset[i]) for i in range(len(dataset))]


def test_tensor_dataset():
    dataset = numbers(3)
    assert len(dataset) == 3 and values(dataset) == [(0, 0), (1, 10), (2, 20)]
    with pytest.raises(AssertionError, match="Size mismatch"):
        data.TensorDataset(torch.zeros(3), torch.zeros(4))


def test_concat_subset_and_sum():
    both = numbers(2) + data.Subset(numbers(), [5, 3])
    assert isinstance(both, data.ConcatDataset)
    assert values(both) == [(0, 0), (1, 10), (5, 50), (3, 30)]
    assert int(both[-1][0]) == 3
    with pytest.raises(ValueError, match="should not exceed dataset length"):
        both[-5]
    with pytest.raises(AssertionError, match="empty"):
        data.ConcatDataset([])


def test_stack_dataset_as_tuple_and_dict():
    pair = data.StackDataset([1, 2], "ab")
    assert pair[1] == (2, "b") and len(pair) == 2
    named = data.StackDataset(x=[1, 2], y="ab")
    assert named[0] == {"x": 1, "y": "a"}
    assert named.__getitems__([1, 0]) == [{"x": 2, "y": "b"}, {"x": 1, "y": "a"}]
    with pytest.raises(ValueError, match="Size mismatch"):
        data.StackDataset([1], [1, 2])
    with pytest.raises(ValueError, match="both"):
        data.StackDataset([1], y=[1])


class Countdown(data.IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n, 0, -1))

    def __len__(self):
        return self.n


def test_iterable_datasets_are_chained():
    chain = Countdown(2) + Countdown(3)
    assert list(chain) == [2, 1, 3, 2, 1] and len(chain) == 5
    with pytest.raises(AssertionError, match="IterableDataset"):
        list(data.ChainDataset([numbers()]))
    with pytest.raises(AssertionError, match="IterableDataset"):
        data.ConcatDataset([Countdown(2)])


def test_random_split_by_sizes_and_fractions():
    a, b = data.random_split(numbers(), [4, 2], generator=torch.Generator().manual_seed(1))
    assert sorted(a.indices + b.indices) == list(range(6)) and (len(a), len(b)) == (4, 2)
    again = data.random_split(numbers(), [4, 2], generator=torch.Generator().manual_seed(1))
    assert again[0].indices == a.indices
    assert [len(part) for part in data.random_split(numbers(7), [0.5, 0.5])] == [4, 3]
    with pytest.raises(ValueError, match="Sum of input lengths"):
        data.random_split(numbers(), [4, 3])
    with pytest.warns(UserWarning, match="index 1 is 0"):
        data.random_split(numbers(1), [0.5, 0.5])
