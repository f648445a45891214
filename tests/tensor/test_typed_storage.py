"""Storages whose elements have a dtype, and diagonals."""

import copy

import ferrotorch as torch
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
