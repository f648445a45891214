"""Arithmetic of complex numbers on a GPU is that of the host, and runs there."""

import math

import ferrotorch as torch
import pytest

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")

UNARY = [
    *[
        "neg",
        "square",
        "reciprocal",
        "abs",
        "sgn",
        "conj_physical",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
    ],
    *[
        "sqrt",
        "rsqrt",
        "sigmoid",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "asin",
        "acos",
        "atan",
        "asinh",
        "acosh",
    ],
    *["atanh", "isnan", "isinf", "isfinite", "logical_not"],
]


def numbers(seed=0, dtype=torch.complex64):
    torch.manual_seed(seed)
    return torch.complex(3 * torch.randn(4, 6), 3 * torch.randn(4, 6)).to(dtype)


@pytest.fixture(params=[torch.complex64, torch.complex128], ids=str)
def dtype(request):
    return request.param


def exactness(dtype, tolerance):
    """The tolerance of complex64, or what it is in complex128."""
    return tolerance if dtype == torch.complex64 else 1e-9 * tolerance


def parts(x):
    return torch.view_as_real(x.cpu() + 0j)


def close(here, there, tolerance=2e-6):
    assert (here.shape, here.dtype) == (there.shape, there.dtype)
    return torch.allclose(parts(here), parts(there), rtol=10 * tolerance, atol=tolerance, equal_nan=True)


@pytest.mark.parametrize("name", UNARY)
def test_functions(gpu, name, dtype):
    op = getattr(torch, name)
    for x in (numbers(0, dtype), numbers(0, dtype).T, numbers(1, dtype)[::2, 1::2]):
        here, there = op(x), op(x.to(gpu)).cpu()
        if here.dtype == torch.bool:
            assert torch.equal(here, there)
            continue
        size = max(here.abs().max().item(), 1.0)
        assert close(here / size, there / size, exactness(dtype, 1e-6))


CUTS = [
    0j,
    1,
    -1,
    1j,
    -1j,
    2,
    -2,
    complex(2, -0.0),
    complex(-2, -0.0),
    3j,
    50 + 1j,
    -50 - 1j,
    1e-12 + 1e-12j,
    math.inf + 1j,
]


@pytest.mark.parametrize("name", ["asin", "acos", "atan", "asinh", "acosh", "atanh", "sqrt", "log1p", "tanh", "tan"])
def test_functions_on_their_cuts(gpu, name, dtype):
    op, x = getattr(torch, name), torch.tensor(CUTS, dtype=dtype)
    if name == "tan":
        x = x[:-1]
    assert close(op(x), op(x.to(gpu)), exactness(dtype, 3e-6))


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_what_is_no_number(gpu, name, dtype):
    x = torch.tensor(
        [1j, complex(math.nan, 0), complex(1, math.nan), complex(math.inf, 0), complex(0, -math.inf)], dtype=dtype
    )
    assert getattr(torch, name)(x.to(gpu)).tolist() == getattr(torch, name)(x).tolist()


def test_powers(gpu, dtype):
    x, y = numbers(0, dtype) / 3, numbers(1, dtype) / 3
    assert close(x**y, x.to(gpu) ** y.to(gpu), exactness(dtype, 1e-5))
    edges = torch.tensor([0j, 0j, 1 + 1j], dtype=dtype), torch.tensor([0j, 2, 0j], dtype=dtype)
    assert close(edges[0] ** edges[1], edges[0].to(gpu) ** edges[1].to(gpu))


@pytest.mark.parametrize("p", [0, 1, 2, 3, math.inf, -math.inf])
def test_norms(gpu, p, dtype):
    x = numbers(0, dtype)
    for dims in (None, 0, (0, 1)):
        assert close(x.norm(p, dims), x.to(gpu).norm(p, dims), exactness(dtype, 1e-5))


def test_running_products_and_products_by_index(gpu, dtype):
    x, index = numbers(0, dtype), torch.tensor([2, 0, 2, 1])
    for op in [
        lambda s, i: s.prod(1),
        lambda s, i: s.cumprod(1),
        lambda s, i: s.scatter(0, i[:, None].expand(4, 6), s * 0.5, reduce="multiply"),
        lambda s, i: s.expand(400, 4, 6).reshape(-1).cumsum(0),
        lambda s, i: s.expand(400, 4, 6).reshape(-1).mean(),
    ]:
        here, there = op(x, index), op(x.to(gpu), index.to(gpu)).cpu()
        size = max(here.abs().max().item(), 1.0)
        assert close(here / size, there / size, exactness(dtype, 1e-5))


def test_convolutions_and_their_gradients(gpu, dtype):
    x, w, b = (
        numbers(0, dtype).reshape(1, 2, 3, 4),
        numbers(1, dtype)[:, :4].reshape(2, 2, 2, 2),
        numbers(2, dtype)[0, :2],
    )
    slopes = []
    for where in ("cpu", gpu):
        leaves = [t.to(where).requires_grad_() for t in (x, w, b)]
        y = torch.nn.functional.conv2d(*leaves, stride=(1, 2), padding=1)
        slopes.append([y.detach(), *torch.autograd.grad(y.abs().sum(), leaves)])
    for here, there in zip(*slopes, strict=True):
        assert close(here, there, exactness(dtype, 1e-5))
    y = torch.nn.functional.conv_transpose1d(x[0, :, 0][None], w[:, :, 0], groups=1)
    assert close(
        y, torch.nn.functional.conv_transpose1d(x[0, :, 0][None].to(gpu), w[:, :, 0].to(gpu)), exactness(dtype, 1e-5)
    )


def test_points(gpu, dtype):
    here = torch.linspace(0.5 - 1j, 3 + 2j, 7, dtype=dtype)
    assert close(here, torch.linspace(0.5 - 1j, 3 + 2j, 7, dtype=dtype, device=gpu), exactness(dtype, 1e-6))


def test_operators(gpu, dtype):
    x, y = numbers(0, dtype), numbers(1, dtype)
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
        assert close(op(x, y), op(a, b).cpu(), exactness(dtype, 1e-5))
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


def test_conversions(gpu, dtype):
    x = torch.tensor([1.5, -2.0, 0.0])
    for other in [torch.float64, torch.float32, torch.float16, torch.int64, torch.uint8, torch.bool]:
        real = x.abs().to(other)
        assert torch.equal(real.to(gpu).to(dtype).cpu(), real.to(dtype))
    z = torch.complex(x, x.flip(0)).to(gpu).to(dtype)
    assert z.cpu().to(torch.complex64).tolist() == torch.complex(x, x.flip(0)).tolist()
    assert z.to(torch.complex64).tolist() == z.to(torch.complex128).tolist()
    for other in [torch.float64, torch.float32, torch.int64]:
        assert z.real.to(other).tolist() == x.to(other).tolist()
    assert z.to(torch.bool).tolist() == [True, True, True]
    assert torch.zeros(2, dtype=dtype, device=gpu).to(torch.bool).tolist() == [False, False]


def test_gradients(gpu, dtype):
    gradients = []
    for device in ("cpu", gpu):
        x = numbers(0, dtype).to(device).requires_grad_()
        ((x * x.conj() + x / (x + 3)).abs() ** 2).sum().backward()
        gradients.append(x.grad.cpu())
    assert close(*[g / 100 for g in gradients], exactness(dtype, 1e-5))


def test_products_of_matrices(gpu, dtype):
    x, y, z = (numbers(seed, dtype) for seed in range(3))
    for op in [
        lambda s, t, u: s @ t.T,
        lambda s, t, u: s.T.conj() @ t,
        lambda s, t, u: torch.addmm(u[:, :4], s, t.T, beta=0.5, alpha=-2),
        lambda s, t, u: torch.einsum("ij,kj->ik", s, t)[0] @ u[:, 1],
        lambda s, t, u: s[:, None] @ t[..., None],
    ]:
        assert close(op(x, y, z), op(*(t.to(gpu) for t in (x, y, z))), exactness(dtype, 1e-5))


def test_sums_along_lines_and_by_index(gpu, dtype):
    x, index = numbers(0, dtype), torch.tensor([2, 0, 2, 1])
    for op in [
        lambda s, i: s.cumsum(1),
        lambda s, i: s.mean(0),
        lambda s, i: torch.zeros_like(s).index_add(0, i, s.conj()),
        lambda s, i: torch.zeros_like(s).scatter_add(0, i[:, None].expand(4, 6), s),
        lambda s, i: s.clone().index_put_((i,), s * 2, accumulate=True),
    ]:
        assert close(op(x, index), op(x.to(gpu), index.to(gpu)), exactness(dtype, 1e-5))


def test_gradients_of_products(gpu):
    def slopes(*tensors):
        leaves = [t.detach().requires_grad_() for t in tensors]
        return torch.autograd.grad((leaves[0] @ leaves[1].T).abs().sum(), leaves)

    x, y = numbers(), numbers(1)
    for here, there in zip(slopes(x, y), slopes(x.to(gpu), y.to(gpu)), strict=True):
        assert close(here, there, 1e-5)
