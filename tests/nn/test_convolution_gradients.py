"""Gradients of convolutions as functions of their own."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

CASES = [{}, {"stride": 2}, {"padding": 1, "dilation": 2}, {"stride": 3, "padding": 2, "groups": 2}]


@pytest.mark.parametrize("options", CASES)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_they_are_what_a_backward_pass_gives(n, options) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 4, *(8, 7, 6)[:n], dtype=torch.float64, requires_grad=True)
    w = torch.randn(6, 4 // options.get("groups", 1), *(3, 2, 2)[:n], dtype=torch.float64, requires_grad=True)
    y = getattr(F, f"conv{n}d")(x, w, **options)
    g = torch.randn_like(y)
    by_input, by_weight = torch.autograd.grad(y, (x, w), g)
    found = getattr(F.grad, f"conv{n}d_input")(x.shape, w, g, **options)
    assert found.shape == x.shape
    torch.testing.assert_close(found.detach(), by_input)
    torch.testing.assert_close(getattr(torch.nn.grad, f"conv{n}d_weight")(x, w.shape, g, **options).detach(), by_weight)


def test_they_can_be_differentiated() -> None:
    x, w, g = torch.ones(1, 1, 4), torch.tensor([[[2.0, 3.0]]], requires_grad=True), torch.ones(1, 1, 3)
    gradient = F.grad.conv1d_input(x.shape, w, g)
    assert gradient.tolist() == [[[2, 5, 5, 3]]]
    gradient.sum().backward()
    assert w.grad.tolist() == [[[3, 3]]]
    weights = F.grad.conv1d_weight(x.requires_grad_(), w.shape, g)
    assert weights.tolist() == [[[3, 3]]]
    weights.sum().backward()
    assert x.grad.tolist() == [[[1, 2, 2, 1]]]
