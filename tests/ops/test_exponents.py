"""Parts of floats and multiples by powers of two, of every size, against NumPy."""

import ferrotorch as torch
import numpy as np
import pytest

EDGES = {
    "float16": [65504, 6e-8, 6e-5, -3e-7],
    "float32": [2.0**-149, 1e-40, -3e-39, 1.2e-38, 3.4e38],
    "float64": [5e-324, 1e-310, -2.3e-308, 1e300, 1.7e308],
}


def floats(dtype):
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, 0.5, -0.5, *EDGES[dtype]]
    return np.concatenate([special, np.random.default_rng(0).normal(size=500) * 1e3]).astype(dtype)


@pytest.mark.parametrize("dtype", EDGES)
def test_mantissas_and_exponents(dtype):
    x = floats(dtype)
    mantissa, exponent = torch.frexp(torch.from_numpy(x))
    wanted, powers = np.frexp(x)
    np.testing.assert_array_equal(mantissa.numpy(), wanted)
    assert mantissa.dtype == getattr(torch, dtype)
    assert exponent.dtype == torch.int32
    assert exponent.tolist() == np.where(np.isfinite(x), powers, 0).tolist()


@pytest.mark.parametrize("dtype", EDGES)
def test_multiples_by_powers_of_two(dtype):
    x = floats(dtype)
    powers = np.random.default_rng(1).integers(-200, 200, x.shape)
    with np.errstate(over="ignore"):
        wanted = np.ldexp(x.astype(np.float64), powers).astype(dtype)
    np.testing.assert_array_equal(torch.ldexp(torch.from_numpy(x), torch.from_numpy(powers)).numpy(), wanted)
    assert torch.ldexp(torch.tensor(2.0**-1000, dtype=torch.float64), torch.tensor(2000)).item() == 2.0**1000


def test_the_gradient_of_a_mantissa_is_that_of_a_multiple():
    x = torch.tensor([0.3, -5.0, 1.0], requires_grad=True)
    mantissa, exponent = torch.frexp(x)
    mantissa.sum().backward()
    assert x.grad.tolist() == (2.0 ** -exponent.double()).tolist()
