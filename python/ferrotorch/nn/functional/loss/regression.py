"""Losses between numbers: shapes (*) and (*), which broadcast with a warning."""

from __future__ import annotations

import math
import warnings

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_all, require_tensors
from ferrotorch.nn.functional.loss.reduction import reduce_loss, resolve_reduction


def _same_shape(op: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    require_tensors(op, input=input, target=target)
    if target.shape == input.shape:
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
        "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    first, second = torch.broadcast_tensors(input, target)
    return first, second


def _times_weight(op: str, loss: Tensor, weight: Tensor) -> Tensor:
    require_tensors(op, weight=weight)
    if weight.shape != loss.shape:
        raise ValueError(f"Weights and input must have the same size, but got {weight.size()} and {loss.size()}")
    return loss * weight


def _weighted(op: str, loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """A weighted mean divides by the sum of the weights."""
    loss = _times_weight(op, loss, weight)
    if reduction == "mean":
        return loss.sum() / weight.sum()
    return reduce_loss(loss, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``|input - target|``."""
    reduction = resolve_reduction(reduction, size_average, reduce)
    input, target = _same_shape("l1_loss", input, target)
    if weight is None:
        return _nn.l1_loss(input, target, reduction)
    return _weighted("l1_loss", _nn.l1_loss(input, target, "none"), weight, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``(input - target)^2``."""
    reduction = resolve_reduction(reduction, size_average, reduce)
    input, target = _same_shape("mse_loss", input, target)
    if weight is None:
        return _nn.mse_loss(input, target, reduction)
    return _weighted("mse_loss", _nn.mse_loss(input, target, "none"), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``d^2 / (2 * beta)`` where ``d = |input - target| < beta``, else ``d - beta / 2`` (Girshick, 2015)."""
    reduction = resolve_reduction(reduction, size_average, reduce)
    input, target = _same_shape("smooth_l1_loss", input, target)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, but got {beta}")
    if beta == 0:
        return _nn.l1_loss(input, target, reduction)
    return _nn.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """``d^2 / 2`` where ``d = |input - target| < delta``, else ``delta * (d - delta / 2)`` (Huber, 1964).

    The mean of a weighted loss divides by the number of its elements, other than that of `mse_loss` and `l1_loss`.

    Raises:
        RuntimeError: ``delta`` is not positive.
    """
    reduction = resolve_reduction(reduction, None, None)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, but got {delta}")
    input, target = _same_shape("huber_loss", input, target)
    if weight is None:
        return _nn.huber_loss(input, target, reduction, delta)
    return reduce_loss(_times_weight("huber_loss", _nn.huber_loss(input, target, "none", delta), weight), reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of counts under a Poisson rate, ``input`` or ``exp(input)``.

    ``full`` adds Stirling's approximation of ``log(target!)`` where ``target > 1``; ``eps`` keeps the logarithm finite.
    """
    require_tensors("poisson_nll_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    loss = torch.exp(input) - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        stirling = target * torch.log(target) - target + 0.5 * torch.log(2 * math.pi * target)
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduce_loss(loss, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """``(log(var) + (input - target)^2 / var) / 2``, the negative log likelihood of a normal distribution.

    ``var`` is a number or has the shape of ``input``, perhaps without the last dimension or with size 1 there; it is
    limited to at least ``eps``, without effect on gradients. ``full`` adds ``log(2 * pi) / 2``.

    Raises:
        ValueError: a ``var`` of another shape or with negative entries.
    """
    require_tensors("gaussian_nll_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, None, None)
    var = _variance_like(input, var)
    clamped = var.clone()
    with torch.no_grad():
        clamped.clamp_(min=eps)
    loss = 0.5 * (torch.log(clamped) + (input - target) ** 2 / clamped)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduce_loss(loss, reduction)


def _variance_like(input: Tensor, var: Tensor | float) -> Tensor:
    if isinstance(var, (int, float)):
        if var < 0:
            raise ValueError(f"var has negative entry/entries: {var}")
        return torch.full_like(input, var, requires_grad=False)
    if not isinstance(var, Tensor):
        raise TypeError(f"gaussian_nll_loss(): var must be a Tensor or a number, not {type(var).__name__}")
    if var.shape == input.shape:
        fitting = var
    elif input.shape[:-1] == var.shape:
        fitting = var.unsqueeze(-1)
    elif (
        var.dim() == input.dim()
        and sum(a != b for a, b in zip(input.shape, var.shape, strict=True)) == 1
        and 1 in var.shape
    ):
        fitting = var
    else:
        raise ValueError(f"var is of incorrect size: {list(var.shape)} for an input of {list(input.shape)}")
    require_all(~(var < 0), "var has negative entry/entries", ValueError)
    return fitting
