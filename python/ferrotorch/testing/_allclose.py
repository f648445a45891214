"""The comparison of tensors of earlier versions of PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import ferrotorch as torch
from ferrotorch.testing._comparison import assert_close

__all__ = ["assert_allclose"]

# Relative and absolute tolerances where none are given; those of other dtypes are 0.
_TOLERANCES = {torch.float16: (1e-3, 1e-3), torch.float32: (1e-4, 1e-5), torch.float64: (1e-5, 1e-8)}


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """Assert that tensors, or what `torch.tensor` makes tensors of, are close, whatever their dtypes and devices.

    Deprecated: `assert_close` compares dtypes and devices, too.

    Raises:
        AssertionError: a difference in shapes or values.
        ValueError: only one of the tolerances.
    """
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please "
        "use `torch.testing.assert_close()` instead.",
        FutureWarning,
        stacklevel=2,
    )
    actual, expected = _as_tensor(actual, None), _as_tensor(expected, actual)
    if rtol is None and atol is None:
        pairs = [_TOLERANCES.get(each.dtype, (0.0, 0.0)) for each in (actual, expected)]
        rtol, atol = (max(each) for each in zip(*pairs, strict=True))
    assert_close(
        actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan,
        check_device=True, check_dtype=False, check_stride=False, msg=msg or None,
    )  # fmt: skip


def _as_tensor(value: Any, like: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value
    return torch.tensor(value, dtype=like.dtype if isinstance(like, torch.Tensor) else None)
