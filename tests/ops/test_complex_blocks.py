"""Sums and products of complex numbers of every length, with columns and with numbers, against NumPy."""

import ferrotorch as torch
import numpy as np
import pytest

OPS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "true_divide": np.true_divide}
LENGTHS = [0, 1, 2, 3, 7, 8, 9, 31, 64, 300]


def numbers(dtype, *shape):
    made = np.random.default_rng(sum(shape)).normal(size=(2, *shape))
    return (made[0] + 1j * made[1]).astype(dtype)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_every_length(dtype, name, length):
    a, b = numbers(dtype, 3, length), numbers(dtype, 3, length)[::-1]
    x, y, op = torch.from_numpy(a), torch.from_numpy(b.copy()), getattr(torch, name)
    tolerance = 1e-5 if dtype == "complex64" else 1e-13

    def same(found, wanted):
        np.testing.assert_allclose(found.numpy(), wanted, rtol=tolerance, atol=tolerance)

    same(op(x, y), OPS[name](a, b))
    if length:
        same(op(x, y[:, :1]), OPS[name](a, b[:, :1]))
    same(op(x[:1], y), OPS[name](a[:1], b))
    same(op(x, 2 - 0.5j), OPS[name](a, 2 - 0.5j))
    same(op(x.t(), y.t()), OPS[name](a.T, b.T))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_multiples_are_added(dtype):
    a, b = numbers(dtype, 37), numbers(dtype, 37)[::-1].copy()
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    np.testing.assert_allclose(torch.add(x, y, alpha=2 + 3j).numpy(), a + (2 + 3j) * b, rtol=1e-5)
    np.testing.assert_allclose(torch.sub(x, y, alpha=-1.5).numpy(), a + 1.5 * b, rtol=1e-5)
    np.testing.assert_allclose((x**2).numpy(), a * a, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-20, 1.0, 1e20, 1e160, 1e300])
def test_square_roots_of_every_size(scale):
    z = numbers("complex128", 50) * scale
    np.testing.assert_allclose(torch.from_numpy(z).sqrt().numpy(), np.sqrt(z), rtol=1e-14)
