"""Values and gradients at zeros, ties, branch points, infinities and NaN."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

inf, nan = math.inf, math.nan


def gradients(f, *inputs, device="cpu", dtype=torch.float32):
    leaves = [torch.tensor(x, dtype=dtype, device=device, requires_grad=True) for x in inputs]
    f(*leaves).sum().backward()
    return [leaf.grad.tolist() for leaf in leaves]


def same(got, want):
    got, want = torch.tensor(got, dtype=torch.float64), torch.tensor(want, dtype=torch.float64)
    torch.testing.assert_close(got, want, equal_nan=True, rtol=1e-5, atol=1e-7)


def test_angles_at_the_origin(device):
    of_y, of_x = gradients(torch.atan2, [0.0, 0.0, -0.0, 3.0], [0.0, -0.0, 0.0, 4.0], device=device)
    same(of_y, [0, 0, 0, 4 / 25])
    same(of_x, [0, 0, 0, -3 / 25])
    z = torch.zeros(2, dtype=torch.complex64, requires_grad=True)
    z.angle().sum().backward()
    assert z.grad.tolist() == [0, 0]
    # The squared length would underflow, or overflow.
    same(gradients(torch.atan2, [1e-30, 1e30], [0.0, 1e30])[0], [0.0, 5e-31])


def test_powers_of_zero(device):
    base, exponent = [0.0, 0.0, 0.0, 2.0], [-1.0, 0.0, 1.0, 0.0]
    of_base, of_exponent = gradients(torch.pow, base, exponent, device=device)
    same(of_base, [-inf, 0, 1, 0])
    same(of_exponent, [-inf, 0, 0, math.log(2)])
    same(gradients(lambda b: torch.pow(0.0, b), [-1.0, 0.0, 2.0], device=device)[0], [-inf, 0, 0])


def test_complex_exponents_of_negative_bases():
    c = torch.tensor([0.5 + 0.25j], dtype=torch.complex128, requires_grad=True)
    for base in (-1, -torch.ones(1, dtype=torch.float64), torch.tensor([-1 + 0j], dtype=torch.complex128)):
        c.grad = None
        torch.pow(base, c).sum().backward(torch.tensor(1 + 0j, dtype=torch.complex128))
        # conj(y log(-1)) with y = e^(pi i c)
        want = (torch.exp(c.detach() * math.pi * 1j) * math.pi * 1j).conj()
        torch.testing.assert_close(c.grad, want)
    x = torch.tensor([-2.0], dtype=torch.float64, requires_grad=True)
    (x**1j).real.sum().backward()
    # The real part of i x^(i - 1), x = 2 e^(pi i)
    want = (1j * torch.exp((1j - 1) * torch.tensor(math.log(2) + math.pi * 1j, dtype=torch.complex128))).real
    torch.testing.assert_close(x.grad[0], want)


def test_numbers_in_formulas_keep_double_precision():
    x = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    (1j**x).real.sum().backward()
    assert abs(x.grad.item() - (-math.pi / 2) * math.sin(3 * math.pi / 2)) < 1e-15


def test_the_larger_of_equals(device):
    for op in (torch.fmax, torch.fmin):
        of_a, of_b = gradients(op, [1.0, nan, 2.0, 0.0], [1.0, 5.0, nan, 0.0], device=device)
        same(of_a, [0.5, 0, 1, 0.5])
        same(of_b, [0.5, 1, 0, 0.5])


def test_inverse_hyperbolic_cosine_has_the_derivative_of_its_formula():
    same(gradients(torch.acosh, [1.0, 2.0, -1.0, -2.0])[0], [inf, 3**-0.5, inf, 3**-0.5])


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "hardtanh", "relu6", "hardswish"])
def test_activations_pass_on_the_gradient_of_nan(name):
    scale = 1.0507010221481323 if name == "selu" else 1.0
    same(gradients(getattr(torch.nn.functional, name), [nan])[0], [scale])


def test_second_derivatives_of_exponential_units_are_finite():
    x = torch.tensor([-1.0, 0.0, 1e30, inf], requires_grad=True)
    (g,) = torch.autograd.grad(torch.nn.functional.elu(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    same(second.tolist(), [math.exp(-1), 0, 0, 0])


@pytest.mark.parametrize(
    "op", [torch.sign, torch.floor, torch.round, torch.trunc, lambda x: torch.div(x, 2, rounding_mode="floor")]
)
def test_steps_have_no_gradient_even_of_an_infinite_one(op):
    x = torch.tensor([0.5, -1.5], requires_grad=True)
    op(x).backward(torch.full((2,), inf))
    assert x.grad.tolist() == [0, 0]


def test_copied_signs():
    same(gradients(lambda a: torch.copysign(a, -1.0), [inf, -inf, 0.0, 2.0])[0], [-1, 1, 0, -1])


def test_norms_of_order_zero_have_no_gradient(device):
    x = torch.zeros(3, 2, device=device, requires_grad=True)
    assert torch.autograd.grad(x.norm(0, 1).sum(), x, allow_unused=True) == (None,)


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3, 4, inf, -inf])
def test_norms_of_zeros(p, device):
    x = torch.zeros(3, 2, device=device, requires_grad=True)
    (first,) = torch.autograd.grad(x.norm(p, 1).sum(), x, create_graph=True)
    assert first.tolist() == [[0, 0]] * 3
    if first.requires_grad:
        (second,) = torch.autograd.grad(first.sum(), x)
        assert second.isfinite().all()


def test_the_largest_beside_nan_has_no_gradient():
    same(gradients(lambda x: x.norm(inf), [1.0, nan])[0], [0, 0])


@pytest.mark.parametrize("p", [1, 2, 3, inf])
def test_power_pools_over_zeros(p):
    F = torch.nn.functional
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    F.lp_pool2d(x, p, 2).sum().backward()
    F.lp_pool1d(x[0, 0], p, 2).sum().backward()
    assert x.grad.abs().max() <= (1 if p == inf else 0)
    y = torch.tensor([[3.0, -4.0, 1.0, 0.0]])
    want = {1: [-1.0, 1.0], 2: [5.0, 1.0], 3: [nan, 1.0], inf: [4.0, 1.0]}[p]
    same(F.lp_pool1d(y, p, 2)[0].tolist(), want)


def test_rows_that_renorm_keeps():
    same(gradients(lambda x: x.renorm(2, 0, 1.0), [[0.0, 0.0], [nan, 1.0], [0.3, 0.4]])[0], [[1.0, 1.0]] * 3)
    assert torch.cdist(torch.zeros(2, 0), torch.zeros(3, 0), inf).tolist() == [[0, 0, 0]] * 2


def test_spreads_of_constants():
    z = torch.ones(3, dtype=torch.complex64, requires_grad=True)
    z.std().backward()
    assert z.grad.tolist() == [0, 0, 0]


def test_truth_over_no_dims():
    x = torch.tensor([[0, 2], [1, 0]])
    for op in (torch.all, torch.any):
        assert op(x, dim=()).tolist() == [[False, True], [True, False]]
    assert x.all().item() is False


def test_nan_belongs_behind_all():
    row, values = torch.tensor([0.0, 1.0, nan]), torch.tensor([nan, 0.5])
    assert torch.searchsorted(row, values).tolist() == [3, 1]
    assert torch.searchsorted(row, values, right=True).tolist() == [3, 1]
    assert torch.bucketize(torch.tensor(nan), torch.tensor([0.0, 1.0])).item() == 2


def test_65_dimensions():
    x = torch.ones([1] * 65)
    assert (x + 1).exp().sum().item() == pytest.approx(math.exp(2))
    assert torch.where(x > 0, x, 5.0).dim() == 65 and x.nansum().item() == 1
    for name in ("sum", "nansum", "mean", "amax", "std", "prod", "any", "logsumexp", "norm"):
        with pytest.raises(RuntimeError, match="only tensors with up to 64 dims are supported"):
            getattr(torch, name)(x, dim=64)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16])
def test_limits_beyond_the_range_of_integers(dtype):
    x = torch.tensor([0, 1, 5, 100], dtype=dtype)
    assert x.clamp(-1, 1).tolist() == [0, 1, 1, 1]
    assert x.clamp_min(-1).tolist() == x.clamp(max=2**40).tolist() == x.clamp(-(2**40), 300).tolist() == x.tolist()
    assert x.clone().clamp_(-200, 300).tolist() == x.tolist()
    with pytest.raises(RuntimeError, match=r"Clamp min value .* is outside the representable range"):
        x.clamp(min=2**40)
    with pytest.raises(RuntimeError, match=r"Clamp max value .* is outside the representable range"):
        x.clamp_max(-(2**40))


def test_limits_of_two_precisions_are_promoted_together():
    low, high = torch.tensor(0.5), torch.tensor(1.5, dtype=torch.float64)
    assert torch.clamp(torch.tensor([1, 2]), low, high).dtype is torch.float64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_numbers_in_half_precision(dtype):
    x = torch.tensor([3.0, -7.5, 0.7], dtype=dtype)
    tenth, rounded = float(torch.tensor(0.1)), float(torch.tensor(0.1, dtype=dtype))
    for op, number in ((torch.add, rounded), (torch.sub, rounded), (torch.mul, tenth), (torch.div, tenth)):
        want = op(x.double(), number).to(dtype)
        assert torch.equal(op(x, 0.1), want) and torch.equal(op(x, torch.tensor(0.1)), want)
    assert torch.div(torch.ones(1, dtype=dtype), 0.1, rounding_mode="trunc").item() == 10
    count = torch.tensor([2049])
    assert torch.equal(torch.ones(1, dtype=dtype) + count, torch.ones(1, dtype=dtype) + count.to(dtype))


def test_numbers_beyond_half_precision():
    x = torch.full((2,), -60000.0, dtype=torch.float16)
    assert (x + 70000).tolist() == [inf, inf] and (x * 1e-8).abs().max() > 5e-4
    zero, tenth = torch.zeros(1, dtype=torch.float16), torch.full((1,), 0.1, dtype=torch.float16)
    assert torch.lerp(zero, tenth, 70000).item() == 7000


def test_sizes_beside_an_empty_one_may_be_large():
    x = torch.empty(2**40, 0, 2**40)
    assert x.numel() == 0 and x.stride() == (2**40, 2**40, 1) and (x + 1).shape == x.shape
    assert x.sum().item() == 0 and x.transpose(0, 1).contiguous().shape == (0, 2**40, 2**40)


def test_distinct_rows_beside_nan():
    rows = torch.tensor([[1, nan], [nan, 2], [1, nan]])
    values, inverse, counts = torch.unique(rows, dim=0, return_inverse=True, return_counts=True)
    torch.testing.assert_close(values, rows, equal_nan=True)
    assert inverse.tolist() == [0, 1, 2] and counts.tolist() == [1, 1, 1]
    many = torch.arange(40.0).flip(0).unsqueeze(1).repeat(1, 2)
    many[7, 1] = nan
    values, inverse = torch.unique(many.repeat(2, 1), dim=0, return_inverse=True)
    assert values[:32, 0].tolist() == list(range(32)) and values.shape == (41, 2)
    torch.testing.assert_close(values[inverse], many.repeat(2, 1), equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_integral_quotients_of_half_tensors(dtype):
    a, b = torch.tensor([8.5, -7.25, 100.0, 3.0], dtype=dtype), torch.tensor([0.0143, 0.3, 0.7, 0.1], dtype=dtype)
    quotient = (a.float() / b.float()).to(dtype)
    assert torch.equal(torch.div(a, b, rounding_mode="trunc"), quotient.trunc())
    # A number is no tensor: the quotient is cut to an integer first.
    assert torch.equal(torch.div(a, 0.3, rounding_mode="trunc"), (a.float() / 0.3).trunc().to(dtype))
    assert torch.equal(
        torch.add(a, b, alpha=0.3), (a.double() + torch.tensor(0.3, dtype=dtype).double() * b.double()).to(dtype)
    )


@pytest.mark.parametrize("limits", [(float("nan"), 1.0), (-1.0, float("nan"))])
def test_hardtanh_with_a_limit_that_is_nan(limits, device):
    x = torch.tensor([-2.0, 0.0, 3.0], device=device, requires_grad=True)
    y = F.hardtanh(x, *limits)
    y.sum().backward()
    assert y.isnan().all()
    assert x.grad.tolist() == [float(not x < limits[0] and not x > limits[1]) for x in (-2.0, 0.0, 3.0)]
    with pytest.raises(RuntimeError, match="overflow"):
        F.hardtanh(torch.tensor([1, 2]), *limits)
    assert F.hardtanh_(torch.tensor([-2.0, 3.0]), 2.0, 1.0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
@pytest.mark.parametrize(("shape", "dim"), [((0,), None), ((0, 3), 1), ((3, 0), 0), ((3, 0), 1)])
def test_nothing_has_no_quantile(name, shape, dim):
    with pytest.raises(RuntimeError, match="input tensor must be non-empty"):
        getattr(torch, name)(torch.zeros(shape), 0.5, dim)


@pytest.mark.parametrize("zeros", [[1], [0, 3], [2, 3, 4], [4], [0]])
def test_cumprod_at_zeros(zeros):
    values = torch.tensor([[1.5, -2.0, 0.5, 3.0, -1.0]], dtype=torch.float64).repeat(3, 1)
    values[1, zeros] = 0.0
    values[2, zeros[:1]] = 0.0
    weights = torch.arange(1.0, 16, dtype=torch.float64).reshape(3, 5)
    want = torch.zeros_like(values)
    for row in range(3):
        for k in range(5):
            others = values[row].clone()
            others[k] = 1.0
            want[row, k] = (weights[row] * others.cumprod(0))[k:].sum()
    for dim, x, w in ((1, values, weights), (0, values.t(), weights.t())):
        leaf = x.clone().requires_grad_()
        y = (leaf.cumprod(dim) * w).sum()
        # Gradients that are to be differentiated are formed in another way.
        for differentiable in (False, True):
            (grad,) = torch.autograd.grad(y, leaf, retain_graph=True, create_graph=differentiable)
            torch.testing.assert_close(grad.detach(), want if dim == 1 else want.t())


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int8])
def test_points_between_integers_are_cut_from_float64_ones(dtype):
    for start, end, steps in [(0, 7, 50), (4, -3, 50), (-3, 4, 50), (0, 99, 100)]:
        step = (end - start) / (steps - 1)
        want = [int(start + step * i) if i < steps // 2 else int(end - step * (steps - 1 - i)) for i in range(steps)]
        assert torch.linspace(start, end, steps, dtype=dtype).tolist() == want


def test_differences_of_order_zero_leave_out_what_stands_around():
    x, more = torch.ones(2, 3), torch.ones(2, 1)
    assert torch.diff(x, 0, 1, more, more).shape == (2, 3)
    assert torch.diff(x, 1, 1, more, more).shape == (2, 4)
    with pytest.raises(RuntimeError, match="diff expects prepend or append to be the same dimension as input"):
        torch.diff(x, prepend=torch.ones(1))
