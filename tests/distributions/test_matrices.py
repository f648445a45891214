"""Distributions with a covariance matrix, against their densities written out."""

import math

import ferrotorch as torch
import ferrotorch.distributions as D
import pytest

C = torch.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 1.5]], dtype=torch.float64)
LOC = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
X = torch.tensor([[0.0, 0.0, 0.0], [1.0, -2.0, 3.0]], dtype=torch.float64)
W = torch.tensor([[1.0, 0.0], [0.5, 0.3], [0.0, 1.0]], dtype=torch.float64)
DIAGONAL = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)


def density(x: torch.Tensor, covariance: torch.Tensor) -> torch.Tensor:
    off = x - LOC
    distance = ((off @ torch.linalg.inv(covariance)) * off).sum(-1)
    return -0.5 * (distance + torch.logdet(2 * math.pi * covariance))


def divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    trace = (torch.linalg.inv(q) @ p).diagonal().sum()
    return 0.5 * (trace - 3 + torch.logdet(q) - torch.logdet(p))


def normals() -> dict[str, D.MultivariateNormal]:
    return {
        "covariance": D.MultivariateNormal(LOC, C),
        "precision": D.MultivariateNormal(LOC, precision_matrix=torch.linalg.inv(C)),
        "factor": D.MultivariateNormal(LOC, scale_tril=torch.linalg.cholesky(C)),
    }


@pytest.mark.parametrize("name", normals())
def test_normal_by_any_of_three_matrices(name: str) -> None:
    p = normals()[name]
    assert torch.allclose(p.log_prob(X), density(X, C))
    assert torch.allclose(p.covariance_matrix, C)
    assert torch.allclose(p.precision_matrix @ C, torch.eye(3, dtype=torch.float64))
    assert torch.allclose(p.variance, C.diagonal())
    assert torch.allclose(p.entropy(), 0.5 * torch.logdet(2 * math.pi * math.e * C))
    assert p.expand((4, 2)).log_prob(X).shape == (4, 2)
    torch.manual_seed(0)
    samples = p.sample((20000,))
    assert torch.allclose(torch.cov(samples.mT), C, atol=0.08)


def test_normal_of_low_rank() -> None:
    covariance = W @ W.mT + torch.diag(DIAGONAL)
    p = D.LowRankMultivariateNormal(LOC, W, DIAGONAL)
    assert torch.allclose(p.log_prob(X), density(X, covariance))
    assert torch.allclose(p.covariance_matrix, covariance)
    assert torch.allclose(p.scale_tril @ p.scale_tril.mT, covariance)
    assert torch.allclose(p.precision_matrix @ covariance, torch.eye(3, dtype=torch.float64))
    assert torch.allclose(p.entropy(), 0.5 * torch.logdet(2 * math.pi * math.e * covariance))
    torch.manual_seed(0)
    assert torch.allclose(torch.cov(p.sample((20000,)).mT), covariance, atol=0.12)


def test_divergences() -> None:
    low = W @ W.mT + torch.diag(DIAGONAL)
    full, rank = D.MultivariateNormal(LOC, C), D.LowRankMultivariateNormal(LOC, W, DIAGONAL)
    other = D.LowRankMultivariateNormal(LOC, 2 * W, DIAGONAL.sqrt())
    twice = 4 * W @ W.mT + torch.diag(DIAGONAL.sqrt())
    for p, q, want in [
        (full, rank, (C, low)),
        (rank, full, (low, C)),
        (rank, other, (low, twice)),
        (full, full, (C, C)),
    ]:
        assert torch.allclose(D.kl_divergence(p, q), divergence(*want))


def test_wishart() -> None:
    p = D.Wishart(torch.tensor(5.0, dtype=torch.float64), C)
    x = C + 1.5 * torch.eye(3, dtype=torch.float64)
    want = 0.5 * torch.logdet(x) - 0.5 * (torch.linalg.inv(C) @ x).diagonal().sum() - 2.5 * torch.logdet(2 * C)
    assert torch.allclose(p.log_prob(x), want - torch.mvlgamma(torch.tensor(2.5, dtype=torch.float64), 3))
    assert torch.allclose(p.mean, 5 * C)
    torch.manual_seed(0)
    samples = p.sample((20000,))
    assert torch.allclose(samples.mean(0), p.mean, atol=0.2)
    assert torch.allclose(samples.var(0), p.variance, rtol=0.1, atol=0.1)
    assert D.kl_divergence(p, p).abs() < 1e-12
    with pytest.raises(ValueError, match="greater than ndim - 1"):
        D.Wishart(torch.tensor(1.5), C)


def test_what_is_refused() -> None:
    for call in (
        lambda: D.MultivariateNormal(LOC, C, scale_tril=C),
        lambda: D.MultivariateNormal(LOC),
        lambda: D.MultivariateNormal(LOC, -C),
        lambda: D.MultivariateNormal(LOC, C[0]),
        lambda: D.LowRankMultivariateNormal(LOC, W[:2], DIAGONAL),
    ):
        with pytest.raises(ValueError, match=r"Exactly one|constraint|two-dimensional|must be a batch"):
            call()
    made = D.transform_to(D.constraints.positive_definite)(C - 2)
    assert D.constraints.positive_definite.check(made)
    assert torch.allclose(D.transforms.PositiveDefiniteTransform().inv(made), (C - 2).tril())
