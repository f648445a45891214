"""Sizes near the ends of int64: what has none of its elements is made, what cannot be is refused, nothing wraps."""

import ferrotorch as torch
import pytest

F = torch.nn.functional
INDEX = torch.tensor([0, 1])
FAR, LAST = 2**40, 2**63 - 1
TALL, WIDE, LONG = torch.empty(FAR, 3, 0), torch.empty(3, FAR, 0), torch.empty(FAR, 2, 0)

EMPTY = {
    "index": (lambda: WIDE[INDEX], (2, FAR, 0)),
    "index with coordinates that nothing reads": (lambda: WIDE[INDEX + 7], (2, FAR, 0)),
    "index by an expanded index": (lambda: torch.empty(3, 0)[INDEX[:1].expand(FAR)], (FAR, 0)),
    "index_put": (lambda: WIDE.index_put((INDEX,), torch.tensor(1.0)), (3, FAR, 0)),
    "index_select": (lambda: TALL.index_select(1, INDEX), (FAR, 2, 0)),
    "index_add": (lambda: TALL.index_add(1, INDEX, LONG), (FAR, 3, 0)),
    "index_copy": (lambda: TALL.index_copy(1, INDEX, LONG), (FAR, 3, 0)),
    "index_fill": (lambda: TALL.index_fill(1, INDEX, 1.0), (FAR, 3, 0)),
    "cumsum": (lambda: TALL.cumsum(1), (FAR, 3, 0)),
    "sort": (lambda: TALL.sort(1).values, (FAR, 3, 0)),
    "softmax": (lambda: TALL.softmax(1), (FAR, 3, 0)),
    "flip": (lambda: TALL.flip(1), (FAR, 3, 0)),
    "sum": (lambda: TALL.sum(1), (FAR, 0)),
    "tril_indices without columns": (lambda: torch.tril_indices(2**62, 0), (2, 0)),
    "triu_indices of a tall matrix": (lambda: torch.triu_indices(2**62, 2), (2, 3)),
    "tril_indices below most rows": (lambda: torch.tril_indices(2**62, 2, -(2**62) + 2), (2, 3)),
    "slice": (lambda: torch.ones(3, 3)[:: 2**62], (1, 3)),
    "unfold": (lambda: torch.ones(3, 3).unfold(0, 1, LAST), (1, 3, 1)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_little_or_nothing_is_made(name):
    call, shape = EMPTY[name]
    assert call().shape == shape


REFUSED = {
    "index into nothing": (lambda: torch.empty(0, 3, 0)[INDEX], IndexError, "out of bounds"),
    "index_put into nothing": (
        lambda: torch.empty(0, 3, 0).index_put((INDEX,), torch.ones(2, 3, 0)),
        IndexError,
        "out of bounds",
    ),
    "index_select beyond empty slices": (lambda: TALL.index_select(1, INDEX + 2), IndexError, "index 3"),
    "index_select by an expanded index": (
        lambda: torch.empty(3, 0).index_select(0, INDEX[:1].expand(FAR)),
        RuntimeError,
        "can't allocate memory",
    ),
    "conv padding": (lambda: F.conv1d(torch.ones(1, 1, 5), torch.ones(1, 1, 3), padding=LAST), RuntimeError, "padding"),
    "conv stride": (lambda: F.conv1d(torch.ones(1, 1, 5), torch.ones(1, 1, 3), stride=LAST), RuntimeError, "stride"),
    "conv dilation": (
        lambda: F.conv1d(torch.ones(1, 1, 5), torch.ones(1, 1, 3), padding=2**47, dilation=2**48),
        RuntimeError,
        "conv1d",
    ),
    "conv_transpose": (
        lambda: F.conv_transpose1d(torch.ones(1, 1, 3), torch.ones(1, 1, 3), stride=2**62),
        RuntimeError,
        "stride",
    ),
    "max_pool": (
        lambda: F.max_pool2d(torch.ones(1, 1, 5, 5), (2**33 + 1, 2), 1, dilation=(2**31, 1)),
        RuntimeError,
        "max_pool2d",
    ),
    "max_pool padding": (lambda: F.max_pool1d(torch.ones(1, 1, 5), LAST, 1, 2**62), RuntimeError, "max_pool1d"),
    "expand": (lambda: torch.ones(1).expand(2**62, 4), RuntimeError, "size calculation overflowed"),
    "expand of nothing": (
        lambda: torch.ones(1, 0).expand(4, 2**62, 4, 0),
        RuntimeError,
        "size calculation overflowed",
    ),
    "empty": (lambda: torch.empty(0, 2**62, 4), RuntimeError, "size calculation overflowed"),
    "reshape": (lambda: torch.empty(0).reshape(0, 2**62, 4), RuntimeError, "size calculation overflowed"),
    "repeat": (lambda: torch.ones(3).repeat(2**62, 4), RuntimeError, "repeat|size calculation overflowed"),
    "repeat of a size": (lambda: torch.ones(3, 0).repeat(2**62, 1), RuntimeError, "repeat"),
    "tile": (lambda: torch.ones(4).tile(2**62), RuntimeError, "repeat"),
    "frombuffer": (
        lambda: torch.frombuffer(bytearray(8), dtype=torch.float32, count=2**62 + 1),
        ValueError,
        r"requested buffer length \(4611686018427387905 \* 4 bytes\)",
    ),
    "as_strided": (
        lambda: torch.as_strided(torch.ones(1), (2**62, 4), (0, 0)),
        RuntimeError,
        "size calculation overflowed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_wraps_is_refused(name):
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("divisor", [-(2**63), LAST])
def test_divisors_of_any_size(divisor):
    out = F.avg_pool2d(torch.ones(1, 1, 2, 2), 2, divisor_override=divisor)
    assert out.item() == pytest.approx(4 / divisor, rel=1e-6)


def test_means_of_wide_padding():
    out = F.avg_pool2d(torch.ones(1, 1, 4, 4), 2**40, 1, padding=2**39)
    assert out.shape == (1, 1, 5, 5)
    assert out.unique().tolist() == [pytest.approx(16 / 2**80)]


def test_convolution_of_padding_alone():
    out = F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2), torch.ones(1), padding=2**31 - 1, dilation=2**32 - 1)
    assert out.tolist() == [[[[1.0]]]]


@pytest.mark.parametrize("call", ["argmax", "argmin", "max", "min", "sum", "flip", "amax", "nansum", "mean"])
def test_dimensions_are_chosen_among_64_at_most(call):
    with pytest.raises(RuntimeError, match="only tensors with up to 64 dims are supported"):
        getattr(torch.ones([1] * 65), call)(64)
    assert getattr(torch.ones([1] * 64), call)(63) is not None
