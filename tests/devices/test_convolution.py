"""Convolutions on GPUs are those of the host: all passes, over every geometry, layout and dtype."""

import itertools

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
TOLERANCE = {torch.float16: 3e-3, torch.bfloat16: 3e-2, torch.float64: 1e-12}
#: Input, filters, kernel, and what else a call says.
GEOMETRIES = [
    ((2, 3, 11), 5, (3,), {}),
    ((3, 4, 23), 6, (4,), {"stride": 3, "padding": 2, "dilation": 2, "groups": 2}),
    ((2, 3, 9, 8), 4, (3, 3), {"padding": 1}),
    ((1, 1, 7, 7), 1, (7, 7), {}),
    ((3, 6, 10, 7), 9, (3, 2), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 3}),
    ((2, 8, 9, 9), 8, (3, 3), {"padding": 1, "groups": 8}),
    ((2, 5, 12, 12), 20, (4, 4), {"stride": 4, "groups": 5}),
    ((2, 20, 6, 5), 17, (1, 1), {}),
    ((1, 2, 13, 14), 3, (3, 3), {"stride": 2, "dilation": 4, "padding": 3}),
    ((1, 2, 5, 6, 7), 3, (2, 3, 3), {"stride": (1, 2, 2), "padding": 1}),
    ((2, 4, 4, 5, 3), 4, (3, 2, 1), {"dilation": (1, 2, 1), "groups": 2}),
    ((2, 40, 12, 12), 36, (3, 3), {"padding": 2}),
]

#: Those that have products enough for threads that share what they read.
LARGE = [
    ((3, 6, 30, 29), 10, (3, 5), {"padding": (1, 3)}),
    ((2, 8, 40, 37), 12, (5, 5), {"groups": 2}),
    ((2, 16, 33, 33), 17, (3, 3), {"stride": 2, "padding": 1}),
    ((2, 8, 41, 39), 9, (3, 4), {"dilation": 2, "padding": 2}),
    ((2, 7, 61, 60), 16, (3, 3), {"dilation": (1, 2), "stride": (1, 2), "padding": 2}),
    ((3, 16, 24, 24), 33, (1, 1), {}),
    ((4, 6, 2000), 11, (7,), {"stride": 3, "padding": 2}),
    ((2, 4, 9, 16, 15), 6, (3, 3, 3), {"padding": 1}),
    ((2, 5, 90, 23), 16, (6, 11), {"stride": (4, 1)}),
]


def wave(shape, dtype, step=1):
    """Small numbers that half types hold exactly, so that sums differ by their rounding alone."""
    numbers = (torch.arange(torch.Size(shape).numel()) * 7919 * step) % 17 - 8
    return numbers.reshape(shape).to(dtype) / 4


def passes(convolve, x, w, b, options, place=lambda t: t):
    """The result and the gradients of all operands, as if the loss had unequal weights."""
    leaves = [place(t).detach().requires_grad_() for t in (x, w, b)]
    y = convolve(*leaves, **options)
    y.backward(place(wave(y.shape, y.dtype, 5)))
    return [y.detach(), *(leaf.grad for leaf in leaves)]


def check(convolve, x, w, b, options, gpu):
    here = passes(convolve, x, w, b, options)
    there = passes(convolve, x, w, b, options, lambda t: t.to(gpu))
    for a, c in zip(here, there, strict=True):
        assert c.device.type == gpu
        assert (a.shape, a.dtype, a.stride()) == (c.shape, c.dtype, c.stride())
        tolerance = TOLERANCE.get(a.dtype, 1e-5)
        torch.testing.assert_close(c.cpu(), a, rtol=tolerance, atol=10 * tolerance)


def operands(shape, filters, kernel, options, dtype=torch.float32):
    groups = options.get("groups", 1)
    return wave(shape, dtype), wave((filters, shape[1] // groups, *kernel), dtype, 3), wave((filters,), dtype, 2)


@pytest.mark.filterwarnings("error:.*runs on the host")
@pytest.mark.parametrize(("shape", "filters", "kernel", "options"), GEOMETRIES + LARGE)
def test_passes(gpu, shape, filters, kernel, options):
    check(CONVOLVE[len(kernel)], *operands(shape, filters, kernel, options), options, gpu)


@pytest.mark.filterwarnings("error:.*runs on the host")
@pytest.mark.parametrize(
    ("shape", "filters", "kernel", "options"),
    [
        ((2, 3, 7), 4, (5,), {"stride": 2, "output_padding": 1}),
        ((2, 4, 5, 6), 6, (3, 3), {"stride": (3, 2), "padding": 1, "dilation": (2, 1), "groups": 2}),
        ((1, 8, 4, 4), 8, (4, 4), {"stride": 2, "padding": 1, "groups": 8}),
        ((2, 3, 4, 4), 5, (2, 2), {"stride": 5, "output_padding": 3}),
        ((1, 3, 3, 4, 2), 2, (2, 3, 2), {"stride": (2, 1, 2), "padding": (0, 1, 0)}),
        ((2, 10, 20, 23), 8, (5, 5), {}),
        ((2, 16, 15, 14), 8, (4, 3), {"stride": (1, 2), "dilation": (2, 1), "groups": 2}),
    ],
)
def test_transposed(gpu, shape, filters, kernel, options):
    groups = options.get("groups", 1)
    x, b = wave(shape, torch.float32), wave((filters,), torch.float32, 2)
    check(TRANSPOSED[len(kernel)], x, wave((shape[1], filters // groups, *kernel), torch.float32, 3), b, options, gpu)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_dtypes(gpu, dtype):
    options = {"stride": 2, "padding": 1, "groups": 2}
    check(F.conv2d, *operands((2, 6, 9, 8), 4, (3, 3), options, dtype), options, gpu)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64], ids=str)
def test_integers_wrap(gpu, dtype):
    sizes = [((2, 30, 6, 5), 1), ((4, 30, 3, 3), 3), ((4,), 2)]
    x, w, b = (wave(shape, torch.float64, step).mul(4).to(torch.int64).to(dtype) for shape, step in sizes)
    y = F.conv2d(x.to(gpu), w.to(gpu), b.to(gpu), padding=1)
    assert torch.equal(y.cpu(), F.conv2d(x, w, b, padding=1))


@pytest.mark.filterwarnings("error:.*runs on the host")
def test_layouts(gpu):
    x, w, b = operands((3, 6, 8, 9), 6, (3, 3), {})
    options = {"padding": 1, "stride": 2}
    ways = [
        lambda t: t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t,
        lambda t: t.flip(0).flip(0) if t.ndim == 1 else t.transpose(0, -1).contiguous().transpose(0, -1),
        lambda t: torch.cat([t, t], 0)[t.shape[0] :],
        lambda t: t[:1].expand(t.shape),
    ]
    for one, other in itertools.product(ways, ways[:3]):
        check(F.conv2d, one(x), other(w), one(b), options, gpu)


def test_sums_that_are_split_repeat_exactly(gpu):
    x, w, b = operands((4, 2, 40, 40), 3, (3, 3), {})
    results = [passes(F.conv2d, x * 0.1, w, b, {"padding": 1}, lambda t: t.to(gpu)) for _ in range(2)]
    assert all(torch.equal(a, c) for a, c in zip(*results, strict=True))


def test_empty(gpu):
    x, w = (torch.ones(n, 3, 5, 5, device=gpu, requires_grad=True) for n in (0, 2))
    y = F.conv2d(x, w)
    y.sum().backward()
    assert y.shape == (0, 2, 1, 1)
    assert x.grad.shape == x.shape
    assert torch.equal(w.grad.cpu(), torch.zeros(2, 3, 5, 5))


def test_higher_derivatives(gpu):
    def second(place):
        x, w = (place(wave(s, torch.float32, 3)).requires_grad_() for s in ((1, 2, 6, 5), (3, 2, 3, 2)))
        y = F.conv2d(x, w, stride=2, padding=1)
        (gx,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
        return torch.autograd.grad((gx * gx).sum(), [x, w])

    for here, there in zip(second(lambda t: t), second(lambda t: t.to(gpu)), strict=True):
        torch.testing.assert_close(there.cpu(), here)
