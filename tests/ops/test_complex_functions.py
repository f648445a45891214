"""Complex functions against Python's `cmath`: branch cuts, infinities and NaN."""

import cmath
import itertools
import math

import ferrotorch as torch
import pytest

inf, nan = math.inf, math.nan
PARTS = [0.0, -0.0, 0.5, -1.0, 1.0, -3.0, 2.0, 30.0, -1e30, 1e-20, inf, -inf]
NUMBERS = [complex(x, y) for x, y in itertools.product(PARTS, PARTS)]
FUNCTIONS = [
    "exp",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
]


def expected(name, z):
    """The value, or None where Python raises rather than give one."""
    try:
        return getattr(cmath, name)(z)
    except (OverflowError, ValueError):
        return None


def agrees(got, want, tolerance):
    if not math.isfinite(want):
        return got == want or (math.isnan(got) and math.isnan(want))
    return abs(got - want) <= tolerance


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=str)
def test_functions(name, dtype):
    eps, largest = (3e-7, 3e38) if dtype is torch.complex64 else (4e-15, 1e308)
    points = torch.tensor(NUMBERS, dtype=dtype)
    wrong = []
    for z, got in zip(points.tolist(), getattr(torch, name)(points).tolist(), strict=True):
        want = expected(name, z)
        if want is None or (cmath.isfinite(want) and abs(want) > largest):
            continue
        size = max(abs(want), 1e-30) if cmath.isfinite(want) else 10.0
        # Beside NaN an infinity has no sign.
        (x, y), (u, v) = ((abs(w.real), abs(w.imag)) if cmath.isnan(want) else (w.real, w.imag) for w in (got, want))
        if not (agrees(x, u, eps * size) and agrees(y, v, eps * size)):
            wrong.append((z, got, want))
    assert not wrong, wrong[:10]


def test_functions_of_nan():
    for name, z, want in [
        ("exp", complex(nan, 0), complex(nan, 0)),
        ("exp", complex(-inf, nan), complex(0, 0)),
        ("sqrt", complex(nan, inf), complex(inf, inf)),
        ("tanh", complex(inf, nan), complex(1, 0)),
        ("sinh", complex(0, nan), complex(0, nan)),
        ("asinh", complex(inf, nan), complex(inf, nan)),
        ("acos", complex(0, nan), complex(math.pi / 2, nan)),
        ("atanh", complex(nan, inf), complex(0, math.pi / 2)),
        ("sin", complex(nan, 1), complex(nan, nan)),
    ]:
        got = getattr(torch.tensor(z, dtype=torch.complex128), name)().item()
        assert agrees(got.real, want.real, 1e-15) and agrees(got.imag, want.imag, 1e-15), (name, z, got)


def test_logarithms_keep_to_their_side_of_the_cut():
    z = torch.tensor([complex(-3, 0.0), complex(-3, -0.0)])
    torch.testing.assert_close(z.log1p().imag, torch.tensor([math.pi, -math.pi]))
    torch.testing.assert_close(z.rsqrt(), torch.tensor([complex(0, -(3**-0.5)), complex(0, 3**-0.5)]))
    assert torch.tensor([complex(inf, inf), complex(-inf, 1)]).rsqrt().tolist() == [0, 0]


@pytest.mark.parametrize("name", ["asin", "acos", "asinh", "acosh"])
def test_gradients_on_branch_cuts(name):
    """Those of the side that the value is of."""
    points = {
        "asin": (complex(2, 0.0), 1e-7j),
        "acos": (complex(-2, -0.0), -1e-7j),
        "asinh": (complex(-0.0, 2.0), -1e-7),
        "acosh": (complex(-3.0, 0.0), 1e-7j),
    }
    cut, step = points[name]
    grads = []
    for point in (cut, cut + step):
        z = torch.tensor(point, dtype=torch.complex128, requires_grad=True)
        getattr(z, name)().backward(torch.tensor(1 + 0j, dtype=torch.complex128))
        grads.append(z.grad)
    torch.testing.assert_close(grads[0], grads[1], rtol=1e-6, atol=1e-6)


def test_running_logarithms_of_complex_sums_pass_nan_on():
    x = torch.tensor([complex(-inf, nan), 0, 1], dtype=torch.complex128)
    assert x.logcumsumexp(0).isnan().all()
    y = torch.tensor([0, complex(-inf, 2), complex(-inf, nan), 1], dtype=torch.complex128).logcumsumexp(0)
    assert y[:2].tolist() == [0, 0] and y[2:].real.isnan().all() and y[2:].imag.isnan().all()
