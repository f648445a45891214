"""How the elements of a loss become one number."""

from __future__ import annotations

import warnings

from ferrotorch._C import Tensor


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """``reduction``, or what the two legacy flags mean where one is given."""
    if size_average is None and reduce is None:
        return reduction
    # Programs give numbers for them, too: a flag that is not given is on.
    summed = "mean" if size_average is None or size_average else "sum"
    reduction = summed if reduce is None or reduce else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.", stacklevel=4
    )
    return reduction


def resolve_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """:func:`legacy_reduction`, checked.

    Raises:
        ValueError: a name that is no reduction.
    """
    reduction = legacy_reduction(reduction, size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduce_loss(loss: Tensor, reduction: str) -> Tensor:
    """``loss`` itself, its mean, or its sum."""
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()
