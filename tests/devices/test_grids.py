"""Sampling at the points of a grid, on each device against float64 on the host: by the kernel, or composed of ops."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

MODES = [(2, "bilinear"), (2, "nearest"), (2, "bicubic"), (3, "bilinear"), (3, "nearest")]


def sampled(x, grid, mode, padding, align):
    leaves = [t.detach().clone().requires_grad_() for t in (x, grid)]
    y = F.grid_sample(*leaves, mode=mode, padding_mode=padding, align_corners=align)
    return [y.detach(), *torch.autograd.grad(y.square().sum(), leaves)]


@pytest.mark.parametrize(("dims", "mode"), MODES)
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [False, True])
def test_values_and_gradients(device, dims, mode, padding, align):
    torch.manual_seed(0)
    x = torch.randn(2, 3, *(4, 5, 6)[:dims])
    grid = torch.rand(2, *(3, 4, 2)[:dims], dims) * 2.6 - 1.3
    found = sampled(x.to(device), grid.to(device), mode, padding, align)
    for a, e in zip(found, sampled(x.double(), grid.double(), mode, padding, align), strict=True):
        torch.testing.assert_close(a.cpu().double(), e, rtol=1e-4, atol=1e-4)
