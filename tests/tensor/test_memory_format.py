"""The order of elements in memory that `to`, `clone` and `contiguous` are asked for."""

import ferrotorch as torch
import pytest


@pytest.fixture
def images():
    return torch.arange(24.0).reshape(1, 2, 3, 4)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.to(memory_format=torch.channels_last),
        lambda x: x.to(torch.float64, memory_format=torch.channels_last),
        lambda x: x.to(torch.ones(1), memory_format=torch.channels_last),
        lambda x: x.clone(memory_format=torch.channels_last),
        lambda x: x.contiguous(memory_format=torch.channels_last),
    ],
)
def test_channels_last(images, convert):
    converted = convert(images)
    assert converted.stride() == (24, 1, 8, 2)
    assert converted.tolist() == images.tolist()
    assert converted.is_contiguous(memory_format=torch.channels_last)


def test_a_conversion_keeps_the_order_unless_told_otherwise(images):
    last = images.to(memory_format=torch.channels_last)
    assert last.to(torch.float64).stride() == (24, 1, 8, 2)
    assert last.to(memory_format=torch.contiguous_format).stride() == (24, 12, 4, 1)
    assert last.to(memory_format=torch.channels_last) is last


def test_a_rank_that_has_no_such_order_is_refused():
    with pytest.raises(RuntimeError, match="rank 4"):
        torch.ones(2, 3).to(memory_format=torch.channels_last)


def test_pools_of_nothing_are_empty():
    assert torch.nn.functional.adaptive_max_pool2d(torch.ones(0, 1, 4, 4), (2**40, 2**20)).numel() == 0
