"""Rules for losses: one value an element, and these reduced over the dimensions that are not hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import Batch, is_batched

Tensor = _C.Tensor


def _reduced(each: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return each
    return each.sum() if reduction == "sum" else each.mean()


def _elementwise(name: str) -> Callable[..., Tensor]:
    op = getattr(_C._nn, name)

    def rule(input: Tensor, target: Tensor, reduction: str = "mean", **options: Any) -> Tensor:
        shape = torch.broadcast_shapes(input.shape, target.shape)
        tensors = {key: value.expand(shape) for key, value in options.items() if isinstance(value, Tensor)}
        numbers = {key: value for key, value in options.items() if key not in tensors}
        input, target = input.expand(shape), target.expand(shape)
        batch = Batch(input, target, *tensors.values())
        whole = {key: batch.fold(value) for key, value in tensors.items()}
        each = op(batch.fold(input), batch.fold(target), reduction="none", **whole, **numbers)
        return _reduced(batch.unfold(each), reduction)

    return rule


def _by_class(name: str) -> Callable[..., Tensor]:
    op = getattr(_C._nn, name)

    def rule(
        input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", ignore_index: int = -100,
        **options: Any,
    ) -> Tensor:  # fmt: skip
        if is_batched(weight):
            return NotImplemented
        batch = Batch(input, target)
        logits, classes = batch.fold(input), batch.fold(target)
        has_batch = input.dim() > 1
        if has_batch:
            logits, classes = logits.flatten(0, 1), classes.flatten(0, 1)
        each = op(logits, classes, weight, reduction="none", ignore_index=ignore_index, **options)
        losses = batch.unfold(each.unflatten(0, (batch.size, input.shape[0])) if has_batch else each)
        if reduction != "mean" or target.is_floating_point():
            return _mean_of_samples(losses, reduction)
        valid = target != ignore_index
        counted = valid.to(losses.dtype) if weight is None else weight[torch.where(valid, target, 0)] * valid
        return losses.sum() / counted.sum()

    return rule


def _mean_of_samples(losses: Tensor, reduction: str) -> Tensor:
    """Of probabilities of classes, every sample counts the same."""
    return _reduced(losses, reduction)


RULES: dict[str, Callable[..., Any]] = {
    **{
        name: _elementwise(name)
        for name in (
            "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
            "binary_cross_entropy_with_logits",
        )
    },
    "nll_loss": _by_class("nll_loss"), "cross_entropy": _by_class("cross_entropy"),
}  # fmt: skip
