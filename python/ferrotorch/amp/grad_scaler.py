"""Scaling of losses, so that gradients in float16 do not vanish."""

from __future__ import annotations

import warnings
from collections import defaultdict
from enum import Enum
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.amp.autocast_mode import is_autocast_available

__all__ = ["GradScaler", "OptState"]

Tensor = _C.Tensor
_HINT = "This may indicate your script did not use scaler.scale(loss or outputs) earlier in the iteration."


class OptState(Enum):
    """How far an optimizer is in an iteration."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


def _refresh_per_optimizer_state() -> dict[str, Any]:
    return {"stage": OptState.READY, "found_inf_per_device": {}}


def _elements(param: Any) -> Tensor:
    """The elements of a gradient that are scaled: those that a sparse one stores.

    Those of a half type are summed place by place before, which may make them infinite.
    """
    if param.grad.is_sparse and param.grad.dtype is torch.float16:
        param.grad = param.grad.coalesce()
    elements: Tensor = param.grad._values() if param.grad.is_sparse else param.grad
    return elements


class GradScaler:
    """Scales losses, takes the scale out of gradients, and skips steps whose gradients are infinite or NaN.

        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    The scale falls by ``backoff_factor`` after a skipped step, and grows by ``growth_factor`` after
    ``growth_interval`` steps in a row that were not skipped.

    Args:
        device: The type of devices. For one that is not there the scaler is disabled, with a warning.
        init_scale: The first scale.
        growth_factor: More than 1.
        backoff_factor: Less than 1.
        growth_interval: Number of steps.
        enabled: False makes the scaler do nothing: :meth:`step` is the optimizer's.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        self._enabled = enabled
        if enabled and not is_autocast_available(device):
            name = "torch.cuda.amp.GradScaler" if device == "cuda" else f"GradScaler({device!r})"
            warnings.warn(f"{name} is enabled, but {device.upper()} is not available.  Disabling.", stacklevel=2)
            self._enabled = False
        if not self._enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale = init_scale
        self._scale: Tensor | None = None
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._init_growth_tracker = 0
        self._growth_tracker: Tensor | None = None
        self._per_optimizer_states: dict[int, dict[str, Any]] = defaultdict(_refresh_per_optimizer_state)

    def _require_scale(self, name: str) -> tuple[Tensor, Tensor]:
        if self._scale is None or self._growth_tracker is None:
            raise AssertionError(f"Attempted {name} but _scale is None.  {_HINT}")
        return self._scale, self._growth_tracker

    def _scale_on(self, device: _C.device) -> Tensor:
        """The scale, which begins on the first device that it is asked for on."""
        if self._scale is None:
            self._scale = torch.full((), self._init_scale, dtype=torch.float32, device=device)
            self._growth_tracker = torch.full((), self._init_growth_tracker, dtype=torch.int32, device=device)
        return self._scale.to(device)

    def scale(self, outputs: Any) -> Any:
        """Tensors, or lists and tuples of tensors, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale_on(outputs.device)
        if isinstance(outputs, list | tuple):
            return type(outputs)(map(self.scale, outputs))
        try:
            return map(self.scale, iter(outputs))
        except TypeError:
            raise ValueError("outputs must be a Tensor or an iterable of Tensors") from None

    def _unscale_grads_(
        self, optimizer: Any, inv_scale: Tensor, found_inf: Tensor, allow_fp16: bool
    ) -> dict[_C.device, Tensor]:
        """Multiply the gradients of an optimizer by ``inv_scale``; by device whether one was not finite, as 0 or 1."""
        by_device: dict[_C.device, list[Tensor]] = defaultdict(list)
        for group in optimizer.param_groups:
            for param in group["params"]:
                if param.grad is None:
                    continue
                if not allow_fp16 and param.grad.dtype is torch.float16:
                    raise ValueError("Attempting to unscale FP16 gradients.")
                by_device[param.grad.device].append(_elements(param))
        found = {}
        with torch.no_grad():
            for device, grads in by_device.items():
                finite = torch.stack([torch.isfinite(grad).all() for grad in grads]).all()
                found[device] = torch.maximum(found_inf.to(device), torch.logical_not(finite).to(torch.float32))
                factor = inv_scale.to(device)
                for grad in grads:
                    grad.mul_(factor)
        return found

    def unscale_(self, optimizer: Any) -> None:
        """Take the scale out of an optimizer's gradients; :meth:`step` does it where this was not called.

        Raises:
            RuntimeError: it was called, or the optimizer has stepped, since the last :meth:`update`.
            ValueError: a gradient is in float16.
        """
        if not self._enabled:
            return
        scale, _ = self._require_scale("unscale_")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if state["stage"] is OptState.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        found_inf = torch.zeros((), dtype=torch.float32, device=scale.device)
        state["found_inf_per_device"] = self._unscale_grads_(optimizer, scale.reciprocal(), found_inf, False)
        state["stage"] = OptState.UNSCALED

    def _check_inf_per_device(self, optimizer: Any) -> dict[_C.device, Tensor]:
        """Look for infinities without changing the gradients."""
        scale, _ = self._require_scale("_check_inf_per_device")
        one = torch.ones((), dtype=torch.float32, device=scale.device)
        found = self._unscale_grads_(optimizer, one, torch.zeros_like(one), True)
        self._per_optimizer_states[id(optimizer)]["found_inf_per_device"] = found
        return found

    def _found_inf_per_device(self, optimizer: Any) -> dict[_C.device, Tensor]:
        return self._per_optimizer_states[id(optimizer)]["found_inf_per_device"]

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Take the scale out of the gradients, and step unless one of them is infinite or NaN.

        An optimizer with ``_step_supports_amp_scaling`` gets ``grad_scale`` and ``found_inf`` as attributes instead,
        and decides for itself.

        Returns:
            what the optimizer's ``step`` returns; None if it was skipped.

        Raises:
            RuntimeError: with a closure, or a second time since the last :meth:`update`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        scale, _ = self._require_scale("step")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if getattr(optimizer, "_step_supports_amp_scaling", False):
            return self._step_of_its_own(optimizer, scale, state, *args, **kwargs)
        if state["stage"] is OptState.READY:
            self.unscale_(optimizer)
        result = self._maybe_opt_step(optimizer, state, *args, **kwargs)
        state["stage"] = OptState.STEPPED
        return result

    def _maybe_opt_step(self, optimizer: Any, optimizer_state: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        found = optimizer_state["found_inf_per_device"]
        if not found:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        return None if any(flag.item() for flag in found.values()) else optimizer.step(*args, **kwargs)

    def _step_of_its_own(self, optimizer: Any, scale: Tensor, state: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if state["stage"] is OptState.READY:
            self._check_inf_per_device(optimizer)
        is_unscaled = state["stage"] is OptState.UNSCALED
        optimizer.grad_scale = None if is_unscaled else scale
        optimizer.found_inf = sum(flag.to(scale.device) for flag in state["found_inf_per_device"].values())
        result = optimizer.step(*args, **kwargs)
        state["stage"] = OptState.STEPPED
        del optimizer.grad_scale, optimizer.found_inf
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Let the scale follow what happened since the last call; to be called after all steps of an iteration.

        Args:
            new_scale: What to set the scale to instead.
        """
        if not self._enabled:
            return
        scale, tracker = self._require_scale("update")
        if new_scale is not None:
            self._set_scale(scale, new_scale)
        else:
            found = [f for s in self._per_optimizer_states.values() for f in s["found_inf_per_device"].values()]
            if not found:
                raise AssertionError("No inf checks were recorded prior to update.")
            self._follow(scale, tracker, torch.stack([flag.to(scale.device) for flag in found]).amax() > 0)
        self._per_optimizer_states = defaultdict(_refresh_per_optimizer_state)

    def _set_scale(self, scale: Tensor, new_scale: float | Tensor) -> None:
        if isinstance(new_scale, float):
            scale.fill_(new_scale)
            return
        if not isinstance(new_scale, Tensor) or new_scale.numel() != 1 or new_scale.requires_grad:
            raise AssertionError(
                "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with "
                "requires_grad=False."
            )
        scale.copy_(new_scale.reshape(()))

    def _follow(self, scale: Tensor, tracker: Tensor, found: Tensor) -> None:
        """The next scale and count of steps, without reading a number from the device."""
        count = torch.where(found, torch.zeros_like(tracker), tracker + 1)
        grows = count == self._growth_interval
        grown = scale * self._growth_factor
        # A scale that would become infinite stays.
        grown = torch.where(torch.isfinite(grown), grown, scale)
        scale.copy_(torch.where(found, scale * self._backoff_factor, torch.where(grows, grown, scale)))
        tracker.copy_(torch.where(grows, torch.zeros_like(count), count))

    def _get_scale_async(self) -> Tensor | None:
        return self._scale

    def get_scale(self) -> float:
        """The scale; 1 if the scaler is disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self) -> float:
        """By what the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set by what the scale grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """By what the scale falls."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set by what the scale falls."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many steps the scale grows."""
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else int(self._growth_tracker.item())

    def is_enabled(self) -> bool:
        """Does the scaler do anything?"""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The state as numbers; empty if the scaler is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._get_growth_tracker(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            RuntimeError: the state is that of a disabled scaler.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)
        if self._growth_tracker is not None:
            self._growth_tracker.fill_(self._init_growth_tracker)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self._enabled:
            if self._per_optimizer_states:
                raise AssertionError(
                    "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end "
                    "after scaler.update()."
                )
            state.update(_init_scale=self.get_scale(), _init_growth_tracker=self._get_growth_tracker())
            state.update(_scale=None, _growth_tracker=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
