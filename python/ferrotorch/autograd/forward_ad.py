"""Forward mode: derivatives in a direction, which go along with the values.

A dual tensor is a tensor with a tangent. What is computed from dual tensors is dual, its tangent being the derivative
of what is computed in the direction that the tangents give: for ``y = f(x)`` the product of the Jacobian of ``f`` and
the tangent of ``x``. That takes one run of ``f``, whatever the number of results, and needs no graph.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from ferrotorch import _C
from ferrotorch.autograd._transforms import dual, parts_of_dual
from ferrotorch.autograd.grad_mode import _Mode

Tensor = _C.Tensor

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class _Levels(threading.local):
    """The levels that are open on this thread, the innermost last."""

    def __init__(self) -> None:
        self.open: list[int] = []


_levels = _Levels()


def __getattr__(name: str) -> int:
    """``_current_level``: the innermost level of this thread, -1 where there is none."""
    if name == "_current_level":
        return len(_levels.open) - 1
    raise AttributeError(f"module 'ferrotorch.autograd.forward_ad' has no attribute {name!r}")


def _native(level: int | None) -> int | None:
    """The level as the core counts it; None where there is no such level."""
    at = len(_levels.open) - 1 if level is None else level
    return _levels.open[at] if 0 <= at < len(_levels.open) else None


def enter_dual_level() -> int:
    """Open a level, at which tensors can have tangents; returns its number.

    Raises:
        RuntimeError: There is a level already. Derivatives of derivatives are what `torch.func.jvp` is for.
    """
    if _levels.open:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.open.append(_C._enter_dual_level())
    return len(_levels.open) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level. The tangents of all tensors at the level are gone.

    Raises:
        RuntimeError: It is not the one that was opened last.
    """
    last = len(_levels.open) - 1
    if last < 0 and level in (None, last):
        raise RuntimeError("Dual level must be a positive number.")
    if level not in (None, last):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    _C._exit_dual_level(_levels.open[last])
    _levels.open.pop()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A dual tensor: it shares the data of ``tensor``, and its tangent is ``tangent``.

    Both must have the same shape and be on one device. The tangent is copied if it lies in memory in another way, or is
    of another dtype than the tensor. The result has the history of ``tensor``.

    Raises:
        RuntimeError: There is no level; the shapes or devices differ; or one of the two has a tangent at the level.
        ValueError: One of the two is neither floating point nor complex.
    """
    number = _native(level)
    if number is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, part in (("primal", tensor), ("tangent", tangent)):
        if not (part.is_floating_point() or part.is_complex()):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {part.dtype}")
    return dual(tensor, tangent, number)


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns: the tensor without its tangent, and the tangent, None where it has none."""

    primal: Tensor
    tangent: Tensor | None


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """A dual tensor's two parts. The first shares its data and has its history; outside of a level it is the tensor."""
    number = _native(level)
    if number is None:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(*parts_of_dual(tensor, number))


class dual_level(_Mode):
    """A level of forward mode, for a ``with`` block or as a decorator.

    Example::

        with dual_level():
            y, product = unpack_dual(f(make_dual(x, v)))

    Levels cannot be nested; `torch.func.jvp` can.
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exception: object) -> None:
        exit_dual_level()


_is_fwd_grad_enabled = _C._is_fwd_grad_enabled


class _set_fwd_grad_enabled(_Mode):
    """Whether results get tangents: set when it is made, and back when the block ends."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self.prev = _C._set_fwd_grad_enabled(mode)

    def clone(self) -> _set_fwd_grad_enabled:
        """Another manager for the same setting."""
        return type(self)(self.mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _C._set_fwd_grad_enabled(self.prev)
