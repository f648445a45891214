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
        (lambda: F.conv2d(x, w, stride=0), r"stride of \[0, 0\]"),
        (lambda: F.conv2d(x, torch.ones(3, 1, 2, 2, device=device), groups=2), "divisible by groups"),
        (lambda: F.conv2d(x, w, padding=-1), r"padding of \[-1, -1\]"),
        (lambda: F.max_pool2d(x, 2, padding=2), "pad should be at most half"),
        (lambda: F.max_pool2d(x, 0), "kernel_size should be at least 1"),
        (lambda: F.avg_pool2d(x, 9), "output size 0"),
        (lambda: F.pad(x, (4, 0), "reflect"), "1 padded dimensions of a 4-D tensor"),
        (lambda: F.pad(x, (4, 0, 0, 0), "reflect"), r"[Pp]adding size should be less"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()
