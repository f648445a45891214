"""Singular values by random projections."""

import ferrotorch as torch
import pytest


def low(*shape, rank=3, dtype=torch.float64):
    torch.manual_seed(0)
    *batch, m, n = shape
    return torch.randn(*batch, m, rank, dtype=dtype) @ torch.randn(*batch, rank, n, dtype=dtype)


@pytest.mark.parametrize("shape", [(20, 9), (9, 20), (2, 8, 8)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_matrices_of_low_rank_come_back(shape, dtype):
    a = low(*shape, dtype=dtype)
    u, s, v = torch.svd_lowrank(a, q=5)
    assert torch.allclose((u * s.unsqueeze(-2)) @ v.mH, a)
    assert torch.allclose(s[..., :3], torch.linalg.svdvals(a)[..., :3])


def test_what_is_subtracted():
    a, mean = low(12, 7), torch.full((1, 7), 2.0, dtype=torch.float64)
    u, s, v = torch.svd_lowrank(a + mean, q=4, M=mean)
    assert torch.allclose((u * s) @ v.mT, a)
    u, s, v = torch.pca_lowrank(a + mean, q=4)
    assert torch.allclose((u * s) @ v.mT, a - a.mean(0))
    assert torch.allclose(v.mT @ v, torch.eye(4, dtype=torch.float64))


def test_number_of_components():
    assert [x.shape for x in torch.pca_lowrank(low(4, 9))] == [(4, 4), (4,), (9, 4)]
    with pytest.raises(ValueError, match=r"q\(=5\) must be non-negative integer and not greater than min\(m, n\)=4"):
        torch.pca_lowrank(low(4, 9), q=5)
    with pytest.raises(ValueError, match=r"niter\(=-1\) must be non-negative"):
        torch.pca_lowrank(low(4, 9), niter=-1)
