"""Masks, grouped heads and dropout in attention on each device: the values and gradients of the definition."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

# Leading sizes, queries, keys, width of queries and keys, width of values.
SIZES = [
    ((2, 3), 5, 7, 8, 5),
    ((), 3, 4, 4, 4),
    ((2,), 40, 33, 16, 40),
    ((1, 2), 9, 70, 33, 20),
    ((2, 1, 2), 4, 5, 4, 4),
]


def by_definition(q, k, v, mask=None, kept=None, causal=False, scale=None):
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.size(-1)) if scale is None else scale)
    if causal:
        mask = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    is_blind = (scores == -math.inf).all(-1, keepdim=True)
    weights = scores.masked_fill(is_blind, 0).softmax(-1).masked_fill(is_blind, 0)
    return (weights if kept is None else weights * kept) @ v


def values_and_gradients(op, inputs):
    leaves = [t.detach().requires_grad_() for t in inputs]
    y = op(*leaves)
    wave = torch.cos(torch.arange(y.numel()) * 0.7).reshape(y.shape)
    return [y.detach(), *torch.autograd.grad(y, leaves, wave.to(y.device, y.dtype))]


def check(inputs, device, mask=None, tolerance=1e-5, **options):
    """Attention on the device against its definition in float64 on the host."""
    there = None if mask is None else mask.to(device)
    op = lambda *t: F.scaled_dot_product_attention(*t, attn_mask=there, **options)  # noqa: E731
    actual = values_and_gradients(op, [t.to(device) for t in inputs])
    exact = mask if mask is None or mask.dtype == torch.bool else mask.double()
    scale, causal = options.get("scale"), options.get("is_causal", False)
    definition = lambda *t: by_definition(*t, exact, None, causal, scale)  # noqa: E731
    for a, b in zip(actual, values_and_gradients(definition, [t.double() for t in inputs]), strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=tolerance, atol=tolerance)


def inputs_of(sizes):
    leading, queries, keys, width, depth = sizes
    return [torch.randn(*leading, n, e) for n, e in ((queries, width), (keys, width), (keys, depth))]


@pytest.mark.parametrize("kind", ["bool", "additive"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_masks(device, sizes, kind):
    torch.manual_seed(0)
    q, k, v = inputs_of(sizes)
    mask = torch.rand(*sizes[0], sizes[1], sizes[2]) > 0.4
    # A row that sees nothing gives 0, and sends no gradient back.
    mask[..., 1, :] = False
    if kind == "additive":
        mask = torch.where(mask, torch.randn(mask.shape), -math.inf)
    check([q, k, v], device, mask)


@pytest.mark.parametrize("shape", [(6, 9), (1, 9), (6, 1), (2, 1, 1, 9), (1, 3, 6, 9), (3, 1, 9)], ids=str)
@pytest.mark.parametrize("kind", ["bool", "additive"])
def test_masks_broadcast(device, shape, kind):
    torch.manual_seed(1)
    mask = torch.rand(shape)
    check(inputs_of(((2, 3), 6, 9, 8, 4)), device, mask > 0.3 if kind == "bool" else mask, scale=0.4)


def test_masks_have_two_dimensions_at_least(device):
    inputs = [t.to(device) for t in inputs_of(((2, 3), 6, 9, 8, 4))]
    for mask in (torch.rand(1, device=device), torch.rand(9, device=device) > 0.3):
        with pytest.raises(IndexError, match=r"scaled_dot_product_attention.*out of range"):
            F.scaled_dot_product_attention(*inputs, attn_mask=mask)


def test_masks_of_any_layout(device):
    torch.manual_seed(2)
    inputs = inputs_of(((2, 2), 6, 8, 4, 4))
    wide = torch.rand(2, 2, 8, 12)
    for mask in (
        wide.transpose(-2, -1)[..., ::2, :],
        wide[..., 1:7, 2:10],
        wide[..., :6, ::2][..., :1].expand(2, 2, 6, 8),
    ):
        check(inputs, device, mask)
        check(inputs, device, mask > 0.5)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float16, 4e-3), (torch.bfloat16, 4e-2), (torch.float64, 1e-10)]
)
def test_dtypes(device, dtype, tolerance):
    torch.manual_seed(0)
    inputs = [t.to(dtype) for t in inputs_of(((2, 2), 5, 9, 8, 8))]
    mask = torch.randn(2, 1, 5, 9).to(dtype)
    check(inputs, device, mask, tolerance)
    check(inputs, device, mask > 0, tolerance)


@pytest.mark.parametrize(("queries", "keys"), [(4, 9), (9, 4), (1, 40), (70, 33)])
def test_causal_with_unequal_lengths(device, queries, keys):
    torch.manual_seed(0)
    check(inputs_of(((2,), queries, keys, 8, 8)), device, is_causal=True)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", [(2, 6, 2), (2, 4, 1), (1, 3, 3)], ids=str)
def test_heads_in_groups(device, shape, masked):
    torch.manual_seed(0)
    batch, heads, shared = shape
    q, k, v = torch.randn(batch, heads, 11, 8), torch.randn(batch, shared, 9, 8), torch.randn(batch, shared, 9, 5)
    mask = torch.rand(batch, heads, 11, 9) > 0.3 if masked else None
    there = None if mask is None else mask.to(device)
    op = lambda *t: F.scaled_dot_product_attention(*t, attn_mask=there, enable_gqa=True)  # noqa: E731
    repeated = lambda q, k, v: by_definition(  # noqa: E731
        q, k.repeat_interleave(heads // shared, 1), v.repeat_interleave(heads // shared, 1), mask
    )
    actual = values_and_gradients(op, [t.to(device) for t in (q, k, v)])
    for a, b in zip(actual, values_and_gradients(repeated, [t.double() for t in (q, k, v)]), strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sizes", [((2, 3), 5, 7, 8, 7), ((1,), 40, 70, 8, 70)], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_dropout(device, sizes, masked):
    torch.manual_seed(3)
    q, k, _ = (t.to(device) for t in inputs_of(sizes))
    keys = sizes[2]
    units = torch.eye(keys, device=device).expand(*sizes[0], keys, keys)
    mask = (torch.rand(sizes[1], keys) > 0.2).to(device) if masked else None
    torch.manual_seed(4)
    dropped = F.scaled_dot_product_attention(q, k, units, mask, dropout_p=0.4)
    weights = F.scaled_dot_product_attention(q, k, units, mask)
    # The weights themselves come out: each is there, times 1 / 0.6, or is not.
    kept = torch.where(weights > 0, dropped / weights, 1 / 0.6).cpu().double()
    assert ((kept - 1 / 0.6).abs().lt(1e-4) | kept.abs().lt(1e-6)).all()
    seen = kept[weights.cpu() > 0]
    assert abs((seen > 0).double().mean().item() - 0.6) < 5 / math.sqrt(seen.numel())
    # The same seed drops the same, forward and backward.
    v = torch.randn(*sizes[0], keys, 6)
    torch.manual_seed(4)
    op = lambda *t: F.scaled_dot_product_attention(*t, mask, dropout_p=0.4)  # noqa: E731
    actual = values_and_gradients(op, [q, k, v.to(device)])
    host = None if mask is None else mask.cpu()
    definition = lambda *t: by_definition(*t, host, kept)  # noqa: E731
    expected = values_and_gradients(definition, [t.cpu().double() for t in (q, k, v)])
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=1e-4, atol=1e-4)


def test_dropout_goes_on_from_call_to_call(device):
    x = torch.ones(1, 2, 16, 4, device=device)
    torch.manual_seed(5)
    first, second = (F.scaled_dot_product_attention(x, x, x, dropout_p=0.5).tolist() for _ in range(2))
    torch.manual_seed(5)
    assert F.scaled_dot_product_attention(x, x, x, dropout_p=0.5).tolist() == first != second
    assert F.scaled_dot_product_attention(x, x, x, dropout_p=1.0).abs().sum().item() == 0


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_second_derivatives(device, dropout):
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, h, 4, 3).to(device).requires_grad_() for h in (4, 2, 2))
    mask = (torch.rand(4, 4) > 0.3).to(device)
    units = torch.eye(4, device=device).expand(1, 2, 4, 4)
    options = {"attn_mask": mask, "enable_gqa": True}
    torch.manual_seed(1)
    dropped = F.scaled_dot_product_attention(q, k, units, dropout_p=dropout, **options).detach()
    weights = F.scaled_dot_product_attention(q, k, units, **options).detach()
    kept = torch.where(weights > 0, dropped / weights, 1.0).cpu().double()
    results = []
    torch.manual_seed(1)
    y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, **options)
    (first,) = torch.autograd.grad((y**2).sum(), q, create_graph=True)
    results.append(torch.autograd.grad((first**2).sum(), [q, k, v]))
    leaves = [t.detach().cpu().double().requires_grad_() for t in (q, k, v)]
    y = by_definition(leaves[0], *(t.repeat_interleave(2, 1) for t in leaves[1:]), mask.cpu(), kept)
    (first,) = torch.autograd.grad((y**2).sum(), leaves[0], create_graph=True)
    results.append(torch.autograd.grad((first**2).sum(), leaves))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=1e-3, atol=1e-4)


def test_a_mask_that_learns(device):
    torch.manual_seed(0)
    inputs = [*inputs_of(((2,), 5, 7, 8, 5)), torch.randn(5, 7)]
    op = lambda *t: F.scaled_dot_product_attention(*t)  # noqa: E731
    actual = values_and_gradients(op, [t.to(device) for t in inputs])
    for a, b in zip(actual, values_and_gradients(by_definition, [t.double() for t in inputs]), strict=True):
        torch.testing.assert_close(a.cpu().double(), b, rtol=1e-5, atol=1e-5)


def test_a_mask_that_was_written_to_is_refused(gpu):
    q = torch.ones(1, 1, 4, 4, device=gpu, requires_grad=True)
    mask = torch.ones(4, 4, dtype=torch.bool, device=gpu)
    y = F.scaled_dot_product_attention(q, q, q, mask)
    mask.fill_(False)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize(
    "options", [{}, {"masked": True}, {"dropout_p": 0.2}, {"is_causal": True}, {"enable_gqa": True}], ids=str
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_launches(gpu, options, dtype):
    shared = 2 if options.get("enable_gqa") else 4
    q, k, v = (torch.ones(2, h, 40, 16, dtype=dtype, device=gpu, requires_grad=True) for h in (4, shared, shared))
    rest = dict(options)
    if rest.pop("masked", False):
        rest["attn_mask"] = torch.ones(2, 1, 1, 40, dtype=torch.bool, device=gpu)
    torch.wgpu.reset_stats()
    y = F.scaled_dot_product_attention(q, k, v, **rest)
    assert torch.wgpu.stats().launches == 1
    g = y.detach()
    torch.wgpu.reset_stats()
    torch.autograd.grad(y, (q, k, v), g)
    assert (torch.wgpu.stats().launches, torch.wgpu.stats().fallbacks) == (3, {})
