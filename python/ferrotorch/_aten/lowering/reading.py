"""Values that Python is given of tensors, and tensors that are made of Python's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def detach(ask: Ask, input: Tensor) -> Any:
    """A view without a history."""
    return ask(aten.detach.default, input)


def _read_as(kind: Any) -> Rule:
    """The rule for a conversion to a number of Python's."""

    def rule(ask: Ask, self: Tensor) -> Any:
        if not isinstance(self, Tensor) or self.numel() != 1 or self.device.type == "meta":
            return NotImplemented
        value = ask(aten._local_scalar_dense.default, self)
        return value if kind is None else kind(value)

    return rule


def numpy(ask: Ask, self: Tensor, *, force: bool = False) -> Any:
    """An array over the memory of a view without a history."""
    if force or self.requires_grad or self.is_conj() or self.is_neg():
        return NotImplemented
    return _quietly(Tensor.numpy, ask(aten.detach.default, self))


def _quietly(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A call that no mode sees."""
    from ferrotorch.utils._python_dispatch import _disable_current_modes

    with _disable_current_modes():
        return function(*args, **kwargs)


def _lifted(ask: Ask, result: Tensor) -> Any:
    wants_grad = result.requires_grad
    made = ask(aten.lift_fresh.default, result.detach() if wants_grad else result)
    return made.requires_grad_() if wants_grad else made


def tensor(ask: Ask, data: Any, **kwargs: Any) -> Any:
    """A new tensor of numbers; a copy of a tensor is another matter."""
    return NotImplemented if isinstance(data, Tensor) else _lifted(ask, _quietly(torch.tensor, data, **kwargs))


def as_tensor(ask: Ask, data: Any, *args: Any, **kwargs: Any) -> Any:
    """A new tensor, unless it is one."""
    if isinstance(data, Tensor):
        return NotImplemented
    return _lifted(ask, _quietly(torch.as_tensor, data, *args, **kwargs))


def new_tensor(ask: Ask, self: Tensor, data: Any, **kwargs: Any) -> Any:
    """A new tensor of numbers, with another's dtype and device."""
    return (
        NotImplemented if isinstance(data, Tensor) else _lifted(ask, _quietly(Tensor.new_tensor, self, data, **kwargs))
    )


def from_numpy(ask: Ask, ndarray: Any, /) -> Any:
    """A tensor over an array's memory."""
    return _lifted(ask, _quietly(torch.from_numpy, ndarray))


RULES: dict[str, Rule] = {
    **{f"__{kind.__name__}__": _read_as(kind) for kind in (bool, complex, float, int)},
    "__index__": _read_as(int),
    "as_tensor": as_tensor,
    "detach": detach,
    "from_numpy": from_numpy,
    "is_nonzero": _read_as(bool),
    "item": _read_as(None),
    "new_tensor": new_tensor,
    "numpy": numpy,
    "tensor": tensor,
}
