"""Convolutions and pooling against loops over windows in NumPy."""

import itertools

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, draw, same

F = torch.nn.functional


def windows(x, kernel, stride, padding, dilation, fill=0.0):
    """Yields output position and window of each, over the last dimensions."""
    n = len(kernel)
    x = np.pad(x, [(0, 0)] * (x.ndim - n) + [(padding, padding)] * n, constant_values=fill)
    reach = [dilation * (k - 1) + 1 for k in kernel]
    counts = [(s - r) // stride + 1 for s, r in zip(x.shape[-n:], reach, strict=True)]
    for at in itertools.product(*map(range, counts)):
        cut = tuple(slice(a * stride, a * stride + r, dilation) for a, r in zip(at, reach, strict=True))
        yield at, counts, x[(..., *cut)]


def conv(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    out = None
    for at, counts, window in windows(x, w.shape[2:], stride, padding, dilation):
        if out is None:
            out = np.zeros((x.shape[0], w.shape[0], *counts))
        per_in, per_out = w.shape[1], w.shape[0] // groups
        for g in range(groups):
            part = window[:, g * per_in : (g + 1) * per_in].reshape(x.shape[0], -1)
            out[(slice(None), slice(g * per_out, (g + 1) * per_out), *at)] = (
                part @ w[g * per_out : (g + 1) * per_out].reshape(per_out, -1).T
            )
    return out if b is None else out + b.reshape(-1, *[1] * (w.ndim - 2))


def pool(x, n, kernel, stride, padding, reduce, fill):
    out = None
    for at, counts, window in windows(x, (kernel,) * n, stride, padding, 1, fill):
        out = np.zeros((*x.shape[:-n], *counts)) if out is None else out
        out[(..., *at)] = reduce(window, axis=tuple(range(-n, 0)))
    return out


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"padding": 1},
        {"dilation": 2},
        {"groups": 2},
        {"groups": 4},
        {"stride": 2, "padding": 2, "dilation": 2, "groups": 2},
    ],
    ids=str,
)
def test_conv(n, options, device):
    shapes = [(2, 4, 7, 6, 5)[: n + 2], (4, 4 // options.get("groups", 1), 3, 2, 2)[: n + 2], (4,)]
    op = getattr(F, f"conv{n}d")
    compare(lambda x, w, b: op(x, w, b, **options), lambda x, w, b: conv(x, w, b, **options), shapes, device)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2}, {"dilation": 2}],
    ids=str,
)
def test_transposed_conv_is_the_adjoint(n, options, device):
    """`<conv(x), y> = <x, conv_transpose(y)>`."""
    forward = {k: v for k, v in options.items() if k != "output_padding"}
    y = torch.from_numpy(draw((2, 4, 4, 4, 4)[: n + 2])).to(device)
    w = torch.from_numpy(draw((4, 4 // options.get("groups", 1), 3, 3, 3)[: n + 2], seed=1)).to(device)
    back = getattr(F, f"conv_transpose{n}d")(y, w, **options)
    x = torch.from_numpy(draw(tuple(back.shape), seed=2)).to(device)
    ahead = getattr(F, f"conv{n}d")(x, w, **forward)
    same((ahead * y).sum(), (back * x).sum().item(), 1e-3)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (3, 2, 1), (2, 1, 0)])
def test_pool(n, kernel, stride, padding, device):
    shape = [(2, 3, 7, 6, 5)[: n + 2]]
    largest, average = getattr(F, f"max_pool{n}d"), getattr(F, f"avg_pool{n}d")
    compare(
        lambda x: largest(x, kernel, stride, padding),
        lambda x: pool(x, n, kernel, stride, padding, np.max, -np.inf),
        shape,
        device,
    )
    compare(
        lambda x: average(x, kernel, stride, padding),
        lambda x: pool(x, n, kernel, stride, padding, np.mean, 0.0),
        shape,
        device,
    )


@pytest.mark.parametrize("size", [1, 3, 5])
def test_adaptive_pool(size, device):
    def reference(x, reduce):
        cuts = [(i * 7 // size, -(-(i + 1) * 7 // size)) for i in range(size)]
        return np.stack([reduce(x[..., a:b], axis=-1) for a, b in cuts], -1)

    compare(lambda x: F.adaptive_avg_pool1d(x, size), lambda x: reference(x, np.mean), [(2, 3, 7)], device)
    compare(lambda x: F.adaptive_max_pool1d(x, size), lambda x: reference(x, np.max), [(2, 3, 7)], device)


@pytest.mark.parametrize(
    ("shape", "size"), [((5, 7), (2, 3)), ((5, 7), (1, 4)), ((3, 4, 5), (2, 2, 2)), ((3, 4, 5), (3, 1, 7))]
)
def test_adaptive_pools_of_planes_and_volumes(shape, size, device):
    n = len(shape)

    def reference(x, reduce):
        out = np.empty(x.shape[:2] + size)
        for at in np.ndindex(*size):
            cut = [slice(i * s // m, -(-(i + 1) * s // m)) for i, s, m in zip(at, shape, size, strict=True)]
            out[(..., *at)] = reduce(x[(..., *cut)], axis=tuple(range(2, 2 + n)))
        return out

    average, largest = getattr(F, f"adaptive_avg_pool{n}d"), getattr(F, f"adaptive_max_pool{n}d")
    compare(lambda x: average(x, size), lambda x: reference(x, np.mean), [(2, 3, *shape)], device)
    compare(lambda x: largest(x, size), lambda x: reference(x, np.max), [(2, 3, *shape)], device)
    x = torch.from_numpy(draw((2, 3, *shape))).to(device).requires_grad_()
    values, positions = largest(x, size, return_indices=True)
    assert torch.equal(x.flatten(2).gather(2, positions.flatten(2)).reshape(values.shape), values)
    # Every window has one largest element, and shares one in all among its elements.
    for pooled in (values, average(x, size)):
        (grad,) = torch.autograd.grad(pooled.sum(), x)
        same(grad.sum(), np.prod((2, 3, *size)), 1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_windows_of_padding_alone_have_no_largest_element(dtype, device):
    out = F.max_pool2d(torch.ones(1, 1, 4, 4, dtype=dtype, device=device), 2, 1, padding=1, dilation=5)
    assert out.tolist() == [[[[-float("inf")]]]]


@pytest.mark.parametrize("far", [2**20, 2**40])
@pytest.mark.parametrize("groups", [1, 2])
def test_kernel_elements_that_only_meet_padding(far, groups, device):
    """A window much wider than the input, whose first and last column fall into the padding."""
    x, w, g = draw((2, 2, 4)), draw((2, 2 // groups, 3), seed=1), draw((2, 2, 4), seed=2)
    x, w = (torch.from_numpy(t).to(device).requires_grad_() for t in (x, w))
    wide = F.conv1d(x, w, padding=far, dilation=far, groups=groups)
    near = F.conv1d(x, w[:, :, 1:2], groups=groups)
    same(wide, near.detach().cpu().numpy())
    g = torch.from_numpy(g).to(device)
    for got, want in zip(torch.autograd.grad(wide, (x, w), g), torch.autograd.grad(near, (x, w), g), strict=True):
        same(got, want.cpu().numpy())


@pytest.mark.parametrize(
    ("mode", "numpy_mode"),
    [("constant", "constant"), ("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")],
)
def test_pad(mode, numpy_mode, device):
    compare(
        lambda x: F.pad(x, (1, 2), mode), lambda x: np.pad(x, [(0, 0), (0, 0), (1, 2)], numpy_mode), [(2, 3, 5)], device
    )


def test_refused(device):
    x = torch.ones(1, 2, 4, 4, device=device)
    w = torch.ones(1, 2, 2, 2, device=device)
    for call, message in (
        (lambda: F.conv2d(x, torch.ones(1, 2, 5, 5, device=device)), "Kernel size can't be greater"),
        (lambda: F.conv2d(x, w, stride=0), "non-positive stride is not supported"),
        (lambda: F.conv2d(x, torch.ones(3, 1, 2, 2, device=device), groups=2), "divisible by groups"),
        (lambda: F.conv2d(x, w, padding=-1), "negative padding is not supported"),
        (lambda: F.max_pool2d(x, 2, padding=2), "half of effective kernel size"),
        (lambda: F.max_pool2d(x, 2, padding=2, dilation=3), "half of kernel size"),
        (lambda: F.avg_pool2d(x, 3, padding=2), "half of (effective )?kernel size"),
        (lambda: F.max_pool2d(x, 0), "kernel_size should be at least 1"),
        (lambda: F.avg_pool2d(x, 9), r"Calculated output size: \(\d+x0x0\). Output size is too small"),
        (lambda: F.pad(x, (4, 0), "reflect"), "1 padded dimensions of a 4-D tensor"),
        (lambda: F.pad(x, (4, 0, 0, 0), "reflect"), r"[Pp]adding size should be less"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("batch", "channels", "rows", "size"), [(1, 40, 25, 7), (5, 40, 13, 4), (3, 16, 130, 14), (1, 300, 48, 3)]
)
def test_many_channels_of_small_images(batch, channels, rows, size, stride, device):
    x = (torch.arange(batch * channels * size * size) % 7 - 3.0).reshape(batch, channels, size, size).to(device)
    w = (torch.arange(rows * channels * 9) % 5 - 2.0).reshape(rows, channels, 3, 3).to(device)
    bias = torch.arange(float(rows), device=device)
    x.requires_grad_()
    y = F.conv2d(x, w, bias, stride, 1)
    columns = F.unfold(x.detach(), 3, padding=1, stride=stride)
    want = (w.flatten(1) @ columns).reshape(y.shape) + bias.reshape(-1, 1, 1)
    assert torch.equal(y, want)
    y.backward(torch.ones_like(y))
    weights = w.sum(0).flatten().reshape(1, -1, 1).expand(batch, -1, columns.size(2))
    assert torch.equal(x.grad, F.fold(weights, (size, size), 3, padding=1, stride=stride))
