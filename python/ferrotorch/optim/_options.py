"""Checks of the options that optimizers share, with PyTorch's error messages."""

from __future__ import annotations

from typing import Any

from ferrotorch import Tensor

__all__ = ["check_betas", "check_implementation", "check_lr", "check_non_negative"]


def check_lr(lr: Any) -> None:
    """A learning rate is a number or a one-element tensor, and not negative."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")


def check_non_negative(**options: float | Tensor) -> None:
    """Each named option must not be negative."""
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {name} value: {value}")


def check_betas(betas: tuple[Any, Any]) -> None:
    """Coefficients of running averages lie in ``[0, 1)``."""
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}")


def check_implementation(*, foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """`foreach` and `fused` ask for implementations that exclude each other and differentiation.

    They are otherwise accepted and change nothing: there is one implementation, and it is fused.
    """
    if fused:
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
