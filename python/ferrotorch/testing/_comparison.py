"""``assert_close``."""

from __future__ import annotations

import cmath
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import ferrotorch as torch
from ferrotorch._C import Tensor

__all__ = ["assert_close"]

# Tolerances (relative, absolute) by dtype; every other dtype is compared exactly.
_TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex32: (1e-3, 1e-5),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}


@dataclass(frozen=True)
class _Options:
    rtol: float | None
    atol: float | None
    equal_nan: bool
    allow_subclasses: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool
    msg: str | Callable[[str], str] | None

    def tolerances(self, *dtypes: Any) -> tuple[float, float]:
        """Those given, or the largest of the dtypes'."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        defaults = [_TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
        return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)

    def fail(self, text: str, path: tuple[Any, ...], kind: type[Exception] = AssertionError) -> None:
        """Raise, saying where in containers the difference lies, in the words of ``msg`` if there are any."""
        text = _with_place(text, path)
        if callable(self.msg):
            text = self.msg(text)
        elif self.msg is not None:
            text = self.msg
        raise kind(text)


def _with_place(text: str, path: tuple[Any, ...]) -> str:
    if not path:
        return text
    return f"{text}\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in path)}"


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Assert ``|actual - expected| <= atol + rtol |expected|`` for tensors, numbers, and sequences or mappings of them.

    Without ``rtol`` and ``atol`` both depend on the dtypes: 1.3e-6 and 1e-5 for float32, 1e-7 both for float64, 1e-3
    and 1e-5 for float16, 1.6e-2 and 1e-5 for bfloat16, 0 for integers. ``msg`` replaces the message, or makes it from
    the one that would have been given.

    Raises:
        AssertionError: a difference in values, shape, or in what ``check_...`` names.
        ValueError: only one of the tolerances.
        TypeError: something that cannot be compared.
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    options = _Options(
        rtol, atol, equal_nan, allow_subclasses, check_device, check_dtype, check_layout, check_stride, msg
    )
    _compare(*_unwrap_dtensor_for_comparison(actual, expected), (), options)


def _unwrap_dtensor_for_comparison(actual: Any, expected: Any) -> tuple[Any, Any]:
    """What this process has of two distributed tensors; anything else as it is.

    Raises:
        TypeError: one of the two is distributed.
        AssertionError: they are distributed in different ways.
    """
    part = sys.modules.get("ferrotorch.distributed.tensor")
    both = [part is not None and isinstance(value, part.DTensor) for value in (actual, expected)]
    if not any(both):
        return actual, expected
    if not all(both):
        raise TypeError(
            "Comparing a DTensor to a non-DTensor is ambiguous. Call .full_tensor() to compare the full logical tensor "
            "or .to_local() to compare the local shard."
        )
    for what, name in (("placements", "placements"), ("device meshes", "device_mesh")):
        ours, theirs = getattr(actual, name), getattr(expected, name)
        if ours != theirs:
            raise AssertionError(f"DTensor {what} do not match: {ours} != {theirs}")
    return actual.to_local(), expected.to_local()


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") and not isinstance(value, Tensor | int | float | complex)


def _of_python(value: Any) -> Any:
    """A number of NumPy's as one of Python's."""
    return value.item() if isinstance(value, np.number | np.bool_) else value


def _compare(actual: Any, expected: Any, path: tuple[Any, ...], options: _Options) -> None:
    """Descend into containers and compare what they hold; ``msg`` is for that, not for containers that differ."""
    actual, expected = _of_python(actual), _of_python(expected)
    number = int | float | complex
    if isinstance(actual, str) or isinstance(expected, str):
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        _compare_mappings(actual, expected, path, options)
    elif isinstance(actual, Sequence) and isinstance(expected, Sequence):
        if len(actual) != len(expected):
            text = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise AssertionError(_with_place(text, path))
        for i, pair in enumerate(zip(actual, expected, strict=True)):
            _compare(*pair, (*path, i), options)
    elif isinstance(actual, bool) and isinstance(expected, bool):
        if actual is not expected:
            options.fail(f"Booleans mismatch: {actual} is not {expected}", path)
    elif isinstance(actual, number) and isinstance(expected, number):
        _compare_numbers(actual, expected, path, options)
    elif actual is None or expected is None:
        if actual is not expected:
            options.fail(f"None mismatch: {actual} is not {expected}", path)
    elif isinstance(actual, Tensor) and isinstance(expected, Tensor):
        if not options.allow_subclasses and type(actual) is not type(expected):
            options.fail(f"The types do not match: {type(actual)} != {type(expected)}", path, TypeError)
        _compare_tensors(actual, expected, path, options)
    elif _is_array(actual) and _is_array(expected):
        _compare_tensors(torch.as_tensor(actual), torch.as_tensor(expected), path, options)
    else:
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")


def _compare_mappings(
    actual: Mapping[Any, Any], expected: Mapping[Any, Any], path: tuple[Any, ...], options: _Options
) -> None:
    missing = sorted(expected.keys() - actual.keys(), key=str)
    surplus = sorted(actual.keys() - expected.keys(), key=str)
    if missing or surplus:
        text = (
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {missing}\nAdditional keys in the actual mapping: {surplus}"
        )
        raise AssertionError(_with_place(text, path))
    for key in expected:
        _compare(actual[key], expected[key], (*path, key), options)


def _number_dtype(value: complex) -> Any:
    """The dtype whose tolerances a Python number takes."""
    if isinstance(value, int):
        return torch.int64
    return torch.float64 if isinstance(value, float) else torch.complex128


def _compare_numbers(actual: Any, expected: Any, path: tuple[Any, ...], options: _Options) -> None:
    if options.check_dtype and type(actual) is not type(expected):
        options.fail(f"The (d)types do not match: {type(actual)} != {type(expected)}.", path)
    rtol, atol = options.tolerances(_number_dtype(actual), _number_dtype(expected))
    both_nan = options.equal_nan and cmath.isnan(actual) and cmath.isnan(expected)
    difference = abs(actual - expected)
    close = actual == expected or (cmath.isfinite(difference) and difference <= atol + rtol * abs(expected))
    if both_nan or close:
        return
    exact = rtol == atol == 0
    text = f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {expected} but got {actual}."
    relative = difference / abs(expected) if expected else float("inf")
    allowed = ("", "") if exact else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    text += f"\nAbsolute difference: {difference}{allowed[0]}\nRelative difference: {relative}{allowed[1]}"
    options.fail(text, path)


def _compare_tensors(actual: Tensor, expected: Tensor, path: tuple[Any, ...], options: _Options) -> None:
    checks = [
        ("shape", True, actual.shape, expected.shape),
        ("device", options.check_device, actual.device, expected.device),
        ("is_quantized", True, actual.is_quantized, expected.is_quantized),
        ("dtype", options.check_dtype, actual.dtype, expected.dtype),
        ("layout", options.check_layout, actual.layout, expected.layout),
    ]
    if options.check_stride:
        checks.append(("stride()", True, actual.stride(), expected.stride()))
    for name, wanted, mine, others in checks:
        if wanted and mine != others:
            options.fail(f"The values for attribute '{name}' do not match: {mine} != {others}.", path)
    if actual.is_meta and expected.is_meta:
        return
    if actual.is_quantized or expected.is_quantized:
        return _compare_quantized(actual, expected, path, options)
    if torch.strided not in (actual.layout, expected.layout):
        _compare_sparse(actual, expected, path, options)
    else:
        _compare_values(actual.to_dense(), expected.to_dense(), path, options, "Tensor-likes")
    return None


def _compare_quantized(actual: Tensor, expected: Tensor, path: tuple[Any, ...], options: _Options) -> None:
    """Compare the numbers that integers stand for; scales and zero points may differ."""
    schemes = actual.qscheme(), expected.qscheme()
    if options.check_dtype and schemes[0] != schemes[1]:
        options.fail(f"The values for attribute 'qscheme()' do not match: {schemes[0]} != {schemes[1]}.", path)
    _compare_values(actual.dequantize(), expected.dequantize(), path, options, "Quantized tensor-likes")


def _compare_sparse(actual: Tensor, expected: Tensor, path: tuple[Any, ...], options: _Options) -> None:
    """Compare indices, which must be equal, and values."""
    if actual.layout != expected.layout:
        return _compare_values(actual.to_dense(), expected.to_dense(), path, options, "Tensor-likes")
    kind = str(actual.layout).removeprefix("torch.sparse_").upper()
    if kind == "COO":
        if actual.is_coalesced() != expected.is_coalesced():
            actual, expected = actual.coalesce(), expected.coalesce()
        parts = ["_indices", "_values"]
        if actual.sparse_dim() != expected.sparse_dim():
            counts = f"{actual.sparse_dim()} != {expected.sparse_dim()}"
            options.fail(f"The number of sparse dimensions in sparse COO tensors does not match: {counts}", path)
    else:
        parts = ["crow_indices", "col_indices"] if kind in ("CSR", "BSR") else ["ccol_indices", "row_indices"]
        parts.append("values")
    if actual._nnz() != expected._nnz():
        counts = f"{actual._nnz()} != {expected._nnz()}"
        options.fail(f"The number of specified values in sparse {kind} tensors does not match: {counts}", path)
    for part in parts:
        mine, others = getattr(actual, part)(), getattr(expected, part)()
        _compare_values(mine, others, path, options, f"Sparse {kind} {part.strip('_')}")
    return None


def _compare_values(actual: Tensor, expected: Tensor, path: tuple[Any, ...], options: _Options, what: str) -> None:
    rtol, atol = options.tolerances(actual.dtype, expected.dtype)
    actual, expected = actual.detach().cpu(), expected.detach().cpu()
    common = torch.promote_types(actual.dtype, expected.dtype)
    actual, expected = actual.to(common), expected.to(common)
    if rtol == atol == 0 and not options.equal_nan:
        close = actual == expected
    else:
        close = torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if not close.all():
        options.fail(_difference(actual, expected, close, rtol, atol, what), path)


def _difference(actual: Tensor, expected: Tensor, close: Tensor, rtol: float, atol: float, what: str) -> str:
    """How many elements differ, and where by how much."""
    exact = rtol == atol == 0
    wide = actual.dtype if actual.is_complex() or actual.is_floating_point() else torch.int64
    differences = (actual.to(wide) - expected.to(wide)).abs()
    differences = differences.masked_fill(close, 0)
    relative = (differences / expected.to(wide).abs()).masked_fill(close, 0)
    lines = [f"{'Scalars' if close.dim() == 0 else what} are not {'equal' if exact else 'close'}!\n"]
    if close.dim() == 0:
        lines.append(f"Expected {expected.item()} but got {actual.item()}.")
    else:
        count, total = int((~close).sum()), close.numel()
        lines.append(f"Mismatched elements: {count} / {total} ({count / total:.1%})")
    for name, values, allowed in (("absolute", differences, atol), ("relative", relative, rtol)):
        flat = int(values.argmax())
        largest = values.flatten()[flat].item()
        suffix = "" if exact else f" (up to {allowed} allowed)"
        if close.dim() == 0:
            lines.append(f"{name.capitalize()} difference: {largest}{suffix}")
        else:
            index = tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), close.shape))
            lines.append(f"Greatest {name} difference: {largest} at index {index}{suffix}")
    return "\n".join(lines)
