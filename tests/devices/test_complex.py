"""Arithmetic of complex numbers on a GPU is that of the host, and runs there."""

import math

import ferrotorch as torch
import pytest

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")

UNARY = ["neg", "square", "reciprocal", "abs", "sgn", "conj_physical", "exp", "log", "sqrt", "sin", "cos"]


def numbers(seed=0):
    torch.manual_seed(seed)
    return torch.complex(3 * torch.randn(4, 6), 3 * torch.randn(4, 6))


def parts(x):
    return torch.view_as_real(x.cpu() + 0j)


def close(here, there, tolerance=2e-6):
    assert (here.shape, here.dtype) == (there.shape, there.dtype)
    return torch.allclose(parts(here), parts(there), rtol=10 * tolerance, atol=tolerance, equal_nan=True)


@pytest.mark.parametrize("name", UNARY)
def test_functions(gpu, name):
    op = getattr(torch, name)
    for x in (numbers(), numbers().T, numbers(1)[::2, 1::2]):
        here = op(x)
        size = max(here.abs().max().item(), 1.0)
        assert close(here / size, op(x.to(gpu)).cpu() / size, 1e-6)


def test_operators(gpu):
    x, y = numbers(), numbers(1)
    a, b = x.to(gpu), y.to(gpu)
    for op in [
        lambda s, t: s + t,
        lambda s, t: s - t * (2 - 3j),
        lambda s, t: s * t,
        lambda s, t: s / t,
        lambda s, t: s * 2.5 + 1,
        lambda s, t: torch.add(s, t, alpha=2j),
        lambda s, t: torch.addcmul(s, s, t, value=1 - 1j),
        lambda s, t: torch.where(s == t, s, t),
        lambda s, t: s.conj() * t,
        lambda s, t: s * t.real,
        lambda s, t: s.mul(t.imag[0]),
    ]:
        assert close(op(x, y), op(a, b).cpu(), 1e-5)
    assert torch.equal((a == b).cpu(), x == y)
    assert torch.equal((a != a.clone()).cpu(), x != x.clone())
    for dims in ((0,), (1,), (0, 1)):
        assert close(x.sum(dims), a.sum(dims).cpu(), 1e-5)
    a += b
    assert close(x + y, a.cpu())


def test_edges(gpu):
    x = torch.tensor([0j, 1e30 + 1e30j, 1e-30 - 1e-30j, complex(math.inf, 1), 4 + 0j, -4 + 0j, complex(-4, -0.0), 2j])
    y = x.to(gpu)
    assert torch.allclose(x.abs(), y.abs().cpu(), rtol=1e-6)
    assert close(x[4:].sqrt(), y[4:].sqrt().cpu())
    assert close(x[4:].log(), y[4:].log().cpu())
    assert close((x / x)[1:3], (y / y)[1:3].cpu())
    assert close(x[:1].sgn(), y[:1].sgn().cpu())


def test_conversions(gpu):
    x = torch.tensor([1.5, -2.0, 0.0])
    for dtype in [torch.float32, torch.float16, torch.int64, torch.uint8, torch.bool]:
        real = x.abs().to(dtype)
        assert torch.equal(real.to(gpu).to(torch.complex64).cpu(), real.to(torch.complex64))
    z = torch.complex(x, x.flip(0)).to(gpu)
    assert z.to(torch.bool).tolist() == [True, True, True]
    assert torch.zeros(2, dtype=torch.complex64, device=gpu).to(torch.bool).tolist() == [False, False]


def test_gradients(gpu):
    gradients = []
    for device in ("cpu", gpu):
        x = numbers().to(device).requires_grad_()
        ((x * x.conj() + x / (x + 3)).abs() ** 2).sum().backward()
        gradients.append(x.grad.cpu())
    assert close(*[g / 100 for g in gradients], 1e-5)


def test_products_of_matrices(gpu):
    x, y, z = numbers(), numbers(1), numbers(2)
    for op in [
        lambda s, t, u: s @ t.T,
        lambda s, t, u: s.T.conj() @ t,
        lambda s, t, u: torch.addmm(u[:, :4], s, t.T, beta=0.5, alpha=-2),
        lambda s, t, u: torch.einsum("ij,kj->ik", s, t)[0] @ u[:, 1],
        lambda s, t, u: s[:, None] @ t[..., None],
    ]:
        assert close(op(x, y, z), op(*(t.to(gpu) for t in (x, y, z))), 1e-5)


def test_sums_along_lines_and_by_index(gpu):
    x, index = numbers(), torch.tensor([2, 0, 2, 1])
    for op in [
        lambda s, i: s.cumsum(1),
        lambda s, i: s.mean(0),
        lambda s, i: torch.zeros_like(s).index_add(0, i, s.conj()),
        lambda s, i: torch.zeros_like(s).scatter_add(0, i[:, None].expand(4, 6), s),
        lambda s, i: s.clone().index_put_((i,), s * 2, accumulate=True),
    ]:
        assert close(op(x, index), op(x.to(gpu), index.to(gpu)), 1e-5)


def test_gradients_of_products(gpu):
    def slopes(*tensors):
        leaves = [t.detach().requires_grad_() for t in tensors]
        return torch.autograd.grad((leaves[0] @ leaves[1].T).abs().sum(), leaves)

    x, y = numbers(), numbers(1)
    for here, there in zip(slopes(x, y), slopes(x.to(gpu), y.to(gpu)), strict=True):
        assert close(here, there, 1e-5)
