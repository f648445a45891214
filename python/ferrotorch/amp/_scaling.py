"""The two steps of a scaler of gradients, as functions that packages call."""

from __future__ import annotations

from collections.abc import Sequence

import ferrotorch as torch
from ferrotorch import _C

__all__ = ["_amp_foreach_non_finite_check_and_unscale_", "_amp_update_scale_"]

Tensor = _C.Tensor


def _require_one(name: str, value: Tensor) -> None:
    if value.numel() != 1:
        raise RuntimeError(f"{name} must be a 1-element tensor.")
    if value.dtype is not torch.float32:
        raise RuntimeError(f"{name} must be a float tensor.")


def _amp_foreach_non_finite_check_and_unscale_(self: Sequence[Tensor], found_inf: Tensor, inv_scale: Tensor) -> None:
    """Multiply tensors by ``inv_scale``, and set ``found_inf`` to 1 where an element of one is infinite or NaN."""
    _require_one("inv_scale", inv_scale)
    _require_one("found_inf", found_inf)
    with torch.no_grad():
        for gradient in self:
            if not bool(torch.isfinite(gradient).all()):
                found_inf.fill_(1.0)
            gradient.mul_(inv_scale.reshape(()).to(gradient.device))


def _amp_update_scale_(
    self: Tensor,
    growth_tracker: Tensor,
    found_inf: Tensor,
    scale_growth_factor: float,
    scale_backoff_factor: float,
    growth_interval: int,
) -> Tensor:
    """Let a scale fall after a step that was skipped, and grow after ``growth_interval`` steps in a row that were not.

    Where the grown scale would be infinite it stays as it is; ``growth_tracker`` counts the steps.
    """
    _require_one("current_scale", self)
    _require_one("found_inf", found_inf)
    if growth_tracker.numel() != 1:
        raise RuntimeError("growth_tracker must be a 1-element tensor.")
    if growth_tracker.dtype is not torch.int32:
        raise RuntimeError("growth_tracker must be an int tensor.")
    with torch.no_grad():
        if found_inf.item():
            self.mul_(scale_backoff_factor)
            growth_tracker.fill_(0)
        elif growth_tracker.item() + 1 == growth_interval:
            grown = self * scale_growth_factor
            if bool(torch.isfinite(grown).all()):
                self.copy_(grown)
            growth_tracker.fill_(0)
        else:
            growth_tracker.add_(1)
    return self
