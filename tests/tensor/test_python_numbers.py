"""Python's types as dtypes, and Python's numbers where a dtype cannot hold them."""

import math

import ferrotorch as torch
import numpy as np
import pytest

F = torch.nn.functional
HUGE = 2**63
PYTHON_TYPES = [(float, torch.float64), (complex, torch.complex128), (int, torch.int64), (bool, torch.bool)]
TAKE_A_DTYPE = [
    lambda dtype: torch.zeros(2, dtype=dtype),
    lambda dtype: torch.ones_like(torch.ones(2), dtype=dtype),
    lambda dtype: torch.full((2,), 1, dtype=dtype),
    lambda dtype: torch.ones(2).new_ones(2, dtype=dtype),
    lambda dtype: torch.tensor([1, 0], dtype=dtype),
    lambda dtype: torch.as_tensor(np.ones(2), dtype=dtype),
    lambda dtype: torch.asarray([1.0], dtype=dtype),
    lambda dtype: torch.ones(2).to(dtype),
    lambda dtype: torch.ones(2).to("cpu", dtype),
    lambda dtype: torch.frombuffer(bytearray(16), dtype=dtype),
]


@pytest.mark.parametrize(("python", "own"), PYTHON_TYPES)
@pytest.mark.parametrize("make", TAKE_A_DTYPE)
def test_a_python_type_names_the_dtype_of_its_precision(python, own, make):
    assert make(python).dtype == own


def test_python_types_where_only_floats_make_sense():
    x = torch.ones(2)
    for result in (
        x.sum(dtype=float),
        x.softmax(0, dtype=float),
        x.cumsum(0, dtype=float),
        torch.hann_window(3, dtype=float),
    ):
        assert result.dtype == torch.float64
    assert torch.rand(1, dtype=float).dtype == torch.linspace(0, 1, 2, dtype=float).dtype == torch.float64
    assert (
        torch.nn.Linear(2, 2).to(float).weight.dtype == torch.nn.Linear(2, 2, dtype=float).weight.dtype == torch.float64
    )
    assert torch.finfo(float).bits == torch.iinfo(int).bits == 64
    assert torch.promote_types(float, torch.float32) == torch.float64
    with pytest.raises(TypeError, match="invalid dtype object"):
        torch.set_default_dtype(float)


def test_type_takes_tensor_types_but_no_python_types():
    x = torch.tensor([1])
    assert (
        x.type(torch.Tensor).dtype == x.type("torch.Tensor").dtype == x.type(torch.FloatTensor).dtype == torch.float32
    )
    for wrong in (float, int):
        with pytest.raises(ValueError, match="invalid type"):
            x.type(wrong)
    with pytest.raises(TypeError, match="must be a type, str, or dtype"):
        x.type(3)


@pytest.mark.parametrize("value", [HUGE, HUGE + 4711, 2**64 - 1, 2**64, 10**21, -HUGE - 1])
def test_integers_beyond_int64_become_floats_or_are_refused(value):
    for data in (value, [value], [[value]], (value,), [True, value]):
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            torch.tensor(data)
    assert torch.tensor([value], dtype=torch.float64).tolist() == [float(value)]
    assert torch.tensor([1.5, value]).tolist() == [1.5, torch.tensor(float(value)).item()]
    assert torch.tensor([value, 1j]).tolist() == [torch.tensor(float(value)).item(), 1j]
    assert torch.tensor(value, dtype=torch.bool).item() is True


@pytest.mark.parametrize("value", [HUGE, 2**64 - 1])
def test_unsigned_numbers_keep_their_value_among_floats(device, value):
    x, f = torch.ones(2, device=device), float(value)
    results = [
        x * value, value * x, x + value, value - x, value / x, torch.full_like(x, value),
        x.clone().fill_(value),
        torch.full((2,), value, dtype=torch.float32), x.clamp(min=value), torch.where(x > 0, value, x),
        x.masked_fill(x > 0, value), torch.pow(value, x), F.pad(x[:0], (1, 1), value=value),
    ]  # fmt: skip
    for i, result in enumerate(results):
        assert result.tolist() == pytest.approx([f, f], rel=1e-6), i
    assert (x < value).all()
    assert not (x > value).any()
    assert not (x == value).any()
    x[0] = value
    assert x[0] == f
    assert torch.arange(HUGE, HUGE + 4096, 2048, dtype=torch.float64).tolist() == [float(HUGE), float(HUGE + 2048)]


def test_unsigned_numbers_and_integers():
    x = torch.tensor([1, 3])
    # Masks such as 0xffffffffffffffff are bits.
    assert (x & (2**64 - 1)).tolist() == [1, 3]
    assert (x * HUGE).tolist() == [-HUGE, -HUGE]
    assert x.clamp(max=HUGE).tolist() == [1, 3]
    refused = [
        lambda: torch.full((1,), HUGE), lambda: x.fill_(HUGE), lambda: torch.full_like(x, HUGE),
        lambda: torch.arange(HUGE, HUGE + 2),
        lambda: x.masked_fill(x > 0, HUGE), lambda: torch.where(x > 0, x, HUGE), lambda: torch.where(x > 0, HUGE, 1),
        lambda: torch.tensor([True]) * HUGE, lambda: torch.linspace(0, HUGE, 3, dtype=torch.int64),
    ]  # fmt: skip
    for call in refused:
        with pytest.raises(RuntimeError, match="cannot be converted to type int64_t without overflow"):
            call()
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        x[0] = HUGE


@pytest.mark.parametrize("value", [2**64, 10**400, -HUGE - 1])
def test_numbers_of_ops_end_at_two_to_the_sixty_four(value):
    x = torch.ones(1)
    for call in (
        lambda: x * value,
        lambda: value + x,
        lambda: x < value,
        lambda: x.fill_(value),
        lambda: torch.clamp(x, value),
    ):
        with pytest.raises(OverflowError):
            call()
    with pytest.raises(ValueError, match="Overflow when unpacking"):
        x.sum(value)
    with pytest.raises(ValueError, match="Overflow when unpacking"):
        x[value]
    with pytest.raises(TypeError, match="failed to unpack the object at pos 1"):
        torch.zeros(value)


def test_parameters_that_are_floats_take_integers_of_any_size():
    x = torch.ones(1)
    assert torch.isclose(x, x + 1, rtol=10**21).item()
    assert torch.nan_to_num(x / 0, posinf=10**21).item() == pytest.approx(1e21)
    assert F.pad(x, (1, 0), value=10**21).tolist() == pytest.approx([1e21, 1.0])
    with pytest.raises(OverflowError, match="int too large to convert to float"):
        torch.isclose(x, x, rtol=10**400)


def test_bounds_of_slices_are_clipped():
    x = torch.arange(3)
    assert x[: 2**63].tolist() == x[-(2**70) :].tolist() == [0, 1, 2]
    assert x[2**70 :].tolist() == []
    assert torch.ones(3, 3)[0 : 2**70, -HUGE:HUGE].shape == (3, 3)


def test_complex_numbers_are_no_floats():
    x = torch.ones(3)
    for call in (lambda: F.leaky_relu(x, 2j), lambda: torch.isclose(x, x, atol=1j), lambda: F.pad(x, (1, 1), value=1j)):
        with pytest.raises(TypeError, match="must be float, not complex"):
            call()


def test_a_tensor_with_a_gradient_is_no_number():
    x, factor = torch.ones(3), torch.tensor(2.0, requires_grad=True)
    calls = [
        lambda: torch.add(x, x, alpha=factor), lambda: torch.addcmul(x, x, x, value=factor),
        lambda: torch.isclose(x, x, rtol=factor), lambda: torch.arange(0, factor),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError):
            call()
    assert torch.addcmul(x, x, x, value=factor.detach()).tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("dtype", "value"), [(torch.float16, 70000.0), (torch.float16, -60000 * 2.0), (torch.bfloat16, 3.4e38)]
)
def test_what_is_beyond_a_half_type_is_stored_as_infinity(device, dtype, value):
    x, want = torch.ones(2, dtype=dtype, device=device), [math.copysign(math.inf, value)] * 2
    stores = [
        torch.full((2,), value, dtype=dtype),
        torch.full_like(x, value),
        x.new_full((2,), value),
        x.clone().fill_(value),
    ]
    assert all(result.tolist() == want for result in stores)
    x[:] = value
    assert x.tolist() == want
    assert torch.scalar_tensor(value, dtype=dtype).item() == want[0]
    for call in (
        lambda: x.masked_fill(x > 0, value),
        lambda: torch.add(x, x, alpha=value),
        lambda: x.index_fill(0, torch.tensor([0], device=device), value),
    ):
        with pytest.raises(RuntimeError, match="cannot be converted to type c10::"):
            call()


def test_sums_of_half_types_see_a_number_as_the_half_type_holds_it(device):
    low = torch.full((2,), -60000.0, dtype=torch.float16, device=device)
    for other in (
        70000,
        70000.0,
        torch.tensor(70000.0),
        torch.tensor(70000.0, dtype=torch.float64),
        torch.tensor([70000, 70000]),
    ):
        other = other.to(device) if isinstance(other, torch.Tensor) else other
        assert (low + other).tolist() == (other + low).tolist() == [math.inf] * 2
    tenth = torch.full((2,), 0.1, dtype=torch.float16, device=device)
    assert (
        (tenth - 0.1).tolist() == (tenth - torch.tensor(0.1, dtype=torch.float64, device=device)).tolist() == [0.0, 0.0]
    )
    many = torch.tensor([2049, 2051], device=device)
    assert (torch.ones(2, dtype=torch.float16, device=device) + many).tolist() == [2048.0, 2052.0]


def test_products_and_quotients_of_half_types_see_the_number_itself(device):
    x = torch.full((2,), 60000.0, dtype=torch.float16, device=device)
    assert (x * 1e-9).tolist() == pytest.approx([6e-5] * 2, rel=1e-3)
    assert (x / 80000.0).tolist() == [0.75] * 2
    assert torch.lerp(x, x, 70000.0).tolist() == [60000.0] * 2
    tenth, one = (
        torch.tensor([0.1], dtype=torch.float16, device=device),
        torch.ones(1, dtype=torch.float16, device=device),
    )
    # 0.1 lies above its float16, so it is contained 0 times in that and 9 times in 1.
    assert (torch.cat([tenth, one]) // 0.1).tolist() == [0.0, 9.0]


def test_limits_outside_of_an_integer_dtype_limit_nothing_or_are_refused():
    byte, char = torch.tensor([5, 200], dtype=torch.uint8), torch.tensor([-5, 100], dtype=torch.int8)
    assert byte.clamp(max=300).tolist() == byte.clamp(-1, 300).tolist() == byte.clamp_max(300).tolist() == [5, 200]
    assert char.clamp(0, 255).tolist() == [0, 100]
    assert char.clone().clamp_(-1000).tolist() == [-5, 100]
    for call in (
        lambda: byte.clamp(min=300),
        lambda: byte.clamp_max(-1),
        lambda: torch.ones(1, dtype=torch.int64).clamp(min=HUGE),
    ):
        with pytest.raises(RuntimeError, match="is outside the representable range of"):
            call()
    with pytest.raises(RuntimeError, match="cannot be converted"):
        torch.ones(1).clamp(1j)


def test_input_and_limits_are_promoted_together():
    single, double = torch.tensor(0.5), torch.tensor(1.5, dtype=torch.float64)
    assert torch.clamp(torch.tensor([1, 2]), single, double).dtype == torch.float64
    assert torch.clamp(torch.tensor([1, 2]), double, single).dtype == torch.float64
    assert torch.clamp(torch.tensor([1, 2]), 0.5, double).tolist() == [1.0, 1.5]
    assert torch.clamp(torch.ones(2), single, double).dtype == torch.float32


@pytest.mark.parametrize("shape", [(2,), ()])
def test_complex_numbers_over_half_tensors_are_complex32(shape):
    x = torch.full(shape, 4.0, dtype=torch.float16)
    quotient = 2j / x
    assert quotient.dtype is torch.complex32
    assert quotient.to(torch.complex64).tolist() == torch.full(shape, 0.5j).tolist()
    assert (2j / x.float()).dtype is torch.complex64
    assert (2.0 / x).dtype is torch.float16
    with pytest.raises(NotImplementedError):
        x / 2j
