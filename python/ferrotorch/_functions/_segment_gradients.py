"""Derivatives of reductions of segments in which there may be NaN."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch.autograd import Function

Tensor = _C.Tensor


def _sum_of_runs(values: Tensor, like: Tensor, axis: int, runs: Tensor) -> Tensor:
    return _C.zeros_like(like, dtype=values.dtype).scatter_add(axis, runs, values)


class Extremum(Function):
    """The largest or smallest entry of each run; entries that are equal to it share its gradient."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, axis: int, runs: Tensor, data: Tensor, name: str) -> Tensor:
        """The extrema of ``first`` and the runs of ``data``."""
        result = first.scatter_reduce(axis, runs, data, name)
        found = result.gather(axis, runs)
        is_extremum = (data == found) | (data.isnan() & found.isnan())
        count = _sum_of_runs(is_extremum.to(data.dtype), result, axis, runs).gather(axis, runs)
        ctx.axis = axis
        share = _C.where(is_extremum, 1 / count, 0)
        ctx.save_for_backward(runs, share)
        ctx.save_for_forward(runs, share)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient of a run, times the share of each of its entries."""
        runs, share = ctx.saved_tensors
        return None, None, None, grad.gather(ctx.axis, runs) * share, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The mean of the tangents of a run's extremal entries."""
        first, _, _, data, _ = tangents
        runs, share = ctx.saved_tensors
        return _sum_of_runs(data * share, first, ctx.axis, runs)


class WithNaN(Function):
    """Products in which NaN was taken for 1 become NaN where there was one."""

    @staticmethod
    def forward(ctx: Any, product: Tensor, axis: int, runs: Tensor, data: Tensor) -> Tensor:
        """NaN for runs with NaN, else their products."""
        is_nan = data.isnan()
        count = _sum_of_runs(is_nan.to(data.dtype), product, axis, runs)
        ctx.axis = axis
        ctx.save_for_backward(product, runs, is_nan, count)
        ctx.save_for_forward(product, runs, is_nan, count)
        return product.masked_fill(count > 0, float("nan"))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """A single NaN gets the product of the other entries; what is multiplied by NaN gets NaN."""
        product, runs, is_nan, count = ctx.saved_tensors
        nothing = float("nan")
        of_product = grad.masked_fill(count > 0, nothing)
        others = (grad * product).masked_fill(count > 1, nothing).gather(ctx.axis, runs)
        return of_product, None, None, _C.where(is_nan, others, 0)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The product's tangent, NaN for runs with NaN."""
        *_, count = ctx.saved_tensors
        return tangents[0].masked_fill(count > 0, float("nan"))
