"""Samplers; the random streams are those of PyTorch."""

import ferrotorch as torch
import pytest
from ferrotorch.utils import data


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_sequential_and_batches():
    sampler = data.SequentialSampler(range(5))
    assert list(sampler) == [0, 1, 2, 3, 4]
    assert list(data.BatchSampler(sampler, 2, False)) == [[0, 1], [2, 3], [4]]
    assert list(data.BatchSampler(sampler, 2, True)) == [[0, 1], [2, 3]]
    assert [len(data.BatchSampler(sampler, 2, drop)) for drop in (False, True)] == [3, 2]
    assert list(data.BatchSampler("abc", 2, False)) == [["a", "b"], ["c"]]


def test_random_sampler_is_the_permutation_of_its_generator():
    order = list(data.RandomSampler(range(10), generator=generator()))
    assert order == torch.randperm(10, generator=generator()).tolist()
    torch.manual_seed(3)
    first = list(data.RandomSampler(range(10)))
    torch.manual_seed(3)
    assert list(data.RandomSampler(range(10))) == first and sorted(first) == list(range(10))


def test_random_sampler_draws_more_or_with_replacement():
    more = list(data.RandomSampler(range(4), num_samples=10, generator=generator()))
    assert len(more) == 10 and sorted(more[:4]) == sorted(more[4:8]) == [0, 1, 2, 3]
    drawn = list(data.RandomSampler(range(1000), replacement=True, num_samples=70, generator=generator()))
    assert drawn[:32] == torch.randint(1000, (32,), generator=generator()).tolist() and len(drawn) == 70


def test_subset_weighted_and_distributed():
    assert sorted(data.SubsetRandomSampler([3, 5, 7])) == [3, 5, 7]
    drawn = list(data.WeightedRandomSampler([0.0, 1.0, 0.0], 5))
    assert drawn == [1] * 5
    shares = [list(data.DistributedSampler(range(7), 3, rank)) for rank in range(3)]
    assert {len(share) for share in shares} == {3} and {i for share in shares for i in share} == set(range(7))
    plain = [list(data.DistributedSampler(range(7), 3, rank, shuffle=False, drop_last=True)) for rank in range(3)]
    assert plain == [[0, 3], [1, 4], [2, 5]]
    sampler = data.DistributedSampler(range(50), 2, 0)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: data.RandomSampler([]), ValueError, "num_samples=0"),
        (lambda: data.RandomSampler([1], replacement=1), TypeError, "boolean"),
        (lambda: data.BatchSampler([1], 0, False), ValueError, "batch_size=0"),
        (lambda: data.BatchSampler([1], 1, 1), ValueError, "drop_last=1"),
        (lambda: data.WeightedRandomSampler([[1.0]], 1), ValueError, "1d sequence"),
        (lambda: data.WeightedRandomSampler([1.0], 0), ValueError, "num_samples=0"),
        (lambda: data.DistributedSampler([1], 2, 2), ValueError, "Invalid rank 2"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
