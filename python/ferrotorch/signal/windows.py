"""Windows of M samples, symmetric or (``sym=False``) one period of a periodic function.

All take ``dtype`` (float32 or float64, else the default dtype), ``layout``, ``device`` and ``requires_grad``, and
return shape ``(M,)``. Formulas: Harris, "On the use of windows for harmonic analysis with the discrete Fourier
transform", 1978; Nuttall, "Some windows with very good sidelobe behavior", 1981.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]

_BLACKMAN = (0.42, 0.5, 0.08)
_NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def _points(name: str, M: int, start: float, step: float, dtype: Any, layout: Any, device: Any) -> Tensor:
    """``step (start + n)`` for n = 0 ... M - 1.

    Raises:
        ValueError: a negative M, a layout other than strided, or a dtype other than float32 and float64.
    """
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not None and layout is not torch.strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return torch.linspace(start * step, (start + M - 1) * step, M, dtype=dtype, device=device)


def _intervals(M: int, sym: bool) -> int:
    """How many steps make the whole window; 1 where there is a single sample."""
    return max(M - 1 if sym else M, 1)


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``sum_i (-1)^i a_i cos(2 pi i n / (M - 1))``.

    Raises:
        TypeError: ``a`` is no iterable.
        ValueError: ``a`` is empty.
    """
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    coefficients = list(a)
    if not coefficients:
        raise ValueError("Coefficients cannot be empty")
    k = _points("general_cosine", M, 0, 2 * math.pi / _intervals(M, sym), dtype, layout, device)
    if M == 1:
        return torch.ones_like(k).requires_grad_(requires_grad)
    total = torch.zeros_like(k)
    for i, coefficient in enumerate(coefficients):
        total = total + (-1) ** i * coefficient * torch.cos(i * k)
    return total.requires_grad_(requires_grad)


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``alpha - (1 - alpha) cos(2 pi n / (M - 1))``."""
    return general_cosine(
        M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hamming(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``0.54 - 0.46 cos(2 pi n / (M - 1))``."""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hann(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``sin(pi n / (M - 1))^2``."""
    return general_hamming(
        M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def blackman(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``0.42 - 0.5 cos(2 pi n / (M - 1)) + 0.08 cos(4 pi n / (M - 1))``."""
    return general_cosine(
        M, a=_BLACKMAN, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def nuttall(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Nuttall's minimum 4-term Blackman-Harris window."""
    return general_cosine(
        M, a=_NUTTALL, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def bartlett(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``1 - |2 n / (M - 1) - 1|``."""
    k = _points("bartlett", M, 0, 2 / _intervals(M, sym), dtype, layout, device)
    if M == 1:
        return torch.ones_like(k).requires_grad_(requires_grad)
    return (1 - torch.abs(k - 1)).requires_grad_(requires_grad)


def cosine(
    M: int, *, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``sin(pi (n + 0.5) / M)``."""
    step = math.pi / max(M + 1 if not sym and M > 1 else M, 1)
    return torch.sin(_points("cosine", M, 0.5, step, dtype, layout, device)).requires_grad_(requires_grad)


def _center(M: int, sym: bool) -> float:
    return (M if not sym and M > 1 else M - 1) / 2.0


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``exp(-|n - center| / tau)``; ``center`` is the middle unless given.

    Raises:
        ValueError: ``tau`` not positive, or a center for a symmetric window.
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be 'None' for symmetric windows")
    center = _center(M, sym) if center is None else center
    k = _points("exponential", M, -center, 1 / tau, dtype, layout, device)
    return torch.exp(-torch.abs(k)).requires_grad_(requires_grad)


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``exp(-((n - (M - 1) / 2) / std)^2 / 2)``.

    Raises:
        ValueError: ``std`` not positive.
    """
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    k = _points("gaussian", M, -_center(M, sym), 1 / (std * math.sqrt(2)), dtype, layout, device)
    return torch.exp(-(k**2)).requires_grad_(requires_grad)


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``I0(sqrt(beta^2 - k^2)) / I0(beta)`` with ``k`` rising from ``-beta`` to ``beta``.

    Raises:
        ValueError: a negative ``beta``.
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    intervals = _intervals(M, sym)
    k = _points("kaiser", M, -intervals / 2, 2 * beta / intervals, dtype, layout, device)
    if M == 1:
        return torch.ones_like(k).requires_grad_(requires_grad)
    # Rounding may leave the last point beyond the end.
    inside = (beta * beta - k**2).clamp(min=0)
    return (torch.i0(torch.sqrt(inside)) / torch.i0(torch.full_like(k, beta))).requires_grad_(requires_grad)
