"""Limiting gradients before an optimizer's step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import TypeAlias

import ferrotorch as torch
from ferrotorch._C import Tensor

Tensors: TypeAlias = Tensor | Iterable[Tensor]


def _gradients(parameters: Tensors) -> list[Tensor]:
    items = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in items if p.grad is not None]


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors as one vector. ``foreach`` has no effect.

    Raises:
        RuntimeError: the norm is not finite, and ``error_if_nonfinite``.
    """
    items = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not items:
        return torch.tensor(0.0)
    with torch.no_grad():
        device = items[0].device
        norm: Callable[..., Tensor] = torch.linalg.vector_norm
        total = norm(torch.stack([norm(item, norm_type).to(device) for item in items]), norm_type)
    if error_if_nonfinite and not math.isfinite(float(total)):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients, in place, by ``max_norm / total_norm`` where this is less than 1."""
    with torch.no_grad():
        scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
        for grad in _gradients(parameters):
            grad.mul_(scale.to(grad.device))


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients, in place, so that their norm as one vector is at most ``max_norm``; returns that norm.

    Raises:
        RuntimeError: the norm is not finite, and ``error_if_nonfinite``.
    """
    items = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_gradients(items), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(items, max_norm, total)
    return total


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Deprecated name of :func:`clip_grad_norm_`."""
    warnings.warn(
        "`nn.utils.clip_grad_norm` is now deprecated in favor of `nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Limit each element of all gradients, in place, to [-clip_value, clip_value]."""
    with torch.no_grad():
        for grad in _gradients(parameters):
            grad.clamp_(-float(clip_value), float(clip_value))


# By these names layers written for PyTorch import them.
_get_total_norm, _clip_grads_with_norm_ = get_total_norm, clip_grads_with_norm_
