"""Sampling at the points of a grid: values, both gradients and what they are differentiated to."""

import itertools
import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck

PADDINGS = ("zeros", "border", "reflection")
MODES = [*itertools.product(("bilinear", "nearest", "bicubic"), PADDINGS, (True, False))]


def images(*shape, device="cpu", dtype=torch.float64):
    return torch.arange(math.prod(shape), dtype=dtype, device=device).mul(0.7).sin().reshape(shape)


def points(*shape, device="cpu", dtype=torch.float64):
    """Some of them outside of the image, none where samples bend."""
    return torch.arange(math.prod(shape), dtype=dtype, device=device).mul(1.3).cos().mul(1.37).reshape(shape)


@pytest.mark.parametrize(("mode", "padding", "corners"), MODES)
def test_gradients_are_those_of_differences(mode, padding, corners):
    x, grid = images(2, 3, 4, 5).requires_grad_(), points(2, 3, 4, 2).requires_grad_()
    assert gradcheck(lambda x, g: F.grid_sample(x, g, mode, padding, corners), (x, grid))


@pytest.mark.parametrize(("mode", "padding"), [*itertools.product(("bilinear", "nearest", "bicubic"), PADDINGS)])
def test_gradients_of_volumes_are_those_of_differences(mode, padding):
    x, grid = images(1, 2, 3, 4, 3).requires_grad_(), points(1, 2, 2, 3, 3).requires_grad_()
    assert gradcheck(lambda x, g: F.grid_sample(x, g, mode, padding, False), (x, grid))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_gradients_can_be_differentiated(mode):
    x, grid = images(1, 2, 4, 4).requires_grad_(), points(1, 2, 2, 2).mul(0.5).requires_grad_()
    assert gradgradcheck(lambda x, g: F.grid_sample(x, g, mode, align_corners=False), (x, grid))


@pytest.mark.parametrize(("mode", "padding", "corners"), MODES)
def test_tangents_are_what_gradients_say(mode, padding, corners):
    x, grid = images(1, 2, 4, 5), points(1, 3, 4, 2)
    dx, dgrid = images(1, 2, 4, 5) * 2 - 1, points(1, 3, 4, 2) + 0.3

    def sample(x, grid):
        return F.grid_sample(x, grid, mode, padding, corners)

    _, tangent = torch.func.jvp(sample, (x, grid), (dx, dgrid))
    cotangent = images(1, 2, 3, 4) + 0.2
    _, pull = torch.func.vjp(sample, x, grid)
    of_x, of_grid = pull(cotangent)
    there, back = (tangent * cotangent).sum(), (of_x * dx).sum() + (of_grid * dgrid).sum()
    torch.testing.assert_close(there, back)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_devices_agree(device, mode):
    x, grid = images(2, 3, 6, 5, dtype=torch.float32), points(2, 4, 4, 2, dtype=torch.float32)
    results = []
    for place in ("cpu", device):
        a, g = (t.detach().to(place).clone().requires_grad_() for t in (x, grid))
        out = F.grid_sample(a, g, mode, align_corners=False)
        out.square().sum().backward()
        results.append([t.detach().cpu() for t in (out, a.grad, g.grad)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_rounded_once(dtype):
    x, grid = images(1, 3, 40, 50).to(dtype), points(1, 7, 9, 2).to(dtype)
    expected = F.grid_sample(x.float(), grid.float(), align_corners=False).to(dtype)
    assert torch.equal(F.grid_sample(x, grid, align_corners=False), expected)


def test_layouts_do_not_matter():
    x, grid = images(2, 4, 5, 6), points(2, 3, 3, 2)
    expected = F.grid_sample(x, grid, align_corners=True)
    wide = F.grid_sample(
        x.to(memory_format=torch.channels_last), grid.transpose(1, 2).contiguous().transpose(1, 2), align_corners=True
    )
    assert torch.equal(wide, expected)
    assert wide.is_contiguous()


def test_without_points_or_channels_nothing_is_sampled():
    x, grid = images(2, 3, 4, 4).requires_grad_(), points(2, 0, 5, 2).requires_grad_()
    out = F.grid_sample(x, grid, align_corners=False)
    out.sum().backward()
    assert out.shape == (2, 3, 0, 5)
    assert x.grad.abs().sum() == 0
    assert F.grid_sample(x[:, :0].detach(), points(2, 2, 5, 2), align_corners=False).shape == (2, 0, 2, 5)
