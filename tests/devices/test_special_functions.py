"""Special functions, large angles and complex functions have the CPU's values on each device, and GPUs compute them."""

import math

import ferrotorch as torch
import pytest

S = torch.special
WIDE = torch.tensor([*torch.linspace(-30, 30, 301).tolist(), 0.0, 1e-20, 100.0, math.inf, -math.inf, math.nan])
UNARY = [
    "i0",
    "i0e",
    "i1",
    "i1e",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
]
UNARY += ["scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "spherical_bessel_j0", "erfcx", "log_ndtr"]
POLYNOMIALS = [f"{shifted}chebyshev_polynomial_{kind}" for shifted in ("", "shifted_") for kind in "tuvw"]
POLYNOMIALS += ["hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"]
# How far a value may be off, in parts of itself and of 1.
NEAR = {
    torch.float64: (1e-12, 1e-14),
    torch.float32: (2e-5, 2e-5),
    torch.bfloat16: (1e-2, 1e-2),
    torch.float16: (2e-3, 2e-3),
}


def agree(found: torch.Tensor, *inputs: torch.Tensor, function, factor: float = 1) -> None:
    """Like the CPU's result in float64."""
    rtol, atol = (factor * x for x in NEAR[found.dtype])
    expected = function(*[x.double() for x in inputs]).to(found.dtype).double()
    torch.testing.assert_close(found.cpu().double(), expected, rtol=rtol, atol=atol, equal_nan=True)


def check(device: str, function, *inputs: torch.Tensor, factor: float = 1) -> None:
    if device == "wgpu":
        torch.wgpu.reset_stats()
    found = function(*[x.to(device) for x in inputs])
    if device == "wgpu":
        assert torch.wgpu.stats().fallbacks == {}
    agree(found, *inputs, function=function, factor=factor)


@pytest.mark.parametrize("dtype", NEAR, ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_of_one_number(device, name, dtype):
    check(device, getattr(S, name), WIDE.to(dtype))


@pytest.mark.parametrize("dtype", NEAR, ids=str)
def test_quantiles_of_the_normal_distribution(device, dtype):
    p = torch.cat([torch.linspace(-0.1, 1.1, 241), torch.logspace(-30, -1, 30), torch.tensor([math.nan])])
    check(device, S.ndtri, p.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials(device, name, dtype):
    x = torch.linspace(-1.25, 1.25, 41, dtype=dtype)[:, None].expand(41, 14)
    n = torch.arange(-2, 12, dtype=dtype).expand(41, 14)
    rtol, atol = NEAR[dtype]
    found, expected = getattr(S, name)(x.to(device), n.to(device)).cpu(), getattr(S, name)(x.double(), n.double())
    assert ((found.double() - expected).abs() <= rtol * (expected.abs() + expected.abs().amax(0)) + atol).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("function", [torch.igamma, torch.igammac], ids=["igamma", "igammac"])
def test_incomplete_gamma_functions(device, function, dtype):
    a = torch.tensor([0.0, 1e-3, 0.3, 0.9, 1.0, 2.5, 9.9, 10.0, 60.0, 199.0, 201.0, 3000.0, math.inf, math.nan, -1.0])
    share = torch.tensor([0.0, 1e-3, 0.2, 0.5, 0.8, 0.95, 1.0, 1.05, 1.2, 1.6, 3.0, math.inf])
    x = torch.cat([a[:12, None] * share, share.expand(3, 12)]).to(dtype)
    check(device, function, a[:, None].to(dtype).expand_as(x).contiguous(), x, factor=10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_zeta(device, dtype):
    s = torch.tensor([0.5, 1.0, 1.1, 2.0, 2.5, 3.0, 10.0, 37.0, 120.0, math.nan], dtype=dtype)
    q = torch.tensor([-2.0, -1.5, 0.0, 0.3, 1.0, 1.5, 9.0, 40.0, 1e6, math.inf], dtype=dtype)
    check(device, S.zeta, s[:, None].expand(10, 10).contiguous(), q.expand(10, 10).contiguous())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_samples_move_with_shapes(device, dtype):
    a = torch.tensor([0.05, 0.4, 1.0, 3.0, 20.0, 300.0])[:, None].expand(6, 7).to(dtype).contiguous()
    x = a * torch.tensor([1e-3, 0.2, 0.7, 1.0, 1.3, 2.0, 9.0], dtype=dtype)
    check(device, torch._C._standard_gamma_grad, a, x, factor=10)
    share = torch.tensor([1e-3, 0.1, 0.4, 0.5, 0.7, 0.9, 0.999], dtype=dtype).expand(6, 7).contiguous()
    check(device, torch._C._dirichlet_grad, share, a, a + 2, factor=10)


ANGLES = [3e3, 6.1e4, 1e5, 3e5, 1e6, 1e8, 6.7e9, 2.0**31, 2.0**40, 1e20, 1e30, 3.4e38]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_large_angles(device, name, dtype):
    numbers = [sign * x * (1 + k / 7) for x in ANGLES[:-1] for k in range(9) for sign in (1, -1)] + ANGLES[-1:]
    numbers += [1e100, 1e200, 1.7e308] if dtype == torch.float64 else []
    x = torch.tensor(numbers, dtype=dtype)
    expected = torch.tensor([getattr(math, name)(v) for v in x.tolist()], dtype=torch.float64)
    found = getattr(torch, name)(x.to(device)).cpu().double()
    tolerance = 2e-6 if dtype == torch.float32 else 3e-15
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance / 4)


COMPLEX = {
    "logaddexp": lambda x: torch.logaddexp(x, x.flip(0) * 2),
    "sinc": torch.sinc,
    "silu": torch.nn.functional.silu,
    "lerp": lambda x: torch.lerp(x, x.flip(0), x / 3),
    "sigmoid": lambda x: torch.sigmoid(x),
    "addmm": lambda x: torch.addmm(x, x, x.T, beta=0.3 - 0.1j, alpha=0.2 + 0.6j),
    "baddbmm": lambda x: torch.baddbmm(x[None, 0], x[None], x[None], beta=1j, alpha=-0.5j),
    "in place": lambda x: x.clone().addmm_(x, x, beta=1j, alpha=2 - 1j),
    "divided by zero": lambda x: torch.view_as_real(x / torch.tensor(complex(-0.0, 0.0), device=x.device)),
    "reciprocal of zero": lambda x: torch.view_as_real((x * 0).reciprocal()),
}


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=str)
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_functions(device, name, dtype):
    x = torch.complex(*[torch.linspace(-2, 2, 25, dtype=torch.float64).mul(k).sin().mul(2) for k in (3, 5)])
    x = x.reshape(5, 5).to(dtype)
    results = []
    for data in (x, x.to(device)):
        if data.device.type == "wgpu":
            torch.wgpu.reset_stats()
        y = data.requires_grad_()
        found = COMPLEX[name](y)
        real = torch.view_as_real(found) if found.is_complex() else found
        slope = torch.autograd.grad(real.sum(), y)[0] if "zero" not in name else found.detach()
        results.append((found.detach().cpu(), slope.cpu()))
        if data.device.type == "wgpu":
            assert torch.wgpu.stats().fallbacks == {}
    near = 1e-11 if dtype == torch.complex128 else 2e-4
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=near, atol=near, equal_nan=True)


def test_means_of_no_complex_numbers(device):
    real = torch.view_as_real(torch.zeros(0, 3, dtype=torch.complex64, device=device).mean(0))
    assert real.isnan().all()
    assert torch.zeros(0, 3, device=device).mean(0).isnan().all()


@pytest.mark.parametrize("eps", [0.1, 0.5, 0.6, 1.0])
def test_logits_of_clamped_numbers(device, eps):
    # Of bounds that cross the lower one wins where a number is below it.
    x = torch.tensor([0.05, 0.3, 0.55, 0.7, 0.95])
    clamped = [eps if v < eps else min(v, 1 - eps) for v in x.tolist()]
    expected = [math.inf if v == 1 else -math.inf if v == 0 else math.log(v / (1 - v)) for v in clamped]
    assert torch.logit(x.to(device), eps).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "mode"), [((1, 1, 4), "linear"), ((1, 1, 4, 4), "bilinear"), ((1, 1, 4, 4), "bicubic")]
)
def test_infinities_in_images_stay_where_they_are(device, shape, mode):
    x = torch.arange(float(math.prod(shape))).reshape(shape)
    x.flatten()[-1] = math.inf
    y = torch.nn.functional.interpolate(x.to(device), scale_factor=1.7, mode=mode).cpu()
    expected = torch.nn.functional.interpolate(x, scale_factor=1.7, mode=mode)
    torch.testing.assert_close(y, expected, equal_nan=True)
    assert not y.isnan().any() or mode == "bicubic"


def test_pooling_of_truth_values_is_refused(device):
    with pytest.raises(NotImplementedError, match="Bool"):
        torch.nn.functional.max_pool2d(torch.ones(1, 1, 4, 4, dtype=torch.bool, device=device), 2)
