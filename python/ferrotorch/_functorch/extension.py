"""What PyTorch has as ``torch._C._functorch``: questions about the tensors inside of transforms."""

from __future__ import annotations

from ferrotorch import _C

__all__ = ["get_unwrapped", "is_batchedtensor"]

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
