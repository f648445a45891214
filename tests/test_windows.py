"""Window functions of `torch.signal.windows` and `torch.*_window`."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.signal import windows

COSINE_SUMS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08)}


def cosine_sum(length: int, periodic: bool, coefficients) -> np.ndarray:
    x = 2 * np.pi * np.arange(length) / (length if periodic else length - 1)
    return sum((-1) ** i * a * np.cos(i * x) for i, a in enumerate(coefficients))


@pytest.mark.parametrize("length", [2, 7, 8])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", COSINE_SUMS)
def test_cosine_windows(name, periodic, length):
    want = cosine_sum(length, periodic, COSINE_SUMS[name])
    got = getattr(torch, f"{name}_window")(length, periodic, dtype=torch.float64)
    np.testing.assert_allclose(got.numpy(), want, atol=1e-12)
    got = getattr(windows, name)(length, sym=not periodic, dtype=torch.float64)
    np.testing.assert_allclose(got.numpy(), want, atol=1e-12)


def test_other_windows():
    for got in (torch.bartlett_window(5, periodic=False), windows.bartlett(5), torch.bartlett_window(4)):
        assert got.tolist() == [0.0, 0.5, 1.0, 0.5, 0.0][: len(got)]
    assert torch.allclose(windows.exponential(3), torch.tensor([-1.0, 0.0, -1.0]).exp())
    assert torch.allclose(windows.gaussian(3, std=2.0), torch.tensor([-0.125, 0.0, -0.125]).exp())
    assert torch.allclose(windows.cosine(2), torch.tensor([0.5, 0.5]).sqrt())
    assert torch.isclose(windows.nuttall(9)[4], torch.tensor(1.0))


@pytest.mark.parametrize("length", [2, 7, 8])
@pytest.mark.parametrize("beta", [0.0, 5.0, 12.0])
@pytest.mark.parametrize("periodic", [True, False])
def test_kaiser_windows(periodic, beta, length):
    want = np.kaiser(length + 1, beta)[:-1] if periodic else np.kaiser(length, beta)
    got = torch.kaiser_window(length, periodic, beta, dtype=torch.float64)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)
    got = windows.kaiser(length, beta=beta, sym=not periodic, dtype=torch.float64)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-6)


@pytest.mark.parametrize("name", windows.__all__)
def test_short_windows(name):
    arguments = {"a": [0.6, 0.4]} if name == "general_cosine" else {}
    for sym in (True, False):
        assert getattr(windows, name)(0, sym=sym, **arguments).shape == (0,)
        assert getattr(windows, name)(1, sym=sym, **arguments).tolist() == [1.0]


def test_wrong_arguments():
    with pytest.raises(ValueError, match="non-negative"):
        windows.hann(-1)
    with pytest.raises(ValueError, match="float32 or float64"):
        windows.hann(3, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"beta must be non-negative, got: -1\.0 instead"):
        windows.kaiser(3, beta=-1.0)
    with pytest.raises(ValueError, match="Center"):
        windows.exponential(3, center=1.0)
    with pytest.raises(RuntimeError, match="floating point"):
        torch.hann_window(3, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="non-negative"):
        torch.hann_window(-1)
