"""Pointwise ops against NumPy or closed forms: values, broadcasting, layouts, dtypes, in-place forms and `out=`."""

import math

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _C
from reference import PAIRS, SHAPES, compare, draw, same

LN2 = math.log(2)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


each = np.vectorize
# name -> reference, lowest and highest value
UNARY = {
    "abs": (np.abs, -2, 2),
    "neg": (np.negative, -2, 2),
    "sign": (np.sign, -2, 2),
    "sgn": (np.sign, -2, 2),
    "square": (np.square, -2, 2),
    "conj_physical": (np.conj, -2, 2),
    "reciprocal": (np.reciprocal, 0.2, 2),
    "sqrt": (np.sqrt, 0, 2),
    "rsqrt": (lambda x: x**-0.5, 0.2, 2),
    "exp": (np.exp, -2, 2),
    "exp2": (np.exp2, -2, 2),
    "expm1": (np.expm1, -2, 2),
    "log": (np.log, 0.1, 3),
    "log2": (np.log2, 0.1, 3),
    "log10": (np.log10, 0.1, 3),
    "log1p": (np.log1p, -0.9, 3),
    "sigmoid": (sigmoid, -5, 5),
    "logit": (lambda x: np.log(x / (1 - x)), 0.1, 0.9),
    "floor": (np.floor, -3, 3),
    "ceil": (np.ceil, -3, 3),
    "trunc": (np.trunc, -3, 3),
    "round": (np.round, -3, 3),
    "frac": (lambda x: x - np.trunc(x), -3, 3),
    "sin": (np.sin, -4, 4),
    "cos": (np.cos, -4, 4),
    "tan": (np.tan, -1.4, 1.4),
    "asin": (np.arcsin, -1, 1),
    "acos": (np.arccos, -1, 1),
    "atan": (np.arctan, -4, 4),
    "sinh": (np.sinh, -2, 2),
    "cosh": (np.cosh, -2, 2),
    "tanh": (np.tanh, -3, 3),
    "asinh": (np.arcsinh, -3, 3),
    "acosh": (np.arccosh, 1, 4),
    "atanh": (np.arctanh, -0.9, 0.9),
    "sinc": (np.sinc, -3, 3),
    "erf": (each(math.erf, otypes="d"), -3, 3),
    "erfc": (each(math.erfc, otypes="d"), -3, 3),
    "lgamma": (each(math.lgamma, otypes="d"), 0.1, 5),
    "isnan": (np.isnan, -2, 2),
    "isinf": (np.isinf, -2, 2),
    "isfinite": (np.isfinite, -2, 2),
    "isposinf": (np.isposinf, -2, 2),
    "isneginf": (np.isneginf, -2, 2),
    "signbit": (np.signbit, -2, 2),
    "logical_not": (np.logical_not, -2, 2),
    "nan_to_num": (np.nan_to_num, -2, 2),
    "relu": (lambda x: np.maximum(x, 0), -2, 2),
}
# Inverses and derivatives of the above: what they must undo or sum to.
IDENTITIES = {
    "erfinv": (lambda x: torch.erf(torch.erfinv(x)), lambda x: x, -0.9, 0.9),
    "digamma": (lambda x: torch.digamma(x + 1) - torch.digamma(x), lambda x: 1 / x, 0.5, 4),
    "polygamma": (lambda x: torch.polygamma(1, x) - torch.polygamma(1, x + 1), lambda x: x**-2.0, 0.5, 4),
}
BINARY = {
    "add": (np.add, -2, 2),
    "sub": (np.subtract, -2, 2),
    "mul": (np.multiply, -2, 2),
    "div": (np.divide, 0.3, 2),
    "pow": (np.power, 0.3, 2),
    "floor_divide": (np.floor_divide, 0.3, 9),
    "remainder": (np.remainder, 0.3, 9),
    "fmod": (np.fmod, 0.3, 9),
    "maximum": (np.maximum, -2, 2),
    "minimum": (np.minimum, -2, 2),
    "fmax": (np.fmax, -2, 2),
    "fmin": (np.fmin, -2, 2),
    "copysign": (np.copysign, -2, 2),
    "hypot": (np.hypot, -2, 2),
    "atan2": (np.arctan2, -2, 2),
    "logaddexp": (np.logaddexp, -2, 2),
    "logaddexp2": (np.logaddexp2, -2, 2),
    # A step of NaN is 0, which NumPy makes NaN.
    "heaviside": (lambda x, y: np.where(x == 0, y, (x > 0).astype(x.dtype)), -2, 2),
    "xlogy": (lambda x, y: x * np.log(y), 0.2, 2),
    "xlog1py": (lambda x, y: x * np.log1p(y), 0.2, 2),
    "eq": (np.equal, -2, 2),
    "ne": (np.not_equal, -2, 2),
    "lt": (np.less, -2, 2),
    "le": (np.less_equal, -2, 2),
    "gt": (np.greater, -2, 2),
    "ge": (np.greater_equal, -2, 2),
    "logical_and": (np.logical_and, -2, 2),
    "logical_or": (np.logical_or, -2, 2),
    "logical_xor": (np.logical_xor, -2, 2),
    "rsub": (lambda x, y: y - x, -2, 2),
}
INTEGER = {
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "gcd": np.gcd,
    "lcm": np.lcm,
    "bitwise_left_shift": np.left_shift,
    "bitwise_right_shift": np.right_shift,
}
TERNARY = {
    "lerp": lambda a, b, w: a + w * (b - a),
    "addcmul": lambda a, b, c: a + b * c,
    "addcdiv": lambda a, b, c: a + b / c,
    "clamp": lambda x, low, high: np.minimum(np.maximum(x, low), high),
}
ACTIVATIONS = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: x * (1 + each(math.erf, otypes="d")(x / 2**0.5)) / 2,
    "hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "log_sigmoid": lambda x: -softplus(-x),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "silu": lambda x: x * sigmoid(x),
    "softplus": softplus,
    "softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
}
FLOATING = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
IN_PLACE = sorted(n for n in UNARY if hasattr(torch.Tensor, f"{n}_") and n != "relu")


@pytest.mark.parametrize("name", UNARY)
def test_unary(name, device):
    reference, low, high = UNARY[name]
    for shape in SHAPES:
        compare(getattr(torch, name), reference, [shape], device, low, high)


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities(name, device):
    op, reference, low, high = IDENTITIES[name]
    for shape in SHAPES:
        compare(op, reference, [shape], device, low, high)


@pytest.mark.parametrize("name", BINARY)
def test_binary(name, device):
    reference, low, high = BINARY[name]
    for pair in PAIRS:
        compare(getattr(torch, name), reference, pair, device, low, high)


@pytest.mark.parametrize("name", TERNARY)
def test_ternary(name, device):
    for shapes in [((2, 3),) * 3, ((2, 1), (3,), ()), ((), (0, 3), (1,)), ((40, 5), (5,), (40, 1))]:
        compare(getattr(torch, name), TERNARY[name], shapes, device, 0.5, 3)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, device):
    for shape in SHAPES:
        compare(getattr(_C._nn, name), ACTIVATIONS[name], [shape], device, -4, 4)


@pytest.mark.parametrize("name", INTEGER)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_integers(name, dtype, device):
    a, b = torch.tensor([[3, 5, 12], [7, 2, 1]], dtype=dtype), torch.tensor([2, 3, 1], dtype=dtype)
    got = getattr(torch, name)(a.to(device), b.to(device))
    assert got.dtype == dtype
    assert got.cpu().numpy().tolist() == INTEGER[name](a.numpy(), b.numpy()).tolist()


@pytest.mark.parametrize("name", [n for n in UNARY if n not in ("conj_physical",)])
def test_dtypes(name):
    reference, low, high = UNARY[name]
    for dtype in FLOATING:
        x = torch.from_numpy(draw((130,), low + 0.01, high - 0.01)).to(dtype)
        got, want = getattr(torch, name)(x), reference(x.double().numpy())
        assert got.dtype == (torch.bool if want.dtype == bool else dtype)
        same(got, want)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_and_out(name, device):
    reference, low, high = UNARY[name]
    values = draw((3, 4), low, high)
    x = torch.from_numpy(values.copy()).to(device)
    window = torch.zeros(5, 8, device=device)
    target = window[1:4, ::2]
    assert getattr(torch, name)(x, out=target) is target
    same(window[1:4, ::2], reference(values.astype(np.float64)))
    assert window[0].sum().item() == window[:, 1::2].sum().item() == 0
    version = x._version
    assert getattr(x, f"{name}_")() is x
    assert x._version == version + 1
    same(x, reference(values.astype(np.float64)))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "lt"])
def test_out_resizes_and_converts(name, device):
    a, b = torch.tensor([1.0, 4.0], device=device), torch.tensor([[2.0], [3.0]], device=device)
    out = torch.empty(0, dtype=torch.float64, device=device)
    getattr(torch, name)(a, b, out=out)
    assert out.tolist() == BINARY[name][0](a.cpu().numpy(), b.cpu().numpy()).tolist()


def test_out_refuses_a_lower_category(device):
    with pytest.raises(RuntimeError, match=r"[Ff]loat.*[Ll]ong"):
        torch.add(torch.ones(2, device=device), 1.5, out=torch.zeros(2, dtype=torch.int64, device=device))


def test_in_place_refuses_to_grow(device):
    with pytest.raises(RuntimeError, match=r"shape \[2\]"):
        torch.ones(2, device=device).add_(torch.ones(3, 2, device=device))
    with pytest.raises(RuntimeError, match=r"expand|overlap|more than one"):
        torch.ones(1, device=device).expand(3).add_(1)


PROMOTIONS = [
    (torch.uint8, torch.int8, torch.int16),
    (torch.bool, torch.uint8, torch.uint8),
    (torch.int64, torch.float16, torch.float16),
    (torch.float16, torch.bfloat16, torch.float32),
    (torch.float32, torch.float64, torch.float64),
    (torch.int32, torch.int64, torch.int64),
    (torch.float64, torch.complex64, torch.complex128),
    (torch.bool, torch.bool, torch.bool),
]


@pytest.mark.parametrize(("a", "b", "want"), PROMOTIONS)
def test_promotion(a, b, want):
    assert torch.promote_types(a, b) == torch.promote_types(b, a) == want
    assert (torch.ones(2, dtype=a) * torch.ones(2, dtype=b)).dtype == want


@pytest.mark.parametrize(
    ("dtype", "scalar", "want"),
    [
        (torch.int32, 2, torch.int32),
        (torch.int32, 2.5, torch.float32),
        (torch.float16, 2.5, torch.float16),
        (torch.bool, 2, torch.int64),
        (torch.float64, 1j, torch.complex128),
        (torch.int8, True, torch.int8),
    ],
)
def test_scalars_promote_by_category(dtype, scalar, want):
    x = torch.ones(2, dtype=dtype)
    assert (x + scalar).dtype == (scalar + x).dtype == (x + torch.tensor(scalar)).dtype == want


SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 1e-300, 1e308]


@pytest.mark.parametrize(
    "name",
    [
        "exp", "log", "sqrt", "tanh", "sin", "floor", "abs", "reciprocal", "log1p", "expm1", "atan", "cosh", "isnan",
        "isinf", "isfinite", "isposinf", "isneginf", "signbit", "logical_not", "nan_to_num", "neg", "ceil", "trunc",
        "square",
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_special_values(name, dtype):
    x = torch.tensor(SPECIAL * 5, dtype=dtype)
    with np.errstate(all="ignore"):
        want = UNARY[name][0](x.numpy())
    got = getattr(torch, name)(x).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-6)
    assert got.dtype == bool or (np.signbit(got) == np.signbit(want))[~np.isnan(want)].all()


@pytest.mark.parametrize(
    "name",
    [
        "add", "sub", "mul", "div", "maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "fmod", "copysign", "eq",
        "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "heaviside", "rsub",
    ],
)  # fmt: skip
def test_special_pairs(name):
    a, b = (x.reshape(-1) for x in torch.meshgrid(torch.tensor(SPECIAL), torch.tensor(SPECIAL), indexing="ij"))
    with np.errstate(all="ignore"):
        want = BINARY[name][0](a.numpy(), b.numpy())
    np.testing.assert_allclose(getattr(torch, name)(a, b).numpy(), want, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.int64])
@pytest.mark.parametrize("mode", ["floor", "trunc"])
def test_integer_division(dtype, mode, device):
    a, b = (
        torch.tensor([7, -7, 7, -7, 0], dtype=dtype, device=device),
        torch.tensor([2, 2, -2, -2, 3], dtype=dtype, device=device),
    )
    want = {"floor": [3, -4, -4, 3, 0], "trunc": [3, -3, -3, 3, 0]}[mode]
    assert torch.div(a, b, rounding_mode=mode).tolist() == want
    assert (a % b).tolist() == [1, 1, -1, -1, 0]
    assert torch.fmod(a, b).tolist() == [1, -1, 1, -1, 0]


def test_integer_division_by_zero_raises():
    for op in (torch.floor_divide, torch.remainder, torch.fmod):
        with pytest.raises(RuntimeError, match=r"ZeroDivisionError|zero"):
            op(torch.tensor([1]), torch.tensor([0]))


def test_where_broadcasts_and_promotes(device):
    got = torch.where(torch.tensor([[True], [False]], device=device), torch.tensor([1, 2], device=device), 0.5)
    assert got.dtype == torch.float32
    assert got.tolist() == [[1.0, 2.0], [0.5, 0.5]]


def test_complex_arithmetic():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=5) + 1j * rng.normal(size=5) for _ in range(2))
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    for name in ["add", "sub", "mul", "div", "pow"]:
        same(getattr(torch, name)(x, y), BINARY[name][0](a, b))
    for name in [
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tanh",
        "abs",
        "reciprocal",
        "square",
        "sinh",
        "asin",
        "atan",
        "acosh",
    ]:
        same(getattr(torch, name)(x), UNARY[name][0](a), 1e-9)


def test_numbers_may_come_first():
    x = torch.tensor([1.0, 2.0])
    assert torch.mul(2, x).tolist() == [2, 4]
    assert torch.sub(2, x).tolist() == [1, 0]
    assert torch.true_divide(2, x).tolist() == [2, 1]
    assert torch.add(2, 3, alpha=2).tolist() == 8
    assert torch.add(2, 3).dtype is torch.int64
    assert torch.mul(2, 3.5).dtype is torch.float32
    assert torch.bitwise_or(2, torch.tensor([1, 2])).tolist() == [3, 2]
    assert torch.xlogy(2, torch.ones(2)).tolist() == [0, 0]


def test_the_factor_may_be_positional_behind_a_number():
    x = torch.tensor([1.0, 2.0])
    assert x.add(2, 3).tolist() == [7, 8]
    assert torch.sub(x, 2, 3).tolist() == [-5, -4]
    assert torch.rsub(x, 2, 3).tolist() == [-1, -4]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_one_limit_of_integers(dtype, device):
    x = torch.tensor([0, 3, 9], dtype=dtype, device=device)
    assert x.clamp(2).tolist() == [2, 3, 9]
    assert x.clamp(max=5).tolist() == [0, 3, 5]


def test_a_limit_that_is_nan():
    assert torch.ones(2).clamp(float("nan"), 2.0).isnan().all()
    assert torch.ones(2).clamp_(max=float("nan")).isnan().all()


def test_angle_of_real_numbers():
    x = torch.tensor([-1.0, 0.0, 2.0, float("nan")], dtype=torch.float64, requires_grad=True)
    y = torch.angle(x)
    assert y.tolist()[:3] == [np.pi, 0, 0]
    assert y[3].isnan()
    y[:3].sum().backward()
    assert x.grad.tolist() == [0, 0, 0, 0]


def test_conjugate_of_real_numbers_is_the_tensor():
    x = torch.ones(2)
    assert torch.conj_physical(x) is x
    assert x.conj_physical() is x


def test_derivative_of_logit_outside_of_its_domain():
    x = torch.tensor([-0.5, 0.5, 1.5], requires_grad=True)
    torch.logit(x).sum().backward()
    assert x.grad.isnan().tolist() == [True, False, True]


def test_ldexp_reaches_as_far_as_its_dtype():
    assert torch.ldexp(torch.ones((), dtype=torch.float64), torch.tensor(200)).item() == 2.0**200
    assert torch.ldexp(torch.ones((), dtype=torch.float64), torch.tensor(-1060)).item() == 2.0**-1060
    x = torch.tensor(1e-30)
    assert torch.ldexp(x, torch.tensor(140)).item() == x.item() * 2.0**140


def test_factors_fit_the_dtype():
    for dtype, alpha in ((torch.int8, 1000), (torch.float16, 1e6)):
        x = torch.ones(2, dtype=dtype)
        for call in (torch.add, torch.sub):
            with pytest.raises(RuntimeError, match="overflow"):
                call(x, x, alpha=alpha)


def test_ldexp_keeps_the_dtype_of_floats():
    exponents = torch.tensor([1, 2])
    assert torch.ldexp(torch.ones((), dtype=torch.float16), exponents).dtype is torch.float16
    assert torch.ldexp(torch.ones(2, dtype=torch.float64), exponents).tolist() == [2, 4]
    assert torch.ldexp(torch.ones(2, dtype=torch.int64), exponents).dtype is torch.float32


def test_heaviside_names_its_values():
    assert torch.heaviside(torch.tensor([-1.0, 0.0, 1.0]), values=torch.tensor(0.5)).tolist() == [0, 0.5, 1]


def test_large_integers_are_infinite_in_float16():
    assert torch.full((1,), 2**40, dtype=torch.float16).isinf().all()


def test_nothing_overlaps_in_an_empty_tensor():
    x = torch.zeros(1, 0).expand(2, 0)
    assert x.mul_(2) is x


def test_derivatives_of_limits_and_of_the_larger_of_two():
    x = torch.tensor([0.0, 1.0, -1.0], requires_grad=True)
    x.clamp_min(0.0).sum().backward()
    assert x.grad.tolist() == [1, 1, 0]
    y = torch.tensor([float("nan"), 1.0], requires_grad=True)
    torch.maximum(y, torch.zeros(2)).sum().backward()
    assert y.grad.tolist() == [1, 1]


SHORT_ROWS = [
    ((50, 3), (50, 1)), ((50, 3), (3,)), ((2500, 3), (2500, 1)), ((7, 2), (7, 1)), ((4, 1, 5, 1), (1, 6, 1, 4)),
    ((3, 5, 4), (3, 1, 4)), ((2, 3, 49), (1, 3, 1)), ((6, 1), (1, 17)), ((3, 1, 2, 5), (1, 40, 1, 5)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.bfloat16, torch.complex64], ids=str)
@pytest.mark.parametrize(("one", "other"), SHORT_ROWS)
def test_short_rows_are_broadcast(one, other, dtype):
    """Rows of a few elements, which neither lie dense nor repeat: the results are those of dense inputs."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randint(-9, 10, shape, generator=generator).to(dtype) for shape in (one, other))
    shape = torch.broadcast_shapes(one, other)
    whole_a, whole_b = (x.expand(shape).contiguous() for x in (a, b))
    assert torch.equal(a + b, whole_a + whole_b)
    assert torch.equal(b * a, whole_b * whole_a)
    assert torch.equal(a == b, whole_a == whole_b)
    assert torch.equal(a.float() + b, whole_a.float() + whole_b) if not dtype.is_complex else True
    assert torch.equal(torch.addcmul(b, a, a), torch.addcmul(whole_b, whole_a, whole_a))
    target = whole_a.clone()
    assert torch.equal(target.sub_(b), whole_a - whole_b)


def test_columns_of_wider_rows():
    x = torch.arange(4000.0).reshape(1000, 4)
    y = torch.arange(3000.0).reshape(1000, 3)
    assert torch.equal(x[:, :3] + y, x[:, :3].contiguous() + y)
    assert torch.equal(x[:, ::2] * y[:, 1:], x[:, ::2].contiguous() * y[:, 1:].contiguous())
    assert torch.equal(x[:, [3, 2, 1]] - x.flip(1)[:, :3], torch.zeros(1000, 3))
    z = x.clone()
    z[:, 1:] += y
    assert torch.equal(z, torch.cat([x[:, :1], x[:, 1:] + y], 1))
    z[:, :3].fill_(7)
    assert torch.equal(z[:, :3], torch.full((1000, 3), 7.0)) and torch.equal(z[:, 3], x[:, 3] + y[:, 2])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("exponent", [2, 3, np.float64(2.0)])
def test_powers_of_integers(dtype, exponent):
    """Squares have a way of their own; what is too large wraps around."""
    x = np.arange(-130, 130).astype(dtype)
    found = torch.from_numpy(x) ** (exponent if isinstance(exponent, int) else float(exponent))
    wanted = x**exponent if isinstance(exponent, int) else (x.astype("float32") ** 2).astype("float32")
    assert found.numpy().dtype == wanted.dtype and (found.numpy() == wanted).all()
