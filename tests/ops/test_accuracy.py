"""Long sums, running sums and variances lose no digits with their length."""

import ferrotorch as torch
import pytest

TENTH = float(torch.tensor(0.1))
SCANS = {
    "cumsum": (lambda n: torch.full((n,), 0.1), lambda n: TENTH * n),
    "cumprod": (lambda n: torch.full((n,), 1 + 2**-20), lambda n: (1 + 2**-20) ** n),
    "logcumsumexp": (lambda n: torch.zeros(n), lambda n: float(torch.tensor(float(n), dtype=torch.float64).log())),
}


def error(got, want):
    return abs(float(got) - want) / abs(want)


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("shape", ["line", "rows", "columns"])
def test_running_totals_keep_their_digits(name, shape, device):
    n = 1_000_000
    line, want = SCANS[name][0](n), SCANS[name][1](n)
    x = {"line": line, "rows": line.expand(2, n), "columns": line.unsqueeze(1).expand(n, 9)}[shape].to(device)
    dim = 1 if shape == "rows" else 0
    total = getattr(x, name)(dim).select(dim, -1)
    # GPUs carry float32, whose products lose digits with every factor.
    assert error(total.reshape(-1)[-1], want) < (1e-7 if device == "cpu" else 5e-4 if name == "cumprod" else 2e-6)


def test_running_sums_count_to_large_numbers():
    assert torch.ones(20_000_000).cumsum(0)[-1] == 20_000_000
    assert torch.ones(10_000, dtype=torch.float16).cumsum(0)[-1] == 10_000
    out, x = torch.empty(1_000_000), torch.full((1_000_000,), 0.1)
    torch.cumsum(x, 0, out=out)
    assert error(out[-1], TENTH * 1e6) < 1e-7
    assert error(x.cumsum_(0)[-1], TENTH * 1e6) < 1e-7
    assert torch.tensor([[-0.0]]).cumsum(0).signbit().item() is False


def test_gradients_of_running_sums_keep_their_digits():
    x = torch.zeros(1_000_000, requires_grad=True)
    x.cumsum(0).backward(torch.full((1_000_000,), 0.1))
    assert error(x.grad[0], TENTH * 1e6) < 1e-7
    y = torch.full((1_000_000,), 0.1)
    assert error(torch.cumulative_trapezoid(y)[-1], TENTH * (1e6 - 1)) < 2e-7


def test_running_sums_do_not_depend_on_threads():
    torch.manual_seed(0)
    x, threads = torch.randn(300, 700), torch.get_num_threads()
    results = []
    try:
        for n in (1, 2, 7):
            torch.set_num_threads(n)
            results.append([f(x, d) for f in (torch.cumsum, torch.cumprod, torch.logcumsumexp) for d in (0, 1)])
            results[-1] += [x.sum(0), x.var(0), x.var(1), x.norm(dim=0)]
    finally:
        torch.set_num_threads(threads)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize("name", ["sum", "mean", "nansum", "logsumexp"])
@pytest.mark.parametrize("shape", [(1_000_000, 2), (300_000, 8), (30_000, 70)], ids=str)
def test_sums_of_columns_keep_their_digits(name, shape, device):
    x = torch.full(shape, 0.1)
    got = getattr(x.to(device), name)(0).cpu()
    want = getattr(x.double(), name)(0)
    assert ((got.double() - want) / want).abs().max() < (7e-7 if device == "cpu" else 3e-6)


def test_sums_over_several_dims_keep_their_digits():
    assert error(torch.full((2048, 4, 7, 7), 0.1).sum((0, 2, 3))[0], TENTH * 2048 * 49) < 5e-7
    assert error(torch.full((1_000_000, 2), 0.1)[:, 0].sum(), TENTH * 1e6) < 5e-7
    bias = torch.zeros(3, requires_grad=True)
    torch.nn.functional.linear(torch.ones(500_000, 2), torch.ones(3, 2), bias).backward(torch.full((500_000, 3), 0.1))
    assert error(bias.grad[0], TENTH * 5e5) < 5e-7


@pytest.mark.parametrize("name", ["var", "std"])
@pytest.mark.parametrize("dim", [0, 1, (0, 1)], ids=str)
@pytest.mark.parametrize("offset", [0.0, 1e4, 1e7])
def test_variances_beside_a_large_mean(name, dim, offset):
    torch.manual_seed(1)
    x = torch.randn(1000, 40) * 30 + offset
    got, want = getattr(x, name)(dim), getattr(x.double(), name)(dim)
    assert ((got.double() - want) / want).abs().max() < 2e-7
    spread, mean = getattr(torch, f"{name}_mean")(x.t(), 0 if dim == 1 else 1) if dim != (0, 1) else (got, x.mean())
    assert torch.equal(spread, got) and ((mean.double() - x.double().mean(dim)).abs() <= 1e-7 * offset + 1e-5).all()


def test_products_with_vectors_keep_their_digits():
    x, want = torch.full((1_000_000,), 0.1), TENTH * TENTH * 1e6
    for total in (torch.dot(x, x), torch.vdot(x, x), torch.inner(x, x), (x[None] @ x)[0], (x @ x[:, None])[0]):
        assert error(total, want) < 1e-6
    assert (torch.arange(6.0)[:4] @ torch.arange(12.0).reshape(4, 3)).tolist() == [42, 48, 54]


def test_batch_norm_beside_a_large_mean():
    torch.manual_seed(2)
    x = torch.randn(16, 3, 20, 20) + 1e5
    F = torch.nn.functional
    got, want = F.batch_norm(x, None, None, training=True), F.batch_norm(x.double(), None, None, training=True)
    assert (got.double() - want).abs().max() < 1e-5


def test_digamma_near_its_root():
    x = torch.tensor([1.4616321449683623, 1.46163, 1.5, 0.1, 7.3], dtype=torch.float64)
    want = [
        -9.241265521729427e-17,
        -2.0756283887224574e-06,
        0.03648997397857652,
        -10.423754940411076,
        1.9178203356379862,
    ]
    for got, w in zip(x.digamma().tolist(), want, strict=True):
        assert abs(got - w) <= 1e-14 * abs(w)
