"""Elementary functions in float64 on each device, as exact as the dtype is; GPUs that have it need no host."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

# Ops of one operand, the range to try, and Python's own function where there is one.
OPS = {
    "exp": (-740, 709, math.exp),
    "expm1": (-3, 3, math.expm1),
    "log": (1e-300, 1e300, math.log),
    "log1p": (-0.999, 5, math.log1p),
    "log2": (1e-3, 1e3, math.log2),
    "log10": (1e-3, 1e3, math.log10),
    "sin": (-1e4, 1e4, math.sin),
    "cos": (-1e4, 1e4, math.cos),
    "tan": (-1.5, 1.5, math.tan),
    "sinh": (-30, 30, math.sinh),
    "cosh": (-30, 30, math.cosh),
    "tanh": (-25, 25, math.tanh),
    "asinh": (-1e3, 1e3, math.asinh),
    "acosh": (1, 1e3, math.acosh),
    "atanh": (-0.99, 0.99, math.atanh),
    "erf": (-4, 4, math.erf),
    "erfc": (-4, 20, math.erfc),
    "asin": (-1, 1, math.asin),
    "acos": (-1, 1, math.acos),
    "atan": (-30, 30, math.atan),
    "exp2": (-1000, 1000, lambda x: 2.0**x),
    "lgamma": (0.01, 30, math.lgamma),
    "sigmoid": (-40, 40, lambda x: 1 / (1 + math.exp(-x))),
}
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -1e-310, 1.0, -1.0]


@pytest.mark.parametrize("name", OPS)
def test_values(device, name):
    low, high, function = OPS[name]
    x = torch.linspace(low, high, 1001, dtype=torch.float64)
    found = getattr(torch, name)(x.to(device)).cpu()
    expected = torch.tensor([function(value) for value in x.tolist()], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=3e-14, atol=3e-15)


@pytest.mark.parametrize("name", OPS)
def test_special_values(device, name):
    x = torch.tensor(SPECIAL, dtype=torch.float64)
    found, expected = getattr(torch, name)(x.to(device)).cpu(), getattr(torch, name)(x)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0, equal_nan=True)
    assert torch.signbit(found)[:2].tolist() == torch.signbit(expected)[:2].tolist()


# Functions of two operands, or without one of Python's own: the CPU's values.
MORE = {
    "atan2": lambda x: torch.atan2(x, x.flip(0) - 0.5),
    "hypot": lambda x: torch.hypot(x, x.flip(0) * 2),
    "nextafter": lambda x: torch.nextafter(x, x.flip(0)),
    "pow": lambda x: x.abs() ** x.flip(0),
    "pow of negative numbers": lambda x: (x * 2).trunc() ** x.flip(0).trunc(),
    "pow 3": lambda x: x**3,
    "pow -2": lambda x: x**-2,
    "pow 0.7": lambda x: x.abs() ** 0.7,
    "lgamma": lambda x: torch.lgamma(x),
    "digamma": lambda x: torch.digamma(x + 0.03),
    "polygamma 1": lambda x: torch.polygamma(1, x + 0.03),
    "polygamma 3": lambda x: torch.polygamma(3, x.abs() + 0.003),
    "erfinv": lambda x: torch.erfinv(x / 10),
    "logaddexp2": lambda x: torch.logaddexp2(x, x.flip(0)),
    "round": lambda x: torch.round(x, decimals=2),
    "norm": lambda x: x.norm(3)[None],
}


@pytest.mark.parametrize("name", MORE)
def test_values_of_more_functions(device, name):
    x = torch.cat([torch.linspace(-9.7, 9.7, 401, dtype=torch.float64), torch.tensor([0.0, -0.0, 1e-300, 1e5, -3.0])])
    found, expected = MORE[name](x.to(device)).cpu(), MORE[name](x)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=2e-14, equal_nan=True)


def test_erfinv_near_one(device):
    x = 1 - torch.logspace(-16, -1, 60, dtype=torch.float64)
    torch.testing.assert_close(torch.erfinv(x.to(device)).cpu(), torch.erfinv(x), rtol=1e-13, atol=0)
    assert torch.erfinv(torch.tensor([1.0, -1.0, 2.0], dtype=torch.float64, device=device)).tolist()[:2] == [
        math.inf,
        -math.inf,
    ]


@pytest.mark.parametrize(
    "op", [F.gelu, F.silu, F.softplus, F.logsigmoid, F.mish, F.elu, torch.logit, torch.sinc], ids=str
)
def test_activations_and_their_gradients(device, op):
    results = []
    for where in (device, "cpu"):
        x = torch.linspace(-6, 6, 101, dtype=torch.float64).mul(0.08 if op is torch.logit else 1).add(0.5)
        x = x.to(where).requires_grad_()
        y = op(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        results.append((y.detach().cpu(), slope.cpu()))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "op",
    [
        lambda x: x.softmax(-1),
        lambda x: x.log_softmax(0),
        lambda x: x.logsumexp(1),
        lambda x: x.logcumsumexp(1),
        lambda x: F.layer_norm(x, (7,)),
        lambda x: F.cross_entropy(x, torch.arange(5, device=x.device)),
        lambda x: F.cross_entropy(x, torch.arange(5, device=x.device), label_smoothing=0.2),
    ],
    ids=["softmax", "log_softmax", "logsumexp", "logcumsumexp", "layer_norm", "cross_entropy", "smoothed"],
)
def test_what_is_made_of_them(device, op):
    results = []
    for where in (device, "cpu"):
        x = (torch.arange(35, dtype=torch.float64).mul(0.9).cos() * 20).reshape(5, 7).to(where).requires_grad_()
        y = op(x)
        (slope,) = torch.autograd.grad(y.square().sum(), x)
        results.append((y.detach().cpu(), slope.cpu()))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)


def test_nothing_runs_on_the_host(gpu):
    x = torch.ones(3, dtype=torch.float64, device=gpu)
    torch.wgpu.reset_stats()
    for name in OPS:
        getattr(torch, name)(x)
    for function in MORE.values():
        function(x)
    F.cross_entropy(x.expand(2, 3).softmax(1), torch.zeros(2, dtype=torch.int64, device=gpu)).exp()
    assert torch.wgpu.stats().fallbacks == {}


@pytest.mark.parametrize("op", [torch.any, torch.all, torch.count_nonzero], ids=str)
def test_truth_of_complex_numbers(device, op):
    x = torch.tensor([[0, 1j, 2], [0, 0, 0], [1, 1 + 1j, -1j]], dtype=torch.complex64)
    for dim in (0, 1):
        assert op(x.to(device), dim).tolist() == op(x, dim).tolist()
    assert op(x.to(device)).item() == op(x).item()
