"""Rules for new tensors that are described by others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import on_whole

Tensor = _C.Tensor


def _new_empty_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], **options: Any) -> Tensor:
    """One sample's memory behind the other's."""
    span = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if all(size) else 0

    def samples(whole: Tensor, k: int) -> Tensor:
        memory = whole.new_empty((*whole.shape[:k], span), **options)
        steps = memory.stride()[:k] if span else (0,) * k
        return memory.as_strided((*whole.shape[:k], *size), (*steps, *stride))

    return on_whole(input, samples)


def _linspace(
    start: Any, end: Any, steps: int, dtype: torch.dtype | None = None, device: Any = None, **options: Any
) -> Tensor:
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if not dtype.is_floating_point or steps < 0 or any(options.values()):
        return NotImplemented
    return _points(start, end, steps, dtype, device).to(dtype)


def _logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, dtype: torch.dtype | None = None, device: Any = None,
    **options: Any,
) -> Tensor:  # fmt: skip
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if not dtype.is_floating_point or steps < 0 or any(options.values()):
        return NotImplemented
    return torch.pow(base, _points(start, end, steps, dtype, device)).to(dtype)


def _points(start: Any, end: Any, steps: int, dtype: torch.dtype, device: Any) -> Tensor:
    """Evenly spaced points in the dtype of the arithmetic; the second half is computed from the end, as elsewhere."""
    compute = torch.float64 if dtype == torch.float64 else torch.float32

    def point(x: Any) -> Tensor:
        if not isinstance(x, Tensor):
            return torch.tensor(x, dtype=dtype, device=device).to(compute)
        return x.detach().to(device=device, dtype=dtype).to(compute)

    first, last = point(start), point(end)
    number = torch.arange(steps, dtype=compute, device=first.device)
    step = (last - first) / (max(steps, 2) - 1)
    from_start = number < (steps // 2 if steps != 1 else 1)
    return torch.where(from_start, first + step * number, last - step * (steps - 1 - number))


RULES: dict[str, Callable[..., Any]] = {
    "new_empty_strided": _new_empty_strided, "linspace": _linspace, "logspace": _logspace,
}  # fmt: skip
