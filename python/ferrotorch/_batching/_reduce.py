"""Rules for reductions that name no dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor


def _sum_to_size(input: Tensor, size: Sequence[int]) -> Tensor:
    lead = input.dim() - len(size)
    if lead < 0 or any(n not in (1, m) for n, m in zip(size, input.shape[max(lead, 0) :], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(input.shape)}}}.")
    dims = [d for d, n in enumerate(input.shape) if d < lead or (size[d - lead] == 1 and n != 1)]
    return (input.sum(dims) if dims else input).reshape(tuple(size))


def _of_all(name: str) -> Callable[..., Any]:
    op = getattr(_C, name) if hasattr(_C, name) else getattr(Tensor, name)
    return lambda input, unbiased: op(input, None, correction=int(unbiased))


RULES: dict[str, Callable[..., Any]] = {
    "sum_to_size": _sum_to_size, **{name: _of_all(name) for name in ("var", "std", "var_mean", "std_mean")},
}  # fmt: skip
