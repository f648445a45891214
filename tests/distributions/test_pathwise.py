"""Gradients of Beta and Dirichlet samples by their parameters, sample by sample."""

import ferrotorch as torch
import pytest
from ferrotorch.distributions import Beta, Dirichlet

# First samples of float64 draws with this concentration, seeded with 0, and their gradients, recorded with PyTorch.
RECORDED = {
    (0.7, 0.7): ([0.06301287486564086, 0.9369871251343592], [0.26940937556189926, -0.10073334791561853]),
    (1.0, 2.0, 3.0): (
        [0.5282044006183483, 0.24112464450327642, 0.2306709548783754],
        [0.16774236867268355, -0.08512086398097816, -0.06439779821697122],
    ),
    (0.3, 0.3, 0.3, 0.3): (
        [1.1091736981055089e-05, 0.014866886311282995, 0.37332656651292545, 0.6117954554388105],
        [0.00042626094841614117, -2.4118376322821954e-06, -2.291857230128885e-05, -3.0440260750188853e-05],
    ),
}


@pytest.mark.parametrize("concentration", RECORDED)
def test_the_first_sample(concentration):
    torch.manual_seed(0)
    c = torch.tensor([concentration] * 50_000, dtype=torch.float64, requires_grad=True)
    sample = Dirichlet(c).rsample()
    (grad,) = torch.autograd.grad(sample[:, 0].sum(), c)
    want, want_grad = RECORDED[concentration]
    torch.testing.assert_close(sample[0].tolist(), want)
    # PyTorch has approximations, of some four digits.
    torch.testing.assert_close(grad[0].tolist(), want_grad, rtol=1e-3, atol=0)
    # Gradients of means are those of a / sum(a).
    total = sum(concentration)
    mean = torch.tensor(
        [(total - concentration[0]) / total**2] + [-concentration[0] / total**2] * (len(concentration) - 1)
    )
    torch.testing.assert_close(grad.mean(0), mean.double(), atol=0.01, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("a", [0.2, 1.0, 5.0, 80.0])
def test_closed_forms(a, dtype):
    shape = torch.full((1000,), a, dtype=dtype, requires_grad=True)
    x = Beta(shape, 1.0).rsample()
    x.sum().backward()
    # With F = x^a a sample moves by -x ln x / a.
    sample = x.detach()
    torch.testing.assert_close(shape.grad, -torch.xlogy(sample, sample) / a, rtol=2e-3, atol=1e-6)
    one = torch.ones(1000, dtype=dtype, requires_grad=True)
    x = Beta(1.0, one * a).rsample()
    (by_b,) = torch.autograd.grad(x.sum(), one)
    rest = 1 - x.detach()
    torch.testing.assert_close(by_b, torch.xlogy(rest, rest), rtol=2e-3, atol=1e-6)


def test_edges_of_the_simplex():
    x, a, total = (
        torch.tensor([0.0, 1.0, 0.5, 1.0]),
        torch.tensor([2.0, 2.0, 2.0, 3.0]),
        torch.tensor([5.0, 5.0, 4.0, 3.0]),
    )
    slopes = torch._dirichlet_grad(x, a, total)
    assert slopes.isfinite().all() and slopes[0] == slopes[3] == 0
    assert torch._dirichlet_grad(torch.tensor([-0.1]), a[:1], total[:1]).isnan().all()
    only = torch.ones(3, 1, requires_grad=True)
    Dirichlet(only).rsample().sum().backward()
    assert only.grad.tolist() == [[0.0]] * 3
