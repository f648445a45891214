"""Storages whose elements have a dtype, and diagonals."""

import copy

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _tensor


def test_a_storage_shows_the_memory_of_its_tensor() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    _tensor._warn_of_typed_storages.cache_clear()
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        storage = x[1:].storage()
    assert (storage.size(), storage.nbytes(), storage.dtype) == (6, 24, torch.float32)
    storage[4] = 40.0
    assert x[1, 1] == 40
    assert storage.tolist() == [0, 1, 2, 3, 40, 5]
    assert storage.data_ptr() == x.data_ptr()
    assert isinstance(storage, torch.FloatStorage)
    assert not isinstance(storage, torch.DoubleStorage)
    assert x.storage_type() is torch.FloatStorage


def test_storages_are_made_of_sizes_and_numbers() -> None:
    assert len(torch.IntStorage(3)) == 3
    storage = torch.LongStorage([1, 2, 3])
    assert (storage.type(), storage.element_size()) == ("torch.LongStorage", 8)
    assert storage.double().tolist() == [1.0, 2.0, 3.0]
    assert storage.fill_(7).tolist() == [7, 7, 7]
    copied = copy.deepcopy(storage)
    copied[0] = 0
    assert storage[0] == 7
    assert torch.ByteStorage.from_buffer(b"abc").tolist() == [97, 98, 99]
    assert torch.is_storage(storage)
    assert torch.is_storage(storage.untyped())
    assert not torch.is_storage([1])
    with pytest.raises(NotImplementedError, match="slices"):
        storage[:1]


def test_the_diagonal_is_filled() -> None:
    x = torch.zeros(7, 3)
    assert x.fill_diagonal_(1, wrap=True).nonzero().tolist() == [[0, 0], [1, 1], [2, 2], [4, 0], [5, 1], [6, 2]]
    assert torch.zeros(7, 3).fill_diagonal_(1).sum() == 3
    assert torch.zeros(2, 2, 2).fill_diagonal_(5)[[0, 1], [0, 1], [0, 1]].tolist() == [5, 5]
    y = torch.ones(2, 2, requires_grad=True)
    (y * 2).fill_diagonal_(0).sum().backward()
    assert y.grad.tolist() == [[0, 2], [2, 0]]
    with pytest.raises(RuntimeError, match="larger than 1"):
        torch.zeros(3).fill_diagonal_(1)
    with pytest.raises(RuntimeError, match="equal length"):
        torch.zeros(2, 2, 3).fill_diagonal_(1)


def test_a_tensor_is_set_to_a_storage_of_its_dtype() -> None:
    storage = torch.FloatStorage([0.0, 1.0, 2.0, 3.0])
    x = torch.tensor([]).set_(storage, 1, (2,), (2,))
    assert x.tolist() == [1.0, 3.0]
    storage[3] = 7.0
    assert x.tolist() == [1.0, 7.0]
    with pytest.raises(RuntimeError, match=r"Expected a Storage of type Double .* got type Float"):
        torch.tensor([], dtype=torch.float64).set_(storage)


def test_a_tensor_is_made_of_a_storage() -> None:
    storage = torch.ShortStorage([1, 2, 3])
    x = torch.tensor(storage)
    assert (x.tolist(), x.dtype) == ([1, 2, 3], torch.int16)
    storage[0] = 9
    assert x.tolist() == [1, 2, 3]
    assert torch.tensor(storage.untyped(), dtype=torch.int16).tolist() == [9, 2, 3]
    with pytest.raises(RuntimeError, match="Expected a Storage of type Float"):
        torch.tensor(storage, dtype=torch.float32)


@pytest.mark.parametrize(
    "make", [lambda: torch.zeros(3, device="meta").storage(), lambda: torch.TypedStorage(3, device="meta")]
)
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_storages_without_memory(make) -> None:
    storage = make()
    assert (storage.size(), storage.device.type) == (3, "meta")
    for ask in (lambda: storage[0], lambda: storage.__setitem__(0, 1), storage.tolist):
        with pytest.raises(NotImplementedError, match="Not available for 'meta' device type"):
            ask()


def test_sizes_and_places_of_storages() -> None:
    assert torch.FloatStorage(np.int16(3)).size() == 3
    with pytest.raises(IndexError, match="index 2 out of range for storage of size 2"):
        torch.FloatStorage(2)[2]
