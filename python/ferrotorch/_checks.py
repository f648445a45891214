"""Checks of arguments that functions written in Python share."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._C import Tensor


def is_tensor_like(inp: object) -> bool:
    """Is ``inp`` a tensor, or an object that has ``__torch_function__``?"""
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


def require_tensors(op: str, **arguments: object) -> None:
    """Raise TypeError, as operators do, for an argument that is no tensor."""
    for name, value in arguments.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{op}(): argument '{name}' must be Tensor, not {type(value).__name__}")


def require_tensors_or_none(op: str, **arguments: object) -> None:
    """:func:`require_tensors` of those arguments that are given."""
    require_tensors(op, **{name: value for name, value in arguments.items() if value is not None})


def refuse_gradients(function: str, **arguments: object) -> None:
    """Raise RuntimeError for an argument that wants a gradient where the function has no derivative by it."""
    for name, value in arguments.items():
        if isinstance(value, Tensor) and value.requires_grad and _C.is_grad_enabled():
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This input cannot "
                "have requires_grad True."
            )


def type_name(tensor: Tensor) -> str:
    """The older name of a tensor's dtype, such as ``"Float"``, which messages use."""
    return tensor.type().rpartition(".")[2].removesuffix("Tensor")


@functools.cache
def _warn_of(message: str) -> None:
    warnings.warn(message, stacklevel=4)


def warn_once(message: str) -> None:
    """Warn of a call of the caller's caller, if not done before in this process or by ``set_warn_always``."""
    from ferrotorch._settings import is_warn_always_enabled

    (_warn_of.__wrapped__ if is_warn_always_enabled() else _warn_of)(message)


def require_all(
    condition: Tensor, message: str, error: type[Exception] = RuntimeError, *, found: Callable[[], str] | None = None
) -> None:
    """Refuse a call unless all elements of a bool tensor are true.

    On the host at once. A device that works ahead of the program is not waited for: it refuses when something is next
    read from it. Tensors on device ``"meta"``, which have no elements, are not refused.

    Args:
        condition: what must be true.
        message: what the error says.
        error: RuntimeError, ValueError or IndexError.
        found: words on what was found instead, which are added where the elements can be looked at.
    """
    # Inside `vmap` it must be true for all samples.
    condition = _C._physical(condition)
    if found is None or not condition.is_cpu:
        _C._require_all(condition, message, error)
    elif not condition.all():
        raise error(message + found())


def number_or(tensor: Tensor, default: Any) -> Any:
    """The number in a tensor of one element; ``default`` on device ``"meta"``, where there are none."""
    return default if tensor.is_meta else tensor.item()


def require_constants(op: str, **arguments: object) -> None:
    """Raise TypeError, as operators do, for a tensor that asks for gradients where a number is meant."""
    for name, value in arguments.items():
        if isinstance(value, Tensor) and value.requires_grad:
            raise TypeError(f"{op}(): argument '{name}' must be Number, not Tensor")
