"""Values at the edges are those of the host on every device: signed zeros, NaN, infinities, conversions, numbers."""

import math
import operator

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

EDGES = [-0.0, 0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 3.5]
FLOATS = [torch.float32, torch.float16, torch.bfloat16, torch.float64]
UNARY = [
    *["relu", "tanh", "sin", "tan", "asin", "atan", "sinh", "asinh", "atanh", "expm1", "log1p", "erf", "floor", "ceil"],
    *["trunc", "round", "sign", "sqrt", "rsqrt", "neg", "frac", "reciprocal", "square", "deg2rad"],
]
ACTIVATIONS = ["relu6", "elu", "selu", "celu", "hardtanh", "tanhshrink", "leaky_relu", "softsign"]
OPS = {name: getattr(torch, name) for name in UNARY} | {name: getattr(F, name) for name in ACTIVATIONS}
OPS |= {
    "threshold": lambda t: F.threshold(t, 0.0, 0.0),
    "clamp(min=0)": lambda t: t.clamp(min=0),
    "clamp(max=0)": lambda t: t.clamp(max=0),
    "clamp(-1, 1)": lambda t: t.clamp(-1, 1),
    "fmax": lambda t: torch.fmax(t, torch.zeros_like(t)),
    "fmin": lambda t: torch.fmin(t, torch.zeros_like(t)),
    "maximum": lambda t: torch.maximum(t, torch.zeros_like(t)),
    "heaviside": lambda t: torch.heaviside(t, t),
    "pow(0.5)": lambda t: t**0.5,
    "pow(-0.5)": lambda t: t**-0.5,
    "nextafter": lambda t: torch.nextafter(t, torch.ones_like(t)),
    "%": lambda t: t % 2,
    "//": lambda t: t // 2,
}


def same(a, b):
    """Equal numbers of equal sign, but for rounding."""
    pairs = zip(a.double().flatten().tolist(), b.cpu().double().flatten().tolist(), strict=True)
    tolerance = {torch.float16: 2e-3, torch.bfloat16: 2e-2}.get(a.dtype, 1e-5)
    return all(
        (math.isnan(x) and math.isnan(y))
        or (math.isclose(x, y, rel_tol=tolerance) and math.copysign(1, x) == math.copysign(1, y))
        for x, y in pairs
    )


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", OPS)
def test_ops_at_the_edges(gpu, name, dtype):
    x = torch.tensor(EDGES, dtype=dtype)
    here, there = OPS[name](x), OPS[name](x.to(gpu))
    assert same(here, there), (here.tolist(), there.tolist())


# Halves, numbers that are nearly halves or whole, and numbers that no int32 holds, with their fractions.
ROUNDED = [
    0.5,
    1.5,
    2.5,
    0.3,
    0.7,
    0.49999999999999994,
    1 - 2**-53,
    1e10 + 0.5,
    2.0**51 + 0.5,
    2.0**51 + 1.5,
    2.0**52 + 1,
]
ROUNDED += [2.0**53, 1e300, 5e-324, 4095.5, 4096.5, 2**31 - 0.5, 2**32 + 0.25]
ROUNDED += [-x for x in ROUNDED] + [0.0, -0.0]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_rounding(device, dtype):
    x = torch.tensor(ROUNDED, dtype=torch.float64).clamp(-6e4, 6e4).to(dtype)
    values = x.double().tolist()
    rules = {torch.round: round, torch.trunc: math.trunc, torch.floor: math.floor, torch.ceil: math.ceil}
    for op, rule in rules.items():
        expected = torch.tensor([math.copysign(rule(v), v) for v in values], dtype=torch.float64).to(dtype)
        assert same(expected, op(x.to(device))), op
    fractions = torch.tensor([math.fmod(v, 1) + 0.0 for v in values], dtype=torch.float64).to(dtype)
    assert torch.equal(torch.frac(x.to(device)).cpu(), fractions)


def test_rounding_of_large_float64(device):
    x = torch.tensor(ROUNDED, dtype=torch.float64)
    there = x.to(device)
    expected = [math.copysign(round(v), v) for v in ROUNDED]
    for found in (torch.round(there), torch.round(there, decimals=0), there.clone().round_()):
        assert [math.copysign(1, v) for v in found.tolist()] == [math.copysign(1, v) for v in expected]
        assert found.tolist() == expected
    assert torch.trunc(there).tolist() == [float(math.trunc(v)) for v in ROUNDED]
    assert torch.div(there, 1.0, rounding_mode="trunc").tolist() == [float(math.trunc(v)) for v in ROUNDED]
    assert torch.round(there / 4, decimals=1).tolist() == torch.round(x / 4, decimals=1).tolist()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_known_edges(device, dtype):
    x = torch.tensor([-0.0], dtype=dtype, device=device)
    for op in [torch.relu, torch.tanh, torch.sin, torch.expm1, lambda t: t.clamp(min=0), lambda t: t**0.5]:
        assert math.copysign(1, op(x).item()) == -1
    assert math.isnan(torch.tensor([-math.inf], dtype=dtype, device=device).pow(0.5).item())


# What has gradients where numbers are not finite: those of the host, of plain numbers and of infinities and NaN.
SLOPES = {
    name: OPS[name] for name in ["relu", "sqrt", "reciprocal", "square", "elu", "hardtanh", "clamp(-1, 1)", "pow(0.5)"]
}
SLOPES |= {
    "threshold": lambda t: F.threshold(t, 0.1, 2.0),
    "hardshrink": F.hardshrink,
    "softplus": F.softplus,
    "abs": torch.abs,
    "maximum": lambda t: torch.maximum(t, torch.zeros_like(t)),
    "norm": lambda t: t.norm(),
    "amax": lambda t: t.amax(),
    "nan_to_num": torch.nan_to_num,
    "cumprod": lambda t: t.cumprod(0),
    "huber_loss": lambda t: F.huber_loss(t, torch.zeros_like(t), reduction="none"),
}


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_at_the_edges(gpu, name, dtype):
    for values in (EDGES, [v for v in EDGES if math.isfinite(v)]):
        x = torch.tensor(values, dtype=dtype)
        slopes = []
        for where in ("cpu", gpu):
            leaf = x.to(where).requires_grad_()
            slopes.append(torch.autograd.grad(SLOPES[name](leaf).sum(), leaf)[0].cpu().double())
        torch.testing.assert_close(
            slopes[1], slopes[0], rtol=0.02 if dtype.itemsize == 2 else 1e-5, atol=1e-5, equal_nan=True
        )


ROWS = [[1, math.inf, -math.inf], [-math.inf] * 3, [1, math.nan, 2], [math.inf] * 3, [0, -math.inf, 0]]


@pytest.mark.parametrize("wide", [False, True])
def test_softmax_of_infinities(device, wide):
    x = torch.tensor(ROWS, device=device)
    if wide:
        x = torch.cat([x, torch.full((5, 600), -math.inf, device=device)], 1)
    probabilities, logarithms = x.softmax(1)[:, :3].tolist(), x.log_softmax(1)[:, :3].tolist()
    for row in range(4):
        assert all(math.isnan(v) for v in probabilities[row] + logarithms[row])
    assert probabilities[4] == pytest.approx([0.5, 0, 0.5])
    assert logarithms[4] == pytest.approx([-math.log(2), -math.inf, -math.log(2)])
    losses = F.cross_entropy(x, torch.tensor([0, 1, 2, 0, 0], device=device), reduction="none").tolist()
    assert [math.isnan(v) for v in losses] == [True] * 4 + [False]


OUT_OF_RANGE = [math.inf, -math.inf, math.nan, 3e9, -3e9, 300.0, -300.0, 1e19, 1e25, 70000.0, -1.5, 255.9, 2.0**31]
OUT_OF_RANGE += [2.0**32]
INTEGERS = {
    torch.uint8: [0, 0, 0, 0, 0, 44, 212, 0, 0, 112, 255, 255, 0, 0],
    torch.int8: [0, 0, 0, 0, 0, 44, -44, 0, 0, 112, -1, -1, 0, 0],
    torch.int16: [0, 0, 0, 0, 0, 300, -300, 0, 0, 4464, -1, 255, 0, 0],
    torch.int32: [-(2**31)] * 5 + [300, -300, -(2**31), -(2**31), 70000, -1, 255, -(2**31), -(2**31)],
    torch.int64: [-(2**63)] * 3 + [3 * 10**9, -3 * 10**9, 300, -300, -(2**63), -(2**63), 70000, -1, 255, 2**31, 2**32],
}


@pytest.mark.parametrize("target", INTEGERS, ids=str)
@pytest.mark.parametrize("source", [torch.float32, torch.float64], ids=str)
def test_floats_out_of_range_become_integers_as_on_the_host(device, source, target):
    x = torch.tensor(OUT_OF_RANGE, dtype=torch.float64).to(source).to(device)
    assert x.to(target).tolist() == INTEGERS[target]
    assert x.to(torch.bool).tolist() == [True] * len(OUT_OF_RANGE)


def test_large_float64_become_bytes_by_their_last_bits(device):
    values = [
        4503599627370495.5,
        1e10,
        -1e10 + 0.5,
        2.0**33 + 7,
        2.0**53 + 2,
        1e19,
        300.7,
        -300.7,
        2.0**32 + 5,
        math.nan,
    ]
    expected = [255, 0, 1, 7, 2, 0, 44, 212, 5, 0]
    x = torch.tensor(values, dtype=torch.float64, device=device)
    assert x.to(torch.uint8).tolist() == expected
    assert torch.complex(x, x).real.to(torch.uint8).tolist() == expected
    out = torch.zeros(10, dtype=torch.uint8, device=device)
    assert out.copy_(x).tolist() == expected
    assert (out * 0 + x.to(torch.uint8)).tolist() == expected


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64], ids=str)
@pytest.mark.parametrize("divide", [torch.floor_divide, torch.remainder, torch.fmod, operator.floordiv, operator.mod])
def test_integers_are_not_divided_by_zero(device, dtype, divide):
    x = torch.tensor([7, 5], dtype=dtype, device=device)
    for divisor in [torch.tensor([2, 0], dtype=dtype, device=device), 0]:
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            divide(x, divisor).tolist()
    assert divide(x, 2).tolist() in ([3, 2], [1, 1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_numbers_meet_half_types_as_in_pytorch(device, dtype):
    x = (torch.arange(1, 1000) / 331).to(dtype)
    wide, y = x.float(), x.to(device)
    exact, rounded = torch.tensor(0.3), torch.tensor(0.3, dtype=dtype).float()
    # Products and quotients are those of float32 with the number itself, other ops see the number rounded.
    assert torch.equal((y * 0.3).cpu(), (wide * exact).to(dtype))
    assert torch.equal((0.3 * y).cpu(), (wide * exact).to(dtype))
    assert torch.equal((y / 0.3).cpu(), (wide / exact).to(dtype))
    assert torch.equal(y.clone().mul_(0.3).cpu(), (wide * exact).to(dtype))
    assert torch.equal(torch.div(y, 0.3, rounding_mode="trunc").cpu(), (wide / exact).trunc().to(dtype))
    assert torch.equal((y + 0.3).cpu(), (wide + rounded).to(dtype))
    assert torch.equal((y - 0.3).cpu(), (wide - rounded).to(dtype))
    assert torch.equal((0.3 - y).cpu(), (rounded - wide).to(dtype))
    assert torch.equal(y.clone().add_(0.3).cpu(), (wide + rounded).to(dtype))
    assert torch.equal((y % 0.3).cpu(), (wide % rounded).to(dtype))
    assert torch.equal((y > 0.3).cpu(), wide > rounded)


def test_narrow_clamps(device):
    x = torch.tensor([0, 1, 5, 200], dtype=torch.uint8, device=device)
    assert x.clamp(-1, 1).tolist() == [0, 1, 1, 1]
    assert x.clamp_min(-1).tolist() == [0, 1, 5, 200]
    assert x.clone().clamp_(3, 100).tolist() == [3, 3, 5, 100]
    assert x.clamp(max=300).tolist() == x.clamp_max(300).tolist() == [0, 1, 5, 200]
    y = torch.tensor([-100, 0, 5, 100], dtype=torch.int8, device=device)
    assert y.clamp(-200, 300).tolist() == y.clamp(min=-200).tolist() == [-100, 0, 5, 100]
    assert y.clone().clamp_(-200, 50).tolist() == [-100, 0, 5, 50]
    for clamp in [lambda: x.clamp(min=300), lambda: x.clamp(max=-1), lambda: x.clamp_max(-1), lambda: y.clamp_min(300)]:
        with pytest.raises(RuntimeError, match=r"Clamp m.. value .* is outside the representable range"):
            clamp()
