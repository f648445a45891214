"""Blocks in which ops are run in a narrow dtype where that suffices."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, Self

from ferrotorch import _C
from ferrotorch.amp import _switches
from ferrotorch.amp._state import cast_all, dtypes_for, require_device_type

__all__ = ["autocast", "autocast_decorator", "custom_bwd", "custom_fwd", "is_autocast_available"]

Function = Callable[..., Any]


def is_autocast_available(device_type: str) -> bool:
    """Is there autocasting for a type of device?"""
    return device_type in ("cpu", _C._gpu_kind())


def autocast_decorator(autocast_instance: autocast, func: Function) -> Function:
    """A function that runs in a block of autocasting."""

    @functools.wraps(func)
    def decorate_autocast(*args: Any, **kwargs: Any) -> Any:
        with autocast_instance:
            return func(*args, **kwargs)

    return decorate_autocast


class autocast:
    """A block, or decorator, within which ops are run in a narrow dtype where that suffices.

    Products (``mm``, ``linear``, convolutions, attention ...) cast their floating-point arguments to ``dtype``, ops
    that need it (losses, on a GPU also sums, norms, powers ...) to float32, and ops of several tensors to the widest
    of them; all others run in the dtypes of their arguments. The lists are PyTorch's, see docs/compatibility.md.
    Arguments in
    float64 are not cast, nor are in-place ops and calls with ``out``. What a parameter was cast to is kept until the
    outermost block ends.

    Args:
        device_type: ``"cpu"`` or ``"wgpu"``, the devices whose tensors are cast.
        dtype: bfloat16 or float16; by default bfloat16 on the host, float16 on a GPU.
        enabled: False switches autocasting off within the block.
        cache_enabled: Keep what parameters were cast to?

    Raises:
        RuntimeError: there is no autocasting for devices of this type.
        ValueError: ``device_type`` is no string.
    """

    def __init__(
        self,
        device_type: str,
        dtype: _C.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device = require_device_type(device_type)
        self.fast_dtype = _switches.get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = _switches.is_autocast_cache_enabled() if cache_enabled is None else cache_enabled
        self._enabled = enabled and self._can_cast()
        self._before: list[tuple[bool, _C.dtype, bool]] = []

    def _can_cast(self) -> bool:
        """Is there a device of the type, and can it cast to the dtype? Warns if not."""
        name = self.device.upper()
        if not is_autocast_available(self.device):
            warnings.warn(
                f"User provided device_type of '{self.device}', but {name} is not available. Disabling", stacklevel=3
            )
            return False
        if self.fast_dtype not in dtypes_for(self.device):
            warnings.warn(
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{name} Autocast only supports dtypes of {', '.join(map(str, dtypes_for(self.device)))} currently.",
                stacklevel=3,
            )
            return False
        return True

    def __enter__(self) -> Self:
        self._before.append(
            (
                _switches.is_autocast_enabled(self.device),
                _switches.get_autocast_dtype(self.device),
                _switches.is_autocast_cache_enabled(),
            )
        )
        _switches.set_autocast_enabled(self.device, self._enabled)
        _switches.set_autocast_dtype(self.device, self.fast_dtype)
        _switches.set_autocast_cache_enabled(self._cache_enabled)
        _switches.autocast_increment_nesting()
        return self

    def __exit__(self, *exception: object) -> None:
        if _switches.autocast_decrement_nesting() == 0:
            _switches.clear_autocast_cache()
        enabled, dtype, caches = self._before.pop()
        _switches.set_autocast_enabled(self.device, enabled)
        _switches.set_autocast_dtype(self.device, dtype)
        _switches.set_autocast_cache_enabled(caches)

    def __call__(self, func: Function) -> Function:
        """A function that runs in this block."""
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. "
                "Did you mean to use autocast as a context manager? For example:\n"
                "    with torch.autocast(device_type=...):\n        output = model(input)"
            )
        return autocast_decorator(self, func)


def _enter_autocast(*args: Any) -> autocast:
    """Begin a block of autocasting without ``with``."""
    return autocast(*args).__enter__()


def _exit_autocast(mode: autocast) -> None:
    """End a block that :func:`_enter_autocast` began."""
    mode.__exit__(None, None, None)


def custom_fwd(fwd: Function | None = None, *, device_type: str, cast_inputs: _C.dtype | None = None) -> Any:
    """A decorator for ``forward`` of a custom autograd function that is used under autocasting.

    Args:
        fwd: The method; without it a decorator is returned.
        device_type: The devices whose autocasting is meant.
        cast_inputs: What floating-point tensors among the arguments are cast to; the method then runs without
            autocasting. With None it runs as its caller does.
    """
    require_device_type(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorate_fwd(*args: Any, **kwargs: Any) -> Any:
        context, is_on = args[0], _switches.is_autocast_enabled(device_type)
        context._dtype = _switches.get_autocast_dtype(device_type)
        context._fwd_used_autocast = is_on and cast_inputs is None
        if not is_on or cast_inputs is None:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            return fwd(*_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return decorate_fwd


def custom_bwd(bwd: Function | None = None, *, device_type: str) -> Any:
    """A decorator for ``backward`` of a custom autograd function, run under the autocasting of ``forward``."""
    require_device_type(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorate_bwd(*args: Any, **kwargs: Any) -> Any:
        context = args[0]
        with autocast(device_type=device_type, enabled=context._fwd_used_autocast, dtype=context._dtype):
            return bwd(*args, **kwargs)

    return decorate_bwd


def _cast(value: Any, device_type: str, dtype: _C.dtype) -> Any:
    """A value with the floating-point tensors of a type of device in it cast to a dtype."""

    def cast(tensor: _C.Tensor) -> _C.Tensor:
        eligible = tensor.is_floating_point() and tensor.device.type == device_type and tensor.dtype is not _C.float64
        return tensor.to(dtype) if eligible else tensor

    return cast_all(value, cast)
