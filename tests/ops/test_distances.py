"""Distances between all rows, by differences and by a product of matrices."""

import ferrotorch as torch
import pytest

BY_PRODUCT = "use_mm_for_euclid_dist"


def test_points_of_known_distance(device):
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], device=device)
    y = torch.tensor([[0.0, 0.0], [3.0, 0.0], [6.0, 8.0]], device=device)
    for mode in (BY_PRODUCT, "donot_use_mm_for_euclid_dist", "use_mm_for_euclid_dist_if_necessary"):
        distances = torch.cdist(x, y, compute_mode=mode)
        assert torch.allclose(distances.cpu(), torch.tensor([[0.0, 3.0, 10.0], [5.0, 4.0, 5.0]]))


def test_many_points_and_their_gradients():
    torch.manual_seed(0)
    x = torch.randn(2, 30, 5, dtype=torch.float64, requires_grad=True)
    y = torch.randn(1, 40, 5, dtype=torch.float64, requires_grad=True)
    near = torch.cdist(x, y)
    exact = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    assert torch.allclose(near, exact, atol=1e-12)
    for a, b in zip(*(torch.autograd.grad(d.sin().sum(), (x, y)) for d in (near, exact)), strict=True):
        assert torch.allclose(a, b, atol=1e-10)
    assert torch.autograd.gradgradcheck(
        lambda x: torch.cdist(x, y.detach(), compute_mode=BY_PRODUCT), (x[:, :3].detach().requires_grad_(),)
    )


def test_points_in_one_place_have_no_derivative():
    x = torch.ones(30, 2, requires_grad=True)
    distances = torch.cdist(x, x)
    distances.sum().backward()
    assert distances.count_nonzero() == 0 and x.grad.count_nonzero() == 0


def test_unknown_modes_are_refused():
    with pytest.raises(ValueError, match="sometimes is not a valid value for compute_mode"):
        torch.cdist(torch.ones(2, 2), torch.ones(2, 2), compute_mode="sometimes")
