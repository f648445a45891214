"""Resizing on each device against float64 on the host: values, gradients and gradients of gradients."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

# Mode, input, sizes and options.
CASES = [
    ("nearest", (2, 3, 9), (5,), {}),
    ("nearest", (2, 3, 8, 9), (5, 12), {}),
    ("nearest", (1, 2, 3, 4, 5), (6, 2, 7), {}),
    ("nearest-exact", (2, 3, 8, 9), (5, 12), {}),
    ("nearest-exact", (1, 2, 3, 4, 5), (6, 2, 7), {}),
    ("linear", (2, 3, 9), (14,), {}),
    ("linear", (2, 3, 9), (4,), {"align_corners": True}),
    ("bilinear", (2, 3, 8, 9), (5, 12), {}),
    ("bilinear", (2, 3, 8, 9), (17, 3), {"align_corners": True}),
    ("bilinear", (2, 3, 8, 1), (1, 7), {"align_corners": True}),
    ("bilinear", (2, 3, 8, 9), (5, 12), {"antialias": True}),
    ("bilinear", (1, 2, 33, 20), (4, 3), {"antialias": True}),
    ("bicubic", (2, 3, 8, 9), (5, 12), {}),
    ("bicubic", (2, 3, 8, 9), (5, 12), {"align_corners": True}),
    ("bicubic", (2, 3, 8, 9), (3, 12), {"antialias": True}),
    ("trilinear", (2, 2, 3, 4, 5), (4, 7, 2), {}),
    ("trilinear", (2, 2, 3, 4, 5), (4, 7, 2), {"align_corners": True}),
    ("area", (2, 3, 8, 9), (5, 4), {}),
]


def resized(x, mode, size, options):
    leaf = x.detach().requires_grad_()
    y = F.interpolate(leaf, size=size, mode=mode, **options)
    (first,) = torch.autograd.grad((y**3).sum(), leaf, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), leaf)
    return [y.detach(), first.detach(), second]


@pytest.mark.parametrize(("mode", "shape", "size", "options"), CASES, ids=str)
def test_values_and_gradients(device, mode, shape, size, options):
    torch.manual_seed(0)
    x = torch.randn(shape)
    found = resized(x.to(device), mode, size, options)
    for a, b in zip(found, resized(x.double(), mode, size, options), strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [0.6, 1.7, (2.3, 0.5)], ids=str)
@pytest.mark.parametrize("recompute", [None, True])
def test_scale_factors(device, mode, factor, recompute):
    x = torch.arange(2 * 7 * 9.0).reshape(1, 2, 7, 9).cos()
    options = {"scale_factor": factor, "mode": mode, "recompute_scale_factor": recompute}
    found = F.interpolate(x.to(device), **options).cpu().double()
    torch.testing.assert_close(found, F.interpolate(x.double(), **options), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float16, 3e-3), (torch.bfloat16, 2e-2), (torch.float64, 1e-12)]
)
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_dtypes(device, dtype, tolerance, mode):
    torch.manual_seed(0)
    x = torch.randn(1, 3, 5, 7).to(dtype)
    for size in ((9, 3), (4, 13)):
        found = F.interpolate(x.to(device), size, mode=mode)
        assert found.dtype == dtype
        expected = F.interpolate(x.double(), size, mode=mode)
        torch.testing.assert_close(found.cpu().double(), expected, rtol=tolerance, atol=tolerance)


def test_layouts(device):
    x = torch.randn(2, 4, 6, 5)
    there = x.to(device)
    last = lambda t: t.to(memory_format=torch.channels_last)  # noqa: E731
    for view in (lambda t: t[:, 1:3, ::2], lambda t: t.transpose(2, 3), last):
        found = F.interpolate(view(there), (4, 7), mode="bilinear")
        torch.testing.assert_close(found.cpu(), F.interpolate(view(x), (4, 7), mode="bilinear"), rtol=1e-5, atol=1e-5)
    assert F.interpolate(last(there), (4, 7), mode="bilinear").is_contiguous(memory_format=torch.channels_last)
    assert F.interpolate(there[:0], (4, 7), mode="bilinear").shape == (0, 4, 4, 7)


def test_much_larger_and_much_smaller(device):
    x = torch.arange(6.0).reshape(1, 1, 2, 3).to(device).requires_grad_()
    y = F.interpolate(x, (200, 150), mode="bilinear")
    y.sum().backward()
    assert x.grad.sum().item() == pytest.approx(200 * 150, rel=1e-5)
    z = F.interpolate(y.detach(), (2, 3), mode="bilinear", antialias=True).cpu()
    host = F.interpolate(y.detach().cpu(), (2, 3), mode="bilinear", antialias=True)
    torch.testing.assert_close(z, host, rtol=1e-4, atol=1e-4)


def test_tangents(device):
    x = torch.randn(1, 2, 4, 5).to(device)
    op = lambda t: F.interpolate(t, (7, 3), mode="bicubic")  # noqa: E731
    value, tangent = torch.func.jvp(op, (x,), (x,))
    torch.testing.assert_close(value.cpu(), tangent.cpu(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "launches"), [("nearest", 1), ("nearest-exact", 1), ("bilinear", 1), ("bicubic", 1), ("area", 1)]
)
def test_launches(gpu, mode, launches):
    x = torch.ones(2, 3, 8, 8, device=gpu, requires_grad=True)
    torch.wgpu.reset_stats()
    y = F.interpolate(x, (5, 12), mode=mode)
    assert torch.wgpu.stats().launches == launches
    g = y.detach()
    torch.wgpu.reset_stats()
    torch.autograd.grad(y, x, g)
    assert (torch.wgpu.stats().launches, torch.wgpu.stats().fallbacks) == (1, {})
