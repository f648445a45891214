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


@pytest.mark.parametrize("make", [torch.empty, lambda *s, **f: torch.zeros(s).resize_(6, 5, 4, 7).resize_(*s, **f)])
def test_new_sizes_in_a_format(make):
    assert make(2, 3, 4, 5, memory_format=torch.channels_last).stride() == (60, 1, 15, 3)
    assert make(2, 3, 4, 5, memory_format=torch.contiguous_format).stride() == (60, 20, 5, 1)
    with pytest.raises(RuntimeError, match="rank 4"):
        make(2, 3, memory_format=torch.channels_last)
    with pytest.raises(RuntimeError, match=r"(?i)unsupported memory format"):
        make(2, 3, 4, 5, memory_format=torch.preserve_format)


def test_resizing_to_the_size_there_is():
    last = torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last)
    assert last.resize_(2, 3, 4, 5).stride() == (60, 1, 15, 3)
    assert torch.zeros(2, 3, 4, 5).resize_(2, 3, 4, 5, memory_format=torch.channels_last).stride() == (60, 1, 15, 3)


def test_resizing_as_another_tensor():
    last = torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last)
    assert torch.zeros(0).resize_as_(last).stride() == (60, 20, 5, 1)
    assert torch.zeros(0).resize_as_(last, memory_format=torch.preserve_format).stride() == (60, 1, 15, 3)


@pytest.mark.parametrize(
    "like", [torch.empty_like, torch.zeros_like, torch.rand_like, lambda x, **f: torch.full_like(x, 1, **f)]
)
def test_tensors_in_the_form_of_another_have_the_strides_asked_for(like):
    odd = torch.empty_strided((2, 1, 3, 1), (3, 7, 1, 9))
    assert like(odd).stride() == (3, 7, 1, 9)
    assert like(odd, memory_format=torch.contiguous_format).stride() == (3, 3, 1, 1)
    assert like(odd, memory_format=torch.channels_last).stride() == (3, 1, 1, 1)


def test_conversions_do_nothing_where_the_order_is_already_that_asked_for():
    gaps = torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last)[:, :2]
    assert gaps.to(memory_format=torch.channels_last) is gaps
    columns = torch.zeros(2, 3).t()
    assert columns.to(memory_format=torch.contiguous_format) is columns
    assert columns.double(memory_format=torch.contiguous_format).is_contiguous()
