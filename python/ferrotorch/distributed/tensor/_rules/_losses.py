"""Losses: each process has a summand of the loss of its part of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, inputs_of, is_spread

__all__: list[str] = []

Tensor = torch.Tensor


def _elementwise_loss(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Losses of single elements: the loss of each, and their sum or mean."""
    reduction = kwargs.get("reduction", "mean")
    input, target = (*args, kwargs.get("target"))[:2]
    if len(args) > 2 or not is_spread(input) or not is_spread(target) or reduction not in ("none", "sum", "mean"):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    if tuple(input.shape) != tuple(target.shape):
        return by_copies(func, name, args, kwargs)
    each = RULES["add"](_unreduced(func, kwargs), name, (input, target), {})
    return each if reduction == "none" else each.sum() if reduction == "sum" else each.mean()


def _unreduced(func: Callable[..., Any], kwargs: dict[str, Any]) -> Callable[[Tensor, Tensor], Tensor]:
    options = {**kwargs, "reduction": "none"}
    options.pop("target", None)
    return lambda input, target: func(input, target, **options)


RULES.update(dict.fromkeys(["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"], _elementwise_loss))
