"""Attention on GPUs: the values and gradients of its definition, in a few launches and without the matrix of scores."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

# Leading sizes, queries, keys, width of queries and keys, width of values.
SIZES = [
    ((2, 3), 5, 7, 8, 5),
    ((), 3, 4, 4, 4),
    ((1,), 1, 1, 1, 1),
    ((1,), 70, 65, 33, 40),
    ((2,), 33, 9, 16, 150),
    ((1,), 32, 64, 256, 64),
]


def wave(*shape):
    return torch.cos(torch.arange(math.prod(shape)) * 0.7).reshape(shape)


def by_definition(q, k, v, causal, scale=None):
    scores = q @ k.transpose(-2, -1) * (scale or 1 / math.sqrt(q.size(-1)))
    if causal:
        hidden = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(hidden, -math.inf)
    return scores.softmax(-1) @ v


def values_and_gradients(op, inputs):
    leaves = [t.detach().requires_grad_() for t in inputs]
    y = op(*leaves)
    return [y.detach(), *torch.autograd.grad(y, leaves, wave(*y.shape).to(y.device, y.dtype))]


def check(inputs, device, causal=False, scale=None, tolerance=1e-5):
    there = [t.to(device) for t in inputs]
    actual = values_and_gradients(lambda *t: F.scaled_dot_product_attention(*t, is_causal=causal, scale=scale), there)
    exact = [t.double() for t in inputs]
    expected = values_and_gradients(lambda *t: by_definition(*t, causal, scale), exact)
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_sizes(device, sizes, causal):
    torch.manual_seed(0)
    leading, queries, keys, width, depth = sizes
    inputs = [torch.randn(*leading, n, e) for n, e in ((queries, width), (keys, width), (keys, depth))]
    check(inputs, device, causal)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float16, 4e-3), (torch.bfloat16, 3e-2), (torch.float64, 1e-10)]
)
def test_dtypes(device, dtype, tolerance):
    torch.manual_seed(0)
    check([torch.randn(2, 5, 8).to(dtype) for _ in range(3)], device, causal=True, tolerance=tolerance)


def test_layouts(device):
    torch.manual_seed(0)
    heads = torch.randn(2, 6, 3, 2, 8).permute(2, 0, 3, 1, 4)
    check(list(heads), device, causal=True)
    check([heads[0][..., ::2], heads[1][..., 1::2], heads[2][:, :1].expand(2, 2, 6, 8)], device, scale=0.3)
    check([heads[0][:, :, 2:], heads[1][:, :, 1:5], heads[2][:, :, 1:5]], device)


def test_nothing_to_attend_for(device):
    for shapes in ([(0, 3, 4)] * 3, [(2, 0, 4), (2, 3, 4), (2, 3, 4)]):
        q, k, v = (torch.ones(shape, device=device, requires_grad=True) for shape in shapes)
        y = F.scaled_dot_product_attention(q, k, v)
        y.sum().backward()
        assert y.shape == q.shape
        assert [t.grad.abs().sum().item() for t in (q, k, v)] == [0, 0, 0]


def test_large_scores_do_not_overflow(device):
    q = torch.full((1, 40, 4), 60.0, device=device)
    k = q * torch.linspace(-1, 1, 40, device=device)[:, None]
    y = F.scaled_dot_product_attention(q, k, torch.arange(40.0, device=device)[:, None].expand(1, 40, 2))
    torch.testing.assert_close(y.cpu(), torch.full((1, 40, 2), 39.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_spoils_the_rows_that_see_it(device, bad):
    x = torch.ones(1, 4, 2)
    k = x.clone()
    k[0, 2, 0] = bad
    y = F.scaled_dot_product_attention(x.to(device), k.to(device), x.to(device), is_causal=True).cpu()
    assert y.isnan().tolist() == [[[False] * 2, [False] * 2, [True] * 2, [True] * 2]]


def test_second_derivatives(device):
    q, k, v = (wave(1, 3, 4).add(i).to(device).requires_grad_() for i in range(3))
    results = []
    for op in (F.scaled_dot_product_attention, lambda *t: by_definition(*t, causal=False)):
        (first,) = torch.autograd.grad((op(q, k, v) ** 2).sum(), q, create_graph=True)
        results.append(torch.autograd.grad((first**2).sum(), [q, k, v]))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a.cpu(), b.cpu(), rtol=1e-3, atol=1e-4)


def test_launches_and_memory(gpu):
    q, k, v = (torch.randn(1, 1, 600, 8).to(gpu).requires_grad_() for _ in range(3))
    torch.wgpu.reset_stats()
    torch.wgpu.reset_peak_memory_stats()
    before = torch.wgpu.memory_allocated()
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert torch.wgpu.stats().launches == 1
    torch.autograd.grad(y, (q, k, v), torch.ones_like(y))
    stats = torch.wgpu.stats()
    assert (stats.launches, stats.fallbacks) == (5, {})
    # The scores alone would be 600 x 600 numbers.
    assert torch.wgpu.max_memory_allocated() - before < 600 * 600
