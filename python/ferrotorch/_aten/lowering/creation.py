"""New tensors: PyTorch names the device of each, and whether its memory is pinned."""

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


def _placed(kwargs: dict[str, Any], device: Any) -> dict[str, Any]:
    """Options of a call as PyTorch hands them on; ``requires_grad`` is set afterwards."""
    options = {name: value for name, value in kwargs.items() if value is not None and name != "requires_grad"}
    if options.get("layout", torch.strided) is torch.strided:
        options.pop("layout", None) if "layout" not in kwargs else None
    if device is not None and "device" not in options:
        options["device"] = device
    if "device" in options:
        options["device"] = torch.device(options["device"])
    return options | {"pin_memory": bool(options.get("pin_memory", False))}


def _made(name: str) -> Rule:
    """The rule for a function that makes a tensor of numbers."""

    def rule(ask: Ask, *args: Any, **kwargs: Any) -> Tensor:
        options = _placed(kwargs, torch.get_default_device())
        result: Tensor = ask(getattr(aten, name), *args, **options)
        return result.requires_grad_() if kwargs.get("requires_grad") else result

    return rule


def _made_like(name: str) -> Rule:
    """The rule for a function that makes a tensor by the example of another."""

    def rule(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = ask(getattr(aten, name), input, *args, **_placed(kwargs, None))
        return result.requires_grad_() if kwargs.get("requires_grad") else result

    return rule


def eye(ask: Ask, n: int, m: int | None = None, **kwargs: Any) -> Tensor:
    """The identity; one that is not square is an overload of its own."""
    return _made("eye")(ask, n, *(() if m is None else (m,)), **kwargs)


def arange(ask: Ask, *args: Any, **kwargs: Any) -> Tensor:
    """Numbers up to an end; with a beginning and a step it is an overload of its own."""
    return _made("arange")(ask, *args, **kwargs)


def normal(ask: Ask, mean: Any, std: Any = 1, *size: Any, **kwargs: Any) -> Tensor:
    """Normal numbers of a size, or with the mean or deviation of each."""
    if size:
        return _made("normal")(ask, float(mean), float(std), *size, **kwargs)
    kinds = ["Tensor" if isinstance(each, Tensor) else "float" for each in (mean, std)]
    return ask(getattr(aten.normal, "_".join(kinds)), mean, std, **kwargs)


_MAKING = (
    "empty", "empty_strided", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "randperm",
    "scalar_tensor", "zeros", "tril_indices", "triu_indices",
)  # fmt: skip
_LIKE = ("empty_like", "full_like", "ones_like", "rand_like", "randint_like", "randn_like", "zeros_like")
_NEW = ("new_empty", "new_full", "new_ones", "new_zeros", "new_empty_strided")

RULES: dict[str, Rule] = {
    **{name: _made(name) for name in _MAKING},
    **{name: _made_like(name) for name in _LIKE + _NEW},
    "arange": arange,
    "eye": eye,
    "normal": normal,
}
