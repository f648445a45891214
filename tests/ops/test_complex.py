"""Complex sums in logarithms, complex fills and random numbers."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck


def draw(*shape, seed=0, scale=3.0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(scale * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)))


def close(got, want):
    # Imaginary parts count up to whole turns.
    np.testing.assert_allclose(np.exp(got.numpy()), want, rtol=1e-9)


def test_logaddexp():
    a, b = draw(20), draw(20, seed=1)
    close(torch.logaddexp(a, b), np.exp(a.numpy()) + np.exp(b.numpy()))
    far = torch.logaddexp(torch.tensor(800 + 1j), torch.tensor(798 - 2j))
    assert abs(far.item() - (800 + 1j + np.log1p(np.exp(-2 - 3j)))) < 1e-3
    nothing = torch.tensor(complex(-np.inf, 0))
    assert torch.logaddexp(nothing, nothing).real == -np.inf
    assert torch.logaddexp(nothing, torch.tensor(2 + 1j)) == 2 + 1j


@pytest.mark.parametrize("dim", [0, 1])
def test_logcumsumexp(dim):
    x = draw(4, 5)
    close(torch.logcumsumexp(x, dim), np.cumsum(np.exp(x.numpy()), dim))


@pytest.mark.parametrize("dim", [(0,), (1,), (0, 1)])
def test_logsumexp(dim):
    x = draw(4, 5)
    close(torch.logsumexp(x, dim), np.exp(x.numpy()).sum(dim))


CALLS = {
    "logaddexp": lambda x, y: torch.logaddexp(x, y),
    "logcumsumexp": lambda x, y: torch.logcumsumexp(x * y, 0),
    "logsumexp": lambda x, y: torch.logsumexp(x * y, 0),
    "index_fill": lambda x, y: torch.index_fill(x, 0, torch.tensor([2, 0, 2]), y[0, 0]),
    "scatter_add": lambda x, y: torch.scatter_add(x, 0, torch.tensor([[2, 0], [1, 1]]), y),
}


@pytest.mark.parametrize("name", CALLS)
def test_gradients(name):
    x, y = (draw(3, 2, seed=seed, scale=1.0).requires_grad_() for seed in (2, 3))
    assert gradcheck(CALLS[name], (x, y))
    assert gradgradcheck(CALLS[name], (x, y))


def test_random_numbers_are_pytorch_s():
    torch.manual_seed(0)
    drawn = [
        torch.randn(3, dtype=torch.complex64),
        torch.rand(2, dtype=torch.complex128),
        torch.randn(10, dtype=torch.complex64)[:2],
        torch.empty(2, dtype=torch.complex64).normal_(2, 3),
        torch.randn(1, dtype=torch.complex128),
    ]
    recorded = [
        [1.0896 - 0.2075j, -1.5406 + 0.4019j, -0.7669 - 0.9890j],
        [0.1786 + 0.3511j, 0.5813 + 0.2882j],
        [0.4234 - 1.0996j, -0.2414 + 1.3103j],
        [1.9557 + 0.4759j, 3.1002 - 0.7843j],
        [0.1358 + 0.3838j],
    ]
    for got, want in zip(drawn, recorded, strict=True):
        np.testing.assert_allclose(got.numpy(), want, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_random_numbers(dtype):
    torch.manual_seed(0)
    z = torch.randn(20000, dtype=dtype)
    assert z.dtype is dtype
    assert abs(z.mean()) < 0.02
    assert abs((z.abs() ** 2).mean() - 1) < 0.03  # the variance of both parts together is 1
    assert abs(z.real.var() - 0.5) < 0.02
    torch.manual_seed(0)
    parts = torch.view_as_real(torch.empty(20000, dtype=dtype)).normal_()
    assert torch.allclose(torch.view_as_real(z), parts * 0.5**0.5)
    u = torch.rand(100, dtype=dtype)
    assert ((torch.view_as_real(u) >= 0) & (torch.view_as_real(u) < 1)).all()
    assert torch.randn_like(z[:3]).dtype is dtype
    shifted = torch.empty(20000, dtype=dtype).normal_(5, 0)
    assert torch.equal(shifted, torch.full_like(shifted, 5 + 5j))


def test_a_magnitude_does_not_take_the_place_of_complex_numbers():
    with pytest.raises(RuntimeError, match="In-place abs is not supported for complex tensors"):
        torch.ones(2, dtype=torch.complex64).abs_()
