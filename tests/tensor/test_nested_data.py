"""What `torch.tensor` and the legacy constructors make of nested data, foreign objects and classes of one's own."""

import array
import collections
import warnings
from decimal import Decimal

import ferrotorch as torch
import numpy as np
import pytest

ONE, TWO = torch.tensor([0.5]), torch.tensor([1.0, 2.0])


class Float:
    def __float__(self):
        return 1.5


class Index:
    def __index__(self):
        return 3


class Sequence:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class Exporter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **options):
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


VALUES = [
    ([ONE, ONE], [0.5, 0.5]),
    ([[ONE]], [[0.5]]),
    ([[ONE, ONE], [ONE, 1]], [[0.5, 0.5], [0.5, 1.0]]),
    ([ONE, 1.0], [0.5, 1.0]),
    ([torch.tensor([[0.5]]), 1], [0.5, 1.0]),
    ([[1.0, 2.0], TWO], [[1.0, 2.0], [1.0, 2.0]]),
    ([[], [1]], [[], []]),
    ([np.ones(2), [3.0, 4.0]], [[1.0, 1.0], [3.0, 4.0]]),
    ([np.array(1.0), np.array(2.0)], [1.0, 2.0]),
    ([np.array([1, 2], dtype=">i4")], [[1, 2]]),
    ([np.arange(3)[::-1]], [[2, 1, 0]]),
    (range(3), [0, 1, 2]),
    (collections.deque([1, 2]), [1, 2]),
    (Sequence([1.0, 2.0]), [1.0, 2.0]),
    ([Sequence([1, 2]), (3, 4)], [[1, 2], [3, 4]]),
    (array.array("d", [1, 2]), [1.0, 2.0]),
    ([True, 2, 1.5], [1.0, 2.0, 1.5]),
    (bytearray(b"ab"), [97, 98]),
]


@pytest.mark.parametrize(("data", "want"), VALUES, ids=lambda x: type(x).__name__)
def test_values(data, want):
    for make in (torch.tensor, torch.as_tensor, ONE.double().new_tensor, torch.DoubleTensor):
        assert make(data).tolist() == want


REFUSED = [
    ([TWO], ValueError, "only one element tensors"),
    ([TWO, TWO], ValueError, "only one element tensors"),
    ([[TWO]], ValueError, "only one element tensors"),
    ([ONE, TWO], ValueError, "only one element tensors"),
    ([np.ones(2), np.ones(3)], ValueError, r"length 2 at dim 1 \(got 3\)"),
    ([[1, 2], [3]], ValueError, r"length 2 at dim 1 \(got 1\)"),
    ([[1], 2], TypeError, "not a sequence"),
    ([1, [2]], TypeError, "cannot be interpreted as an integer"),
    (b"ab", TypeError, "invalid data type 'bytes'"),
    ([b"ab"], TypeError, "invalid data type 'bytes'"),
    ("ab", TypeError, "invalid data type 'str'"),
    (["ab"], ValueError, "too many dimensions 'str'"),
    ([1, "a"], TypeError, "'str'"),
    ([Decimal(1)], RuntimeError, "infer dtype of"),
    ([Float()], RuntimeError, "infer dtype of Float"),
    ({1, 2}, RuntimeError, "infer dtype of set"),
    (np.array([1, None]), TypeError, r"can't convert np.ndarray of type"),
    (np.ones(2, dtype=">f8"), ValueError, "byte order"),
]


@pytest.mark.parametrize(("data", "error", "text"), REFUSED)
def test_refused(data, error, text):
    with pytest.raises(error, match=text):
        torch.tensor(data)


def test_a_dtype_asks_objects_for_a_number():
    assert torch.tensor(Float(), dtype=torch.float32).item() == 1.5
    assert torch.tensor([Float(), Decimal("2.5")], dtype=torch.float64).tolist() == [1.5, 2.5]
    assert torch.tensor([Index(), 4], dtype=torch.int64).tolist() == [3, 4]
    for data in (torch.tensor(1.5), 1j):
        with pytest.raises(TypeError):
            torch.tensor([data], dtype=torch.int64)


def test_arrays_without_elements_keep_their_dtype():
    empty = torch.tensor([np.zeros((2, 0))])
    assert (empty.shape, empty.dtype) == ((1, 2, 0), torch.float64)
    assert torch.tensor([]).dtype == torch.tensor([[], [1]]).dtype == torch.float32


def test_dlpack_objects():
    source = torch.tensor([1.0, 2.0])
    copy, shared = torch.tensor(Exporter(source)), torch.as_tensor(Exporter(source))
    source[0] = 5.0
    assert copy.tolist() == [1.0, 2.0]
    assert shared.tolist() == [5.0, 2.0]


def test_buffers_have_a_dtype_of_their_own():
    assert torch.asarray(array.array("d", [1, 2])).tolist() == [1.0, 2.0]
    assert torch.asarray(bytearray(b"ab")).tolist() == [97, 98]
    assert torch.asarray(bytearray(b"ab\0\0"), dtype=torch.int16).tolist() == [25185, 0]
    with pytest.raises(ValueError, match="non-negative"):
        torch.frombuffer(bytearray(4), dtype=torch.uint8, offset=-1)
    with pytest.raises(ValueError, match="buffer protocol"):
        torch.frombuffer([1], dtype=torch.uint8)


def test_read_only_arrays_are_announced_once():
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        x = torch.from_numpy(fixed)
        torch.from_numpy(fixed)
        torch.tensor(fixed)
    assert len([w for w in seen if "not writable" in str(w.message)]) <= 1
    with pytest.raises(RuntimeError, match="read-only"):
        x.add_(1)


def test_legacy_constructors():
    assert (
        torch.Tensor(2, 3).shape
        == torch.Tensor(size=(2, 3)).shape
        == torch.FloatTensor(torch.Size([2, 3])).shape
        == (2, 3)
    )
    assert torch.LongTensor(2, device="cpu").dtype == torch.int64
    assert torch.DoubleTensor([1, 2.5]).tolist() == [1.0, 2.5]
    assert torch.FloatTensor(torch.FloatTensor([1, 2]).untyped_storage()).tolist() == [1.0, 2.0]
    assert torch.tensor([1]).new([1, 2]).dtype == torch.int64
    assert torch.ones(1).new(2, 3).shape == (2, 3)
    assert torch.ones(1).new().shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: torch.Tensor(-1), RuntimeError, "negative dimension -1"),
        (lambda: torch.Tensor(2, -1), RuntimeError, "negative dimension -1"),
        (lambda: torch.Tensor(2.0), TypeError, "must be a sequence"),
        (lambda: torch.Tensor(None), TypeError, "must be a sequence"),
        (lambda: torch.FloatTensor({}), TypeError, "must be a sequence"),
        (lambda: torch.Tensor(2**63), TypeError, "failed to unpack the object at pos 1"),
        (lambda: torch.Tensor(2, 3.0), TypeError, "sizes must be ints"),
        (lambda: torch.FloatTensor(torch.tensor([1])), TypeError, "float32"),
        (lambda: torch.Tensor([1], dtype=torch.float32), TypeError, "unexpected keyword"),
    ],
)
def test_legacy_constructors_refuse(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (((7, np.array(5)), (np.array(9), 5.0)), torch.tensor([[7.0, 5.0], [9.0, 5.0]])),
        (((7, 5), (9, np.array(5.0))), torch.tensor([[7.0, 5.0], [9.0, 5.0]], dtype=torch.float64)),
        (((5, np.array(3)), (np.array(3), 5)), torch.tensor([[5, 3], [3, 5]])),
    ],
)
def test_an_array_without_dimensions_is_a_number(data, want):
    got = torch.tensor(data)
    assert got.dtype is want.dtype and torch.equal(got, want)
    assert torch.equal(torch.tensor(data, dtype=torch.int8), want.to(torch.int8))
