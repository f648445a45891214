"""Tensors among NumPy's functions, and arrays of tensors."""

import ferrotorch as torch
import numpy as np
import pytest


def test_functions_give_tensors():
    t = torch.tensor([1.0, 2.0])
    for result in (np.add(np.ones(2), t), np.sin(t), np.multiply(t, 2)):
        assert isinstance(result, torch.Tensor)
    assert np.add(np.ones(2), t).tolist() == [2.0, 3.0]
    assert np.greater(t, np.ones(2)).dtype == torch.uint8


def test_array():
    t = torch.ones(2)
    array = np.asarray(t)
    array[0] = 3
    assert t[0].item() == 3
    assert np.asarray(t, dtype="f8").dtype == np.float64
    assert t.__array__("i4").dtype == np.int32
    copied = np.array(t, copy=True)
    copied[0] = 0
    assert t[0].item() == 3
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        t.__array__("i4", copy=False)


def test_refusals():
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(torch.ones(2, requires_grad=True))
    with torch.no_grad():
        assert torch.ones(2, requires_grad=True).numpy().tolist() == [1, 1]
    with pytest.raises(TypeError, match="BFloat16"):
        torch.ones(2, dtype=torch.bfloat16).numpy()
    with pytest.raises(ValueError, match="aligned"):
        torch.from_numpy(np.frombuffer(b"\0" * 17, dtype="u1")[1:].view("f8"))
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(np.arange(3)[::-1])
