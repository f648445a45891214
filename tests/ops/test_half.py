"""Half types: sums are carried in float32 and rounded once, however the elements lie."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F

HALVES = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)


def whole(shape, dtype, seed=0):
    """Small whole numbers, so that sums of products are exact in float32."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-3, 4, shape, generator=generator).to(dtype)


def ordinary(shape, dtype, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def rounds_once(function, *inputs):
    """The result is that of float32, rounded."""
    wide = function(*(x.float() for x in inputs))
    actual = function(*inputs)
    assert actual.dtype == inputs[0].dtype
    assert torch.equal(actual, wide.to(actual.dtype))


SIZES = [
    (1, 70, 33), (65, 1, 130), (5, 7, 11), (13, 33, 65), (30, 40, 1301), (24, 64, 16),
    (2, 300, 700), (33, 257, 321), (64, 32, 32), (97, 65, 129), (200, 700, 330), (257, 80, 1030),
]  # fmt: skip


@HALVES
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_products(m, n, k, dtype):
    for a in (whole((m, k), dtype, 1), whole((k, m), dtype, 1).t()):
        for b in (whole((k, n), dtype, 2), whole((n, k), dtype, 2).t()):
            rounds_once(torch.matmul, a, b)
    batch = whole((3, m, k), dtype, 3)
    rounds_once(torch.matmul, batch[:, :, ::2], whole((3, n, k), dtype, 4)[:, :, ::2].transpose(1, 2))
    rounds_once(lambda x, w, bias: F.linear(x, w, bias), whole((m, k), dtype), whole((n, k), dtype), whole((n,), dtype))


@HALVES
@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 5, 9, 7), (6, 5, 3, 3), {"padding": 1}),
        ((3, 40, 4, 4), (13, 40, 3, 3), {"padding": 1, "stride": 2}),
        ((2, 6, 10), (8, 3, 3), {"groups": 2, "dilation": 2}),
        ((1, 4, 5, 6, 4), (5, 4, 2, 3, 1), {}),
        ((2, 4, 8, 300), (4, 1, 3, 3), {"groups": 4}),
        ((0, 4, 8, 8), (4, 4, 3, 3), {}),
    ],
)
def test_convolutions(x, w, options, dtype):
    convolve = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[len(x)]
    x, w, bias = whole(x, dtype, 1), whole(w, dtype, 2), whole(w[:1], dtype, 3)
    rounds_once(lambda x, w, bias: convolve(x, w, bias, **options), x, w, bias)

    def gradient(x, w):
        x = x.detach().requires_grad_()
        y = convolve(x, w, **options)
        return torch.autograd.grad(y, x, torch.ones_like(y))[0]

    rounds_once(gradient, x, w)


@HALVES
@pytest.mark.parametrize("dims", [0, 1, 2, (0, 2), (0, 1, 2)])
def test_reductions(dims, dtype):
    for x in (
        whole((5, 70, 130), dtype),
        whole((130, 5, 70), dtype).permute(1, 2, 0),
        whole((5, 70, 260), dtype)[..., ::2],
    ):
        rounds_once(lambda x: x.sum(dims), x)
        rounds_once(lambda x: x.mean(dims), x)
        rounds_once(lambda x: x.amax(dims), x)
        rounds_once(lambda x: x.amin(dims), x)
    ones = whole((3, 4, 5), dtype).sign()
    rounds_once(lambda x: x.prod(0), ones)
    assert x.float().sum(dims, dtype=torch.float64).dtype == torch.float64
    assert torch.equal(x.sum(dims, dtype=torch.float32), x.float().sum(dims))


@HALVES
def test_extremes_of_reductions(dtype):
    x = torch.tensor([[float("inf"), 1.0], [float("nan"), -2.0], [-float("inf"), 2.0**-24]]).to(dtype)
    assert torch.equal(x.amax(1).isnan(), torch.tensor([False, True, False]))
    assert x.amin(1)[2].item() == -float("inf")
    assert x[2:].sum(0)[1].item() == x[2, 1].item() != 0


@HALVES
@pytest.mark.parametrize(
    ("shape", "dim"), [((9, 300), 1), ((9, 301), -1), ((40, 16), 1), ((7, 40), 0), ((4, 1, 33), 2)]
)
def test_softmax(shape, dim, dtype):
    x = ordinary(shape, dtype)
    for function in (torch.softmax, torch.log_softmax):
        rounds_once(lambda x, f=function: f(x, dim), x)
        assert torch.equal(function(x, dim, dtype=torch.float32), function(x.float(), dim))
    inputs = [x.detach().requires_grad_(), x.float().requires_grad_()]
    grads = [torch.autograd.grad(y, x, ordinary(shape, y.dtype, 1)) for x in inputs for y in [torch.softmax(x, dim)]]
    (half,), (wide,) = grads
    assert torch.allclose(half.float(), wide, rtol=0, atol=4 * torch.finfo(dtype).eps)


@HALVES
def test_layer_norm(dtype):
    x, w, b = ordinary((6, 200), dtype), ordinary((200,), dtype, 1), ordinary((200,), dtype, 2)
    rounds_once(lambda x: F.layer_norm(x, (200,)), x)
    rounds_once(lambda x, w, b: F.layer_norm(x, (200,), w, b), x, w, b)
    rounds_once(lambda x: F.layer_norm(x, (200,)), ordinary((200, 6), dtype).t())


@HALVES
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("queries", "keys", "width"), [(5, 7, 8), (130, 300, 64), (257, 257, 40), (1, 600, 16)])
def test_attention(queries, keys, width, causal, dtype):
    """Scores, sums and results are float32 until the end; weights are rounded to the dtype before they are factors."""
    shapes = [(2, 3, n, width) for n in (queries, keys, keys)]
    inputs = [ordinary(shape, dtype, seed).requires_grad_() for seed, shape in enumerate(shapes)]
    exact = [x.detach().double().requires_grad_() for x in inputs]
    g = ordinary((2, 3, queries, width), dtype, 3)
    out, want = (F.scaled_dot_product_attention(*x, is_causal=causal) for x in (inputs, exact))
    assert out.dtype == dtype
    out.backward(g)
    want.backward(g.double())
    step = torch.finfo(dtype).eps
    for got, right in [(out, want), *((x.grad, y.grad) for x, y in zip(inputs, exact, strict=True))]:
        assert (got.double() - right).abs().max() <= 3 * step * right.abs().max()


@HALVES
@pytest.mark.parametrize("n", [1, 15, 64, 1000])
def test_signs(n, dtype):
    x, y = ordinary((n,), dtype, 1), ordinary((n,), dtype, 2)
    x[0], y[-1] = -0.0, float("-inf")
    signs = {
        "neg": lambda a: a.neg(),
        "abs": lambda a: a.abs(),
        "copysign": lambda a: a.copysign(y.to(a.dtype)),
        "copysign of a number": lambda a: a.copysign(-2.0),
    }
    for name, function in signs.items():
        expected = function(x.float()).to(dtype)
        assert torch.equal(function(x).view(torch.int16), expected.view(torch.int16)), name
    in_place = {"neg": x.clone().neg_(), "abs": x.clone().abs_(), "copysign": x.clone().copysign_(y)}
    for name, result in in_place.items():
        assert torch.equal(result.view(torch.int16), signs[name](x).view(torch.int16)), name
    nan = torch.full((n,), float("nan"), dtype=dtype)
    assert torch.signbit(nan.abs().neg()).all() and nan.neg().isnan().all()


@HALVES
@pytest.mark.parametrize("n", [1, 63, 64, 1000])
def test_in_place(n, dtype):
    x, y = whole((n,), dtype, 1), whole((n,), dtype, 2)
    other = x.clone()
    for result, expected in [
        (x.clone().add_(y), x.float() + y.float()),
        (x.clone().mul_(2), x.float() * 2),
        (x.clone().relu_(), x.float().relu()),
        (x.clone().addcmul_(y, y), x.float() + y.float() * y.float()),
        (other.add_(other), x.float() + x.float()),
    ]:
        assert result.dtype == dtype
        assert torch.equal(result, expected.to(dtype))


@HALVES
def test_products_that_are_added(dtype):
    a, b, c = whole((70, 700), dtype, 1), whole((700, 45), dtype, 2), whole((70, 45), dtype, 3)
    rounds_once(lambda c, a, b: torch.addmm(c, a, b), c, a, b)
    rounds_once(lambda c, a, b: torch.addmm(c, a, b, beta=2, alpha=0.5), c, a, b)
    rounds_once(lambda c, a, b: torch.addmm(c[0], a, b), c, a, b)
