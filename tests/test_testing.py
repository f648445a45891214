"""`torch.testing`: `assert_close` and `make_tensor`."""

import math

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.testing import assert_close, make_tensor

T = torch.tensor


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (T([1.0, 2.0]), T([1.0, 2.0 + 1e-6])),
        (T([1.0 + 1e-3], dtype=torch.bfloat16), T([1.0], dtype=torch.bfloat16)),
        (T([1, 2]), T([1, 2])),
        (T([]), T([])),
        (1.0, 1.0 + 1e-9),
        ([T(1.0), {"a": 2}], [T(1.0), {"a": 2}]),
        (np.ones(2), np.ones(2)),
        (T([True]), T([True])),
        (T([1j]), T([1j])),
        (T(float("inf")), T(float("inf"))),
        (None, None),
    ],
)
def test_close(actual, expected):
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (T([1.0, 2.0, 5.0]), T([1.0, 2.0, 4.0]), r"Mismatched elements: 1 / 3 \(33.3%\)\n.*1.0 at index \(2,\)"),
        (
            T([[1, 2], [3, 4]]),
            T([[1, 2], [5, 4]]),
            r"not equal!\n\n.*\nGreatest absolute difference: 2 at index \(1, 0\)",
        ),
        (T(1.0), T(2.0), "Scalars are not close!\n\nExpected 2.0 but got 1.0"),
        (T([1.0]), T([1.0, 1.0]), r"'shape' do not match: torch.Size\(\[1\]\) != torch.Size\(\[2\]\)"),
        (T([1.0]), T([1.0], dtype=torch.float64), "'dtype' do not match: torch.float32 != torch.float64"),
        (T([float("nan")]), T([float("nan")]), "not close"),
        ([1, [2, 3]], [1, [2, 4]], r"Expected 4 but got 3.*\n(.*\n)*The failure occurred for item \[1\]\[1\]"),
        ({"a": 1}, {"b": 1}, r"Missing keys in the actual mapping: \['b'\]"),
        (None, 1, "None mismatch: None is not 1"),
        ([1], [1, 2], "length of the sequences mismatch: 1 != 2"),
    ],
)
def test_different(actual, expected, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(actual, expected)


def test_options():
    assert_close(T([1.0]), T([1.1]), rtol=0.2, atol=0.0)
    assert_close(T([float("nan")]), T([float("nan")]), equal_nan=True)
    assert_close(T([1]), T([1.0]), check_dtype=False)
    with pytest.raises(AssertionError, match="stride"):
        assert_close(torch.ones(2, 2), torch.ones(2, 2).t(), check_stride=True)
    with pytest.raises(AssertionError, match=r"^mine: Scalars"):
        assert_close(1, 2, msg=lambda text: f"mine: {text}")
    with pytest.raises(ValueError, match="Both"):
        assert_close(1.0, 1.0, rtol=1.0)
    with pytest.raises(TypeError, match="No comparison"):
        assert_close(T([1.0]), "a")


DTYPES = [
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
    torch.float32, torch.float64, torch.complex64, torch.complex128,
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_made_tensors_fill_their_interval(dtype):
    torch.manual_seed(0)
    x = make_tensor((40, 30), dtype=dtype, device="cpu")
    assert x.dtype == dtype and x.shape == (40, 30) and x.is_contiguous() and not x.requires_grad
    values = (torch.view_as_real(x) if dtype.is_complex else x).double()
    low = 0 if dtype in (torch.bool, torch.uint8) else -9
    high = 1 if dtype is torch.bool else 9
    assert low <= values.min() < low + 0.2 and high - 0.2 < values.max() <= high
    if dtype is not torch.bool:
        values = make_tensor(1000, dtype=dtype, device="cpu", low=2, high=5)
        values = (torch.view_as_real(values) if dtype.is_complex else values).double()
        assert values.min() >= 2 and values.max() <= 5
        assert dtype.is_floating_point or dtype.is_complex or set(values.tolist()) == {2.0, 3.0, 4.0}


@pytest.mark.parametrize("dtype", DTYPES)
def test_made_tensors_take_bounds_from_the_dtype(dtype):
    x = make_tensor(100, dtype=dtype, device="cpu", low=-math.inf, high=math.inf)
    assert x.isfinite().all() and len(set(x.tolist())) > (1 if dtype is torch.bool else 50)
    x = make_tensor(2, 300, dtype=dtype, device="cpu", low=0, high=2, exclude_zero=True, noncontiguous=True)
    assert x.shape == (2, 300) and not x.is_contiguous() and x.storage_offset() == 1 and (x != 0).all()


def test_made_tensors_options():
    x = make_tensor(
        2, 3, 4, 5, dtype=torch.float32, device="cpu", memory_format=torch.channels_last, requires_grad=True
    )
    assert x.stride() == (60, 1, 15, 3) and x.requires_grad and x.is_leaf
    assert make_tensor((), dtype=torch.int64, device="cpu", noncontiguous=True).shape == ()
    assert make_tensor(0, dtype=torch.float32, device="cpu", noncontiguous=True).shape == (0,)
    with pytest.warns(FutureWarning, match="low==high"):
        assert make_tensor(2, dtype=torch.float32, device="cpu", low=3, high=3).tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 3, "high": 3}, "`low` must be less than `high`"),
        ({"low": math.nan}, "cannot be NaN"),
        ({"low": 300, "high": 400}, r"is \[300, 400\), but torch.uint8 only supports \[0, 256\)"),
        ({"requires_grad": True}, "is not supported for boolean and integral dtypes"),
        ({"noncontiguous": True, "memory_format": torch.contiguous_format}, "are mutually exclusive"),
    ],
)
def test_tensors_that_cannot_be_made(options, message):
    with pytest.raises(ValueError, match=message):
        make_tensor(2, dtype=torch.uint8, device="cpu", **options)


def test_numbers_of_different_types_differ():
    with pytest.raises(AssertionError, match=r"The \(d\)types do not match"):
        torch.testing.assert_close(1, 1.0)
    torch.testing.assert_close(1, 1.0, check_dtype=False)


def test_differences_are_those_of_the_dtype():
    with pytest.raises(AssertionError, match=r"relative difference: 0\.20000000298023224 at"):
        torch.testing.assert_close(torch.tensor([2.0]), torch.tensor([2.5]))


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (True, False, "^Booleans mismatch: True is not False$"),
        (np.bool_(False), True, "^Booleans mismatch: False is not True$"),
        ([True, [False]], [True, [True]], "^Booleans mismatch: False is not True\n\nThe failure .* \\[1\\]\\[0\\]$"),
        (True, 1, r"The \(d\)types do not match"),
        (T([True, False]), T([True, True]), r"^Tensor-likes are not equal!\n\nMismatched elements: 1 / 2 \(50.0%\)\n"),
        (T(True), T(False), "^Scalars are not equal!\n\nExpected False but got True.\nAbsolute difference: 1\n"),
        (np.float64(1), 2.0, "^Scalars are not close!\n\nExpected 2.0 but got 1.0."),
        (np.int64(1), 2, "^Scalars are not equal!\n\nExpected 2 but got 1.\nAbsolute difference: 1\n"),
    ],
)
def test_truth_values_and_numbers_of_numpy(actual, expected, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(actual, expected)
    assert_close(actual, actual)
    assert_close(np.float32(0.5), 0.5)


def quantized(scale=0.1, zero_point=3, dtype=torch.quint8, change=0.0):
    x = torch.linspace(0, 1, 6)
    x[2] += change
    return torch.quantize_per_tensor(x, scale, zero_point, dtype)


def test_quantized_tensors_are_compared_by_their_numbers():
    assert_close(quantized(), quantized())
    assert_close(quantized(), quantized(0.2))
    assert_close(quantized(), quantized(zero_point=4))
    for other, message in (
        (quantized(change=0.5), r"Quantized tensor-likes are not close!\n\nMismatched elements: 1 / 6"),
        (quantized(dtype=torch.qint8), "'dtype' do not match: torch.quint8 != torch.qint8"),
        (torch.linspace(0, 1, 6), "'is_quantized' do not match: True != False"),
        (
            torch.quantize_per_channel(torch.linspace(0, 1, 6), torch.ones(6), torch.zeros(6).long(), 0, torch.quint8),
            r"'qscheme\(\)' do not match: ",
        ),
    ):
        with pytest.raises(AssertionError, match=message):
            assert_close(quantized(), other)


def test_assert_allclose_of_earlier_versions():
    """Values alone are compared, with the wider tolerance of the two dtypes."""
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.testing.assert_allclose(T([1.0, math.nan]), T([1.0 + 1e-4, math.nan], dtype=torch.float64))
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.testing.assert_allclose([1, 2], T([1, 2]))
    for arguments in [
        ([1.0], T([1.001])),
        (1, 2),
        (T([1.0]), T([1.0, 1.0])),
        (T([math.nan]), T([math.nan]), 0.0, 0.0, False),
    ]:
        with pytest.warns(FutureWarning, match="deprecated"), pytest.raises(AssertionError):
            torch.testing.assert_allclose(*arguments)
    with pytest.warns(FutureWarning, match="deprecated"), pytest.raises(ValueError, match="rtol"):
        torch.testing.assert_allclose(1.0, 1.0, rtol=0.1)
