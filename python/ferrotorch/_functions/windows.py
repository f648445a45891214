"""``hann_window`` and its like: windows that are periodic unless told otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _interception
from ferrotorch._C import Tensor

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(
    name: str, length: int, periodic: bool, formula: Callable[[Tensor], Tensor], options: dict[str, Any]
) -> Tensor:
    """The formula at ``n / N`` for n = 0 ... length - 1, N being the length of the period.

    Raises:
        RuntimeError: a negative length, or a dtype that is not real floating point.
    """
    requires_grad = options.pop("requires_grad")
    dtype = torch.get_default_dtype() if options["dtype"] is None else torch._C._dtype_of(options["dtype"])
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtype}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    if length <= 1:
        return torch.ones(length, requires_grad=requires_grad, **options)
    steps = length if periodic else length - 1
    n = torch.arange(length, dtype=torch.float64, device=options["device"])
    return formula(n / steps).to(dtype).requires_grad_(requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``alpha - beta cos(2 pi n / N)``, of shape ``(window_length,)``."""
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    formula = lambda x: alpha - beta * torch.cos(2 * math.pi * x)  # noqa: E731
    return _window("hamming_window", window_length, periodic, formula, options)


def hann_window(
    window_length: int, periodic: bool = True, *,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``sin(pi n / N)^2``, of shape ``(window_length,)``."""
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("hann_window", window_length, periodic, lambda x: torch.sin(math.pi * x) ** 2, options)


def blackman_window(
    window_length: int, periodic: bool = True, *,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N)``, of shape ``(window_length,)``."""
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    formula = lambda x: 0.42 - 0.5 * torch.cos(2 * math.pi * x) + 0.08 * torch.cos(4 * math.pi * x)  # noqa: E731
    return _window("blackman_window", window_length, periodic, formula, options)


def bartlett_window(
    window_length: int, periodic: bool = True, *,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``1 - |2 n / N - 1|``, of shape ``(window_length,)``."""
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("bartlett_window", window_length, periodic, lambda x: 1 - torch.abs(2 * x - 1), options)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta)``, of shape ``(window_length,)``."""
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    height = torch.i0(torch.tensor(beta, dtype=torch.float64, device="cpu")).item()
    formula = lambda x: torch.i0(beta * torch.sqrt(1 - (2 * x - 1) ** 2)) / height  # noqa: E731
    return _window("kaiser_window", window_length, periodic, formula, options)


_interception.functions(globals(), __all__)
