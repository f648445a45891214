"""Pooling and normalisation of channels on GPUs are those of the host, forward and backward."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")
TOLERANCE = {torch.float16: 3e-3, torch.bfloat16: 3e-2, torch.float64: 1e-12}


def wave(shape, dtype=torch.float32, step=1):
    """Numbers that half types hold exactly; some are equal."""
    n = torch.Size(shape).numel()
    return ((torch.arange(n) * 7919 * step) % 61 - 30).reshape(shape).to(dtype) / 8


def check(op, inputs, gpu):
    """Results and gradients of an op, whose first result is differentiated."""
    results = []
    for place in (lambda t: t, lambda t: t.to(gpu)):
        leaves = [place(t).detach().requires_grad_() for t in inputs]
        out = op(*leaves)
        out = out if isinstance(out, tuple) else (out,)
        gradient = place(wave(out[0].shape, out[0].dtype, 5))
        results.append([*(t.detach() for t in out), *torch.autograd.grad(out[0], leaves, gradient)])
    for here, there in zip(*results, strict=True):
        assert there.device.type == gpu
        assert (here.shape, here.dtype, here.stride()) == (there.shape, there.dtype, there.stride())
        tolerance = TOLERANCE.get(inputs[0].dtype, 1e-5)
        torch.testing.assert_close(there.cpu(), here, rtol=tolerance, atol=10 * tolerance, equal_nan=True)


WINDOWS = [
    ((2, 3, 9), {"kernel_size": 3}),
    ((2, 3, 10), {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True}),
    ((2, 3, 8, 8), {"kernel_size": 2}),
    ((2, 3, 7, 9), {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}),
    ((1, 2, 9, 10), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ((3, 4, 5, 6), {"kernel_size": 2, "stride": 3}),
    ((2, 3, 7, 8), {"kernel_size": 3, "stride": 3, "ceil_mode": True}),
    ((1, 2, 4, 5, 6), {"kernel_size": (2, 3, 2), "stride": (1, 2, 2), "padding": 1}),
]


@pytest.mark.parametrize(("shape", "options"), WINDOWS)
def test_largest(gpu, shape, options):
    pool = {3: F.max_pool1d, 4: F.max_pool2d, 5: F.max_pool3d}[len(shape)]
    dilated = options if options.get("ceil_mode") else {**options, "dilation": 2}
    check(lambda x: pool(x, **options, return_indices=True), [wave(shape)], gpu)
    if min(shape[2:]) > 6:
        check(lambda x: pool(x, **dilated, return_indices=True), [wave(shape)], gpu)


@pytest.mark.parametrize(("shape", "options"), WINDOWS)
@pytest.mark.parametrize("counts", [True, False])
def test_averages(gpu, shape, options, counts):
    pool = {3: F.avg_pool1d, 4: F.avg_pool2d, 5: F.avg_pool3d}[len(shape)]
    check(lambda x: pool(x, **options, count_include_pad=counts), [wave(shape)], gpu)
    if len(shape) > 3 and counts:
        check(lambda x: pool(x, **options, divisor_override=3), [wave(shape)], gpu)


@pytest.mark.parametrize(
    ("shape", "size"), [((2, 3, 7), 3), ((2, 3, 7, 5), (3, 5)), ((1, 2, 3, 4), (5, 2)), ((1, 2, 5, 4, 3), 2)]
)
def test_adaptive(gpu, shape, size):
    largest = {3: F.adaptive_max_pool1d, 4: F.adaptive_max_pool2d, 5: F.adaptive_max_pool3d}[len(shape)]
    average = {3: F.adaptive_avg_pool1d, 4: F.adaptive_avg_pool2d, 5: F.adaptive_avg_pool3d}[len(shape)]
    check(lambda x: largest(x, size, return_indices=True), [wave(shape)], gpu)
    check(lambda x: average(x, size), [wave(shape)], gpu)


def test_powers(gpu):
    check(lambda x: F.lp_pool2d(x, 3.0, 2, stride=1), [wave((2, 3, 6, 5)).abs() + 1], gpu)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_dtypes(gpu, dtype):
    x, w = wave((2, 3, 7, 7), dtype), wave((3,), dtype, 3)
    check(lambda x: F.max_pool2d(x, 3, 2, 1), [x], gpu)
    check(lambda x: F.avg_pool2d(x, 3, 2, 1), [x], gpu)
    check(lambda x, w: F.batch_norm(x, None, None, w, w, True), [x, w], gpu)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64], ids=str)
def test_largest_integers(gpu, dtype):
    x = wave((2, 3, 6, 6)).mul(8).to(dtype)
    results = (F.max_pool2d(t, 3, 2, return_indices=True) for t in (x, x.to(gpu)))
    for here, there in zip(*results, strict=True):
        assert torch.equal(there.cpu(), here)


def test_nan_and_layouts(gpu):
    x = wave((2, 3, 6, 6))
    x[0, 1, 2, 3] = x[1, 0, 3, 3] = x[1, 0, 3, 4] = float("nan")
    x[0, 0] = -float("inf")
    last = x.contiguous(memory_format=torch.channels_last)
    for t in (x, last, x.transpose(2, 3), x[:, :1].expand(2, 3, 6, 6), x[:, ::2]):
        check(lambda x: F.max_pool2d(x, 3, 1, 1, return_indices=True), [t], gpu)
        check(lambda x: F.avg_pool2d(x, 2), [t], gpu)


@pytest.mark.parametrize("shape", [(4, 3), (5, 3, 7), (2, 6, 5, 4), (2, 4, 3, 2, 5), (300, 2, 9)])
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm(gpu, shape, affine):
    x = wave(shape) + 3
    weights = [wave(shape[1:2], step=s) for s in (3, 7)] if affine else []
    check(lambda x, *w: F.batch_norm(x, None, None, *(w or (None, None)), True), [x, *weights], gpu)
    mean, variance = wave(shape[1:2]), wave(shape[1:2]).abs() + 1
    check(
        lambda x, *w: F.batch_norm(x, mean.to(x.device), variance.to(x.device), *(w or (None, None))),
        [x, *weights],
        gpu,
    )
    if len(shape) > 2:
        check(lambda x: F.instance_norm(x), [x], gpu)
    if shape[1] % 2 == 0:
        check(lambda x, *w: F.group_norm(x, 2, *(w or (None, None))), [x, *weights], gpu)


def test_running_statistics(gpu):
    norms = [torch.nn.BatchNorm2d(3, momentum=0.3), torch.nn.BatchNorm2d(3, momentum=0.3).to(gpu)]
    for step in range(2):
        x = wave((2, 3, 4, 5), step=2 * step + 1).contiguous(memory_format=torch.channels_last)
        for norm in norms:
            norm(x.to(norm.weight.device))
    for name, here in norms[0].state_dict().items():
        torch.testing.assert_close(norms[1].state_dict()[name].cpu(), here)
