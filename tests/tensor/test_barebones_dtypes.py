"""Dtypes with few ops of their own: wide unsigned integers, floats of one byte, complex32.

Right values come from PyTorch and from the definitions of the formats.
"""

from __future__ import annotations

import io
import math
import pickle

import ferrotorch as torch
import numpy as np
import pytest

UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]
FLOAT8 = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]
ALL = [*UNSIGNED, *FLOAT8, torch.complex32]
NUMBERS = torch.tensor([[1.0, 2.0, 4.0], [4.0, 1.0, 2.0]])


def of(dtype, device="cpu"):
    return NUMBERS.to(device).to(dtype)


# ---- conversion

# Mantissa bits, bias, whether there are infinities, codes of NaN.
FORMATS = {
    torch.float8_e4m3fn: (3, 7, False, {0x7F, 0xFF}),
    torch.float8_e5m2: (2, 15, True, {0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF}),
    torch.float8_e4m3fnuz: (3, 8, False, {0x80}),
    torch.float8_e5m2fnuz: (2, 16, False, {0x80}),
}


def decoded(code, mantissa, bias, infinite, nans):
    if code in nans:
        return math.nan
    sign, size = (-1.0 if code & 0x80 else 1.0), code & 0x7F
    exponent, fraction = size >> mantissa, size & ((1 << mantissa) - 1)
    if infinite and exponent == 31:
        return sign * math.inf
    return sign * math.ldexp(fraction + ((1 << mantissa) if exponent else 0), max(exponent, 1) - bias - mantissa)


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_every_code_of_a_byte(dtype):
    codes = torch.arange(256).to(torch.uint8).view(dtype)
    expected = [decoded(code, *FORMATS[dtype]) for code in range(256)]
    for wide in (torch.float32, torch.float64, torch.bfloat16 if dtype is torch.float8_e5m2 else torch.float32):
        np.testing.assert_array_equal(codes.to(wide).double().numpy(), expected)
    assert [math.copysign(1, x) for x in codes.tolist() if x == 0] == [math.copysign(1, x) for x in expected if x == 0]


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_float16_is_rounded_to_the_nearest_code(dtype):
    mantissa, bias, infinite, nans = FORMATS[dtype]
    halves = torch.arange(1 << 16).to(torch.int16).view(torch.float16)
    got = halves.to(dtype).float().double().numpy()
    x = halves.double().numpy()
    grid = np.array(
        sorted({decoded(c, mantissa, bias, infinite, nans) for c in range(128) if c not in nans} - {math.inf})
    )
    size, largest = np.abs(x), grid[-1]
    above = np.clip(np.searchsorted(grid, size), 1, len(grid) - 1)
    low, high = grid[above - 1], grid[above]
    even_is_low = (above - 1) % 2 == 0
    nearest = np.where((size - low < high - size) | ((size - low == high - size) & even_is_low), low, high)
    half_step = (largest - grid[-2]) / 2
    beyond = size >= largest + half_step if len(grid) % 2 == 0 else size > largest + half_step
    overflow = {torch.float8_e4m3fn: largest, torch.float8_e5m2: math.inf}.get(dtype, math.nan)
    expected = np.copysign(np.where(size > largest, np.where(beyond, overflow, largest), nearest), x)
    expected[np.isnan(x)] = math.nan
    np.testing.assert_array_equal(got, expected)


def test_scales_are_powers_of_two():
    codes = torch.arange(256).to(torch.uint8).view(torch.float8_e8m0fnu)
    assert codes.double().tolist()[:255] == [2.0**n for n in range(-127, 128)] and math.isnan(codes[255].item())
    x = torch.tensor([0.0, -1.0, 1.4, 1.5, 3.0, 1e-40, 3e38, math.inf, math.nan])
    assert x.to(torch.float8_e8m0fnu).view(torch.uint8).tolist() == [0, 127, 127, 128, 129, 0, 255, 255, 255]


@pytest.mark.parametrize("wide", [torch.float32, torch.float64])
def test_floats_become_unsigned_integers_as_on_x86(wide):
    x = torch.tensor([-1.5, -0.5, 300.7, 70000.0, 3e9, 5e9, 1e20, math.inf], dtype=wide)
    assert x.to(torch.uint16).tolist() == [65535, 0, 300, 4464, 0, 0, 0, 0]
    # Of what uint32 cannot hold but int64 can, C++ leaves open what it becomes: here it is the low bits.
    assert x.to(torch.uint32).tolist() == [2**32 - 1, 0, 300, 70000, 3000000000, 5000000000 % 2**32, 0, 0]
    assert x.to(torch.uint64).tolist() == [2**64 - 1, 0, 300, 70000, 3000000000, 5000000000, 0, 0]
    assert torch.tensor([math.nan], dtype=wide).to(torch.uint64).tolist() == [2**63]


def test_integers_wrap():
    x = torch.tensor([-1, -70000, 70000, 2**40 + 3, -(2**63), 2**63 - 1])
    for dtype in UNSIGNED:
        bits = 8 * dtype.itemsize
        wrapped = [n % 2**bits for n in x.tolist()]
        assert x.to(dtype).tolist() == wrapped
        assert x.to(dtype).to(torch.float64).tolist() == [float(n) for n in wrapped]
        assert x.to(dtype).to(torch.int64).tolist() == [n - 2**64 if n >= 2**63 else n for n in wrapped]
    assert torch.tensor([65535], dtype=torch.uint16).half().item() == math.inf
    assert x[:1].to(torch.uint64).to(torch.uint16).item() == 65535


@pytest.mark.parametrize("dtype", ALL, ids=str)
@pytest.mark.parametrize(
    "other", [torch.bool, torch.uint8, torch.int64, torch.bfloat16, torch.float64, torch.complex64, *ALL], ids=str
)
def test_from_and_to_every_dtype(dtype, other):
    expected = NUMBERS.to(torch.complex128)
    if torch.bool in (dtype, other):
        expected = torch.ones_like(expected)
    assert torch.equal(of(dtype).to(other).to(torch.complex128), expected)
    assert torch.equal(of(dtype).t().to(other).to(torch.complex128), expected.t())


def test_round_trip_of_weights():
    weight = torch.tensor([0.1, -3.3, 500.0, 1e-4])
    assert weight.to(torch.float8_e4m3fn).to(torch.float32).tolist() == [0.1015625, -3.25, 448.0, 0.0]
    assert weight.to(torch.float8_e5m2).to(torch.float32).tolist() == [0.09375, -3.5, 512.0, 1.75 * 2**-14]


# ---- what a dtype is


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_facts(dtype):
    x = of(dtype)
    assert x.is_floating_point() == (dtype in FLOAT8) and x.is_complex() == (dtype is torch.complex32)
    assert x.is_signed() == (dtype not in UNSIGNED and dtype is not torch.float8_e8m0fnu)
    assert pickle.loads(pickle.dumps(dtype)) is dtype and x.element_size() == dtype.itemsize
    name = str(dtype)[6:].replace("uint", "UInt").replace("float", "Float").replace("complex32", "ComplexHalf")
    assert x.type() == f"torch.{name}Tensor"


def test_limits():
    assert [torch.iinfo(d).max for d in UNSIGNED] == [2**16 - 1, 2**32 - 1, 2**64 - 1]
    assert torch.finfo(torch.complex32).dtype == "float16" and torch.finfo(torch.float8_e4m3fn).max == 448.0
    assert torch.chalf is torch.complex32 and torch.complex32.to_real() is torch.float16
    assert torch.float16.to_complex() is torch.complex32
    with pytest.raises(RuntimeError, match="Unknown Complex ScalarType for UInt16"):
        torch.uint16.to_complex()


# ---- making


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_making(dtype):
    for made in (
        torch.ones(2, dtype=dtype),
        torch.full((2,), 1, dtype=dtype),
        torch.empty(2, dtype=dtype).fill_(1),
        torch.tensor([1, 1], dtype=dtype),
    ):
        assert made.dtype is dtype and made.tolist() == [1, 1]
    assert torch.zeros_like(of(dtype)).shape == (2, 3)


@pytest.mark.parametrize("dtype", UNSIGNED, ids=str)
def test_numbers_that_do_not_fit(dtype):
    largest = torch.iinfo(dtype).max
    assert torch.full((1,), largest, dtype=dtype).item() == largest == torch.tensor([largest], dtype=dtype).item()
    assert torch.full((1,), -1, dtype=dtype).item() == largest
    with pytest.raises(RuntimeError, match=f"cannot be converted to type uint{8 * dtype.itemsize}_t without overflow"):
        torch.full((1,), -1.5, dtype=dtype)


def test_small_floats_saturate_when_filled():
    assert torch.full((1,), 1e30, dtype=torch.float8_e4m3fn).item() == 448.0
    assert torch.full((1,), 1e30, dtype=torch.float8_e5m2).item() == math.inf
    with pytest.raises(RuntimeError, match="c10::complex<c10::Half>"):
        torch.full((1,), 70000, dtype=torch.complex32)


def test_random_numbers():
    torch.manual_seed(0)
    drawn = torch.randint(0, 60000, (1000,), dtype=torch.uint16)
    torch.manual_seed(0)
    assert torch.equal(drawn.long(), torch.randint(0, 60000, (1000,)))
    assert torch.randn(5, dtype=torch.complex32).real.dtype is torch.float16
    with pytest.raises(NotImplementedError, match="not implemented for 'Float8_e4m3fn'"):
        torch.rand(3, dtype=torch.float8_e4m3fn)


# ---- exchange


@pytest.mark.parametrize("dtype", UNSIGNED, ids=str)
def test_numpy_shares_memory(dtype):
    array = np.arange(6, dtype=str(dtype)[6:]).reshape(2, 3)
    tensor = torch.from_numpy(array)
    tensor[0, 0] = 9
    assert array[0, 0] == 9 and tensor.dtype is dtype and tensor.t().numpy().strides == array.T.strides
    assert torch.tensor(np.ones(2, array.dtype)).dtype is dtype


@pytest.mark.parametrize("dtype", [*FLOAT8, torch.complex32], ids=str)
def test_numpy_has_no_such_dtype(dtype):
    with pytest.raises(TypeError, match="Got unsupported ScalarType"):
        of(dtype).numpy()


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_exchange_and_files(dtype, tmp_path):
    x = of(dtype)
    assert torch.equal(torch.from_dlpack(x).view(torch.uint8), x.view(torch.uint8))
    assert torch.frombuffer(bytearray(8), dtype=dtype).numel() == 8 // dtype.itemsize
    buffer = io.BytesIO()
    torch.save({"w": x.t(), "d": dtype}, buffer)
    buffer.seek(0)
    loaded = torch.load(buffer)
    assert loaded["d"] is dtype and loaded["w"].dtype is dtype and loaded["w"].stride() == x.t().stride()
    assert torch.equal(loaded["w"].to(torch.complex64), x.t().to(torch.complex64))
    assert torch.equal(pickle.loads(pickle.dumps(x)).to(torch.complex64), x.to(torch.complex64))
    if dtype is not torch.complex32:
        from ferrotorch.utils import safetensors

        safetensors.save_file({"w": x}, tmp_path / "w.safetensors")
        assert safetensors.load_file(tmp_path / "w.safetensors")["w"].dtype is dtype


def test_weights_in_a_state_dict():
    layer = torch.nn.Linear(3, 2, bias=False)
    layer.weight = torch.nn.Parameter(of(torch.float8_e4m3fn), requires_grad=False)
    other = torch.nn.Linear(3, 2, bias=False)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other.weight, NUMBERS) and layer.to(torch.float32).weight.dtype is torch.float32


# ---- printing


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        (torch.uint16, "tensor([[1, 2, 4],\n        [4, 1, 2]], dtype=torch.uint16)"),
        (torch.float8_e4m3fn, "tensor([[1., 2., 4.],\n        [4., 1., 2.]], dtype=torch.float8_e4m3fn)"),
        (
            torch.complex32,
            "tensor([[1.+0.j, 2.+0.j, 4.+0.j],\n        [4.+0.j, 1.+0.j, 2.+0.j]], dtype=torch.complex32)",
        ),
    ],
)
def test_printing(dtype, text):
    assert repr(of(dtype)) == text
    assert isinstance(of(dtype)[0, 1].item(), {torch.uint16: int, torch.complex32: complex}.get(dtype, float))


# ---- moving


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_elements_move(dtype, device):
    x = of(dtype, device)
    places = torch.tensor([[1], [0]], device=device)
    moves = [
        lambda t: t.clone(), lambda t: t.t().contiguous(), lambda t: torch.cat([t, t]), lambda t: torch.stack([t, t]),
        lambda t: t[places[:, 0]], lambda t: t[t.to(torch.float32) > 1], lambda t: t.repeat(2, 2),
        lambda t: t.roll(1, 0), lambda t: t.index_select(1, places[:, 0]), lambda t: t.gather(1, places),
        lambda t: torch.where(t.to(torch.float32) > 1, t, t.flip(0)), lambda t: t.diagonal(),
        lambda t: torch.nn.functional.pad(t, (1, 1), value=1), lambda t: t.index_put((places[1],), t[1:]),
        lambda t: t.scatter(1, places, t[:, :1]),
    ]  # fmt: skip
    for move in moves:
        got = move(x)
        assert got.dtype is dtype and torch.equal(
            got.to(torch.complex64).cpu(), move(NUMBERS.to(device)).to(torch.complex64).cpu()
        )


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_writing(dtype, device):
    x = of(dtype, device)
    x[0, 0], x[1] = 2, of(dtype, device)[0]
    x[:, 2] = 1
    assert x.tolist() == [[2, 2, 1], [1, 2, 1]]
    assert x.copy_(torch.full((2, 3), 4.0)).tolist() == [[4, 4, 4], [4, 4, 4]]


# ---- ops


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_equality(dtype):
    x = of(dtype)
    assert (x == x.flip(1)).tolist() == [[False, True, False], [False, True, False]]
    assert (x == 2).tolist() == [[False, True, False], [False, False, True]] and (x != x).any().item() is False
    assert x.isnan().any().item() is False and x.isfinite().all().item() is True and bool(x.all())
    assert torch.equal(x, x.clone())


@pytest.mark.parametrize("dtype", UNSIGNED, ids=str)
def test_ops_of_unsigned_integers(dtype):
    top = torch.iinfo(dtype).max
    a, b = torch.tensor([top, 5, 2], dtype=dtype), torch.tensor([3, 7, 2], dtype=dtype)
    assert (a * b).tolist() == [(top * 3) % (top + 1), 35, 4] and (a * 2).dtype is dtype
    assert torch.maximum(a, b).tolist() == [top, 7, 2] and torch.fmin(a, b).tolist() == [3, 5, 2]
    assert (a & b).tolist() == [3, 5, 2] and (a | 8).tolist() == [top, 13, 10] and (a ^ b).tolist() == [top - 3, 2, 0]
    assert (
        a.clamp(3, 6).tolist() == [6, 5, 3]
        and a.clamp_max(top).tolist() == [top, 5, 2]
        and a.relu().tolist() == a.tolist()
    )
    assert a.sort().values.tolist() == [2, 5, top] and a.argsort(descending=True).tolist() == [0, 1, 2]
    assert torch.unique(torch.cat([a, b])).tolist() == sorted({top, 5, 2, 3, 7})
    assert b.sum().item() == 12 and b.sum().dtype is torch.int64 and b.cumsum(0).tolist() == [3, 10, 12]
    assert (
        (b / 2).tolist() == [1.5, 3.5, 1.0]
        and b.sqrt().dtype is torch.float32
        and b.mean(dtype=torch.float32).item() == 4
    )
    assert b.floor().dtype is dtype and not b.signbit().any() and (b + 1.5).dtype is torch.float32
    assert torch.zeros(3, dtype=dtype).index_add(0, torch.tensor([0, 0, 1]), b).tolist() == [10, 2, 0]


@pytest.mark.parametrize("dtype", FLOAT8[:4], ids=str)
def test_ops_of_small_floats(dtype):
    x = torch.tensor([-1.5, 2.0, 0.25]).to(dtype)
    rounded = 2.0 if "e5m2" in str(dtype) else 2.25
    assert (x * x).tolist() == [rounded, 4.0, 0.0625] and (x * 2).tolist() == [-3.0, 4.0, 0.5]
    assert x.abs().tolist() == [1.5, 2.0, 0.25] and x.sum(dtype=torch.float32).item() == 0.75
    product = torch.tensor([[21.0, 14.0], [14.0, 21.0]]).to(dtype)
    assert torch.equal((of(dtype) @ of(dtype).t()).float(), product.float())


def test_ops_of_complex32():
    z = torch.tensor([1 + 2j, -3j], dtype=torch.complex32)
    assert (z * z).tolist() == [-3 + 4j, -9] and (z + 1).tolist() == [2 + 2j, 1 - 3j] and (-z).tolist() == [-1 - 2j, 3j]
    assert z.abs().dtype is torch.float16 and torch.view_as_real(z).tolist() == [[1, 2], [0, -3]]
    assert z.conj().tolist() == [1 - 2j, 3j] and z.imag.tolist() == [2, -3] and (z == z).all()
    half = torch.ones(2, dtype=torch.float16)
    assert (half * 1j).dtype is torch.complex32 and torch.complex(half, half).tolist() == [1 + 1j, 1 + 1j]
    assert torch.view_as_complex(torch.ones(3, 2, dtype=torch.float16)).dtype is torch.complex32


@pytest.mark.parametrize(
    ("op", "stub"),
    [
        (lambda x: x + x, "add_stub"), (lambda x: x - 1, "add_stub"), (lambda x: -x, "neg_cpu"),
        (lambda x: x < x, "lt_cpu"),
        (lambda x: x**2, "pow"), (lambda x: x // x, "div_floor_cpu"), (lambda x: x % x, "remainder_cpu"),
        (lambda x: torch.logical_and(x, x), "logical_and_cpu"), (lambda x: x.frac(), "frac_cpu"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint64, torch.float8_e5m2], ids=str)
def test_refused(op, stub, dtype):
    name = str(dtype)[6:].replace("uint", "UInt").replace("float", "Float")
    with pytest.raises(NotImplementedError, match=f"^\"{stub}\" not implemented for '{name}'$"):
        op(of(dtype))


# ---- promotion


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        (torch.complex32, torch.int64, torch.complex32), (torch.complex32, torch.float16, torch.complex32),
        (torch.complex32, torch.bfloat16, torch.complex64), (torch.complex32, torch.float64, torch.complex128),
        (torch.complex32, torch.complex64, torch.complex64), (torch.uint16, torch.bfloat16, torch.bfloat16),
        (torch.uint64, torch.float64, torch.float64), (torch.float8_e5m2, torch.float8_e5m2, torch.float8_e5m2),
    ],
)  # fmt: skip
def test_promotion(a, b, both):
    assert torch.promote_types(a, b) is both is torch.promote_types(b, a)


@pytest.mark.parametrize(
    ("a", "b", "what"),
    [
        (
            torch.uint16,
            torch.uint8,
            "uint16, uint32, uint64 types is not supported, attempted to promote UInt16 and Byte",
        ),
        (
            torch.uint32,
            torch.complex64,
            "uint16, uint32, uint64 types is not supported, attempted to promote UInt32 and ComplexFloat",
        ),
        (
            torch.float8_e4m3fn,
            torch.float32,
            "Float8 Types is not supported, attempted to promote Float8_e4m3fn and Float",
        ),
        (torch.uint16, torch.float8_e5m2, "Float8 Types is not supported, attempted to promote UInt16 and Float8_e5m2"),
    ],
)
def test_no_promotion(a, b, what):
    for call in (lambda: torch.promote_types(a, b), lambda: of(a) == of(b), lambda: torch.cat([of(a), of(b)])):
        with pytest.raises(RuntimeError, match=f"^Promotion for {what}$"):
            call()


def test_numbers_count_by_category():
    assert (
        torch.result_type(of(torch.uint16), 1) is torch.uint16
        and torch.result_type(of(torch.uint16), 1.5) is torch.float32
    )
    assert torch.result_type(of(torch.float8_e5m2), 1.5) is torch.float8_e5m2
    assert torch.result_type(torch.ones(1, dtype=torch.float16), 1j) is torch.complex32
    with pytest.raises(RuntimeError, match="Unknown Complex ScalarType for Float8_e5m2"):
        torch.result_type(of(torch.float8_e5m2), 1j)
