"""torch.asarray shares memory where it can."""

import array

import ferrotorch as torch
import numpy as np
import pytest


def test_tensor():
    t = torch.ones(3)
    assert torch.asarray(t) is t
    assert torch.asarray(t, copy=False) is t
    copied = torch.asarray(t, copy=True)
    assert copied.data_ptr() != t.data_ptr() and copied.tolist() == t.tolist()
    assert torch.asarray(t, dtype=torch.int32).dtype == torch.int32
    with pytest.raises(ValueError, match="can't alias tensor with dtype"):
        torch.asarray(t, dtype=torch.int32, copy=False)


def test_numpy():
    a = np.arange(4, dtype="i4")
    t = torch.asarray(a)
    a[0] = 9
    assert t.tolist() == [9, 1, 2, 3] and t.dtype == torch.int32
    copied = torch.asarray(a, copy=True)
    a[0] = 0
    assert copied[0].item() == 9
    assert torch.asarray(np.float32(3)).dtype == torch.float32
    with pytest.raises(RuntimeError, match="can't alias NumPy scalars"):
        torch.asarray(np.float32(3), copy=False)


def test_buffer():
    a = array.array("f", [1, 2, 3])
    t = torch.asarray(a)
    t[0] = 5
    assert a[0] == 5
    assert torch.asarray(bytearray(b"ab"), dtype=torch.uint8).tolist() == [97, 98]


def test_dlpack():
    t = torch.ones(2)
    assert torch.asarray(t.__dlpack__()).data_ptr() == t.data_ptr()


def test_sequences_and_numbers():
    assert torch.asarray([[1, 2], [3, 4]]).dtype == torch.int64
    assert torch.asarray(2.5, dtype=torch.float64).item() == 2.5
    with pytest.raises(ValueError, match="can't alias arbitrary sequence"):
        torch.asarray([1, 2], copy=False)
    with pytest.raises(RuntimeError, match="Could not infer dtype"):
        torch.asarray(object())


def test_requires_grad():
    t = torch.ones(2)
    asked = torch.asarray(t, requires_grad=True)
    assert asked.requires_grad and not t.requires_grad and asked.data_ptr() == t.data_ptr()
    history = torch.ones(2, requires_grad=True) * 2
    assert torch.asarray(history) is history
    with pytest.raises(RuntimeError, match="can require gradients"):
        torch.asarray([1], requires_grad=True)
