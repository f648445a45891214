"""What PyTorch has as ``torch._C._functorch``: questions about the tensors inside of transforms."""

from __future__ import annotations

import enum
from typing import Any, NoReturn

from ferrotorch import _C

__all__ = ["TransformType", "get_interpreter_stack", "get_unwrapped", "is_batchedtensor", "peek_interpreter_stack"]

Tensor = _C.Tensor
_add_batch_dim, _remove_batch_dim = _C._add_batch_dim, _C._remove_batch_dim


def is_batchedtensor(tensor: Tensor) -> bool:
    """Is it a sample inside of ``vmap``?"""
    return bool(_C._levels(tensor))


def is_legacy_batchedtensor(tensor: Tensor) -> bool:
    """Is it a sample of PyTorch's first ``vmap``? There are none."""
    return False


def is_functorch_wrapped_tensor(tensor: Tensor) -> bool:
    """Does a transform stand around it? Of transforms only ``vmap`` makes such tensors here."""
    return is_batchedtensor(tensor)


def is_gradtrackingtensor(tensor: Tensor) -> bool:
    """Is it an object of ``grad``'s own? Derivatives are those of ordinary tensors."""
    return False


def get_unwrapped(tensor: Tensor) -> Tensor:
    """All samples of one, with a dimension in front for each ``vmap``; other tensors as they are."""
    return _C._physical(tensor) if _C._levels(tensor) else tensor


def maybe_get_level(tensor: Tensor) -> int:
    """The level of the innermost ``vmap`` that a tensor is a sample of; -1 without one."""
    return _C._levels(tensor).bit_length() or -1


def maybe_current_level() -> int | None:
    """The level of the innermost ``vmap``, if there is one."""
    return len(_C._vmap_frames()) or None


class TransformType(enum.Enum):
    """The kinds of transforms that PyTorch has an interpreter for."""

    Torch = 0
    Vmap = 1
    Grad = 2
    Jvp = 3
    Functionalize = 4


def get_interpreter_stack() -> None:
    """None: no transform is an interpreter of what runs inside it. Derivatives of all levels are taken of ordinary
    tensors, so that a rule of derivatives in Python may be called for any level as it is.
    """
    return None


def peek_interpreter_stack() -> None:
    """None: see :func:`get_interpreter_stack`."""
    return None


def _no_interpreter(name: str) -> NoReturn:
    raise RuntimeError(
        f"{name}: transforms have no interpreters in ferrotorch, and put nothing around tensors but for vmap; "
        "see docs/func.md"
    )


def _wrap_for_grad(tensor: Tensor, level: int) -> Any:
    """Raises RuntimeError: ``grad`` and ``jvp`` put nothing around tensors here."""
    _no_interpreter("torch._C._functorch._wrap_for_grad()")


def _unwrap_for_grad(tensor: Tensor, level: int) -> Any:
    """Raises RuntimeError: ``grad`` and ``jvp`` put nothing around tensors here."""
    _no_interpreter("torch._C._functorch._unwrap_for_grad()")
