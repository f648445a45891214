"""`torch.testing.assert_close`."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.testing import assert_close

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
