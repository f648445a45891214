"""What one may ask of a tensor."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor


def numel(input: Tensor) -> int:
    """Number of elements."""
    require_tensors("numel", input=input)
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    """Is the dtype float16, bfloat16, float32 or float64?"""
    if not isinstance(input, Tensor):
        require_tensors("is_floating_point", input=input)
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Is the dtype complex?"""
    if not isinstance(input, Tensor):
        require_tensors("is_complex", input=input)
    return input.dtype.is_complex


def is_conj(input: Tensor) -> bool:
    """A view whose elements are still to be conjugated?"""
    require_tensors("is_conj", input=input)
    return input.is_conj()


def is_neg(input: Tensor) -> bool:
    """A view whose elements are still to be negated?"""
    require_tensors("is_neg", input=input)
    return input.is_neg()


def is_inference(input: Tensor) -> bool:
    """Was the tensor made in inference mode?"""
    require_tensors("is_inference", input=input)
    return input.is_inference()


def is_nonzero(input: Tensor) -> bool:
    """Is the single element not zero?"""
    require_tensors("is_nonzero", input=input)
    if input.numel() != 1:
        raise RuntimeError("Boolean value of Tensor with other than one value is ambiguous")
    return bool(input)


def is_signed(input: Tensor) -> bool:
    """Can the dtype hold negative numbers?"""
    require_tensors("is_signed", input=input)
    return input.dtype.is_signed


def get_device(input: Tensor) -> int:
    """Number of the device; -1 for the host."""
    require_tensors("get_device", input=input)
    return -1 if input.device.index is None else input.device.index


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Are the shapes the same?"""
    require_tensors("is_same_size", input=input, other=other)
    return input.shape == other.shape


def dim_order(input: Tensor, *, ambiguity_check: bool | list[Any] = False) -> tuple[int, ...]:
    """The dimensions from the outermost in memory to the innermost.

    Args:
        input: a tensor.
        ambiguity_check: True: there must be one such order alone; a list of memory formats: or the tensor must be
            contiguous in one of these alone.

    Raises:
        RuntimeError: there are several orders.
        TypeError: ``ambiguity_check`` is something else.
    """
    require_tensors("dim_order", input=input)
    formats = ambiguity_check if isinstance(ambiguity_check, list) else []
    if not isinstance(ambiguity_check, bool | list) or not all(isinstance(f, _C.memory_format) for f in formats):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    strides = input.stride()
    # An empty list of formats is a check, too: no format fits.
    if ambiguity_check is not False:
        if 0 in strides:
            raise RuntimeError("The tensor does not have unique dim order.")
        is_ambiguous = 1 in input.shape or len(set(strides)) < len(strides)
        if is_ambiguous and sum(input.is_contiguous(memory_format=f) for f in formats) != 1:
            raise RuntimeError(
                "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
            )
    return tuple(_by_stride(strides))


def _by_stride(strides: tuple[int, ...]) -> list[int]:
    """Dimensions by falling strides; one without a step stays where it is."""
    order = list(range(len(strides)))
    for i in range(1, len(order)):
        for j in range(i, 0, -1):
            outer, inner = strides[order[j - 1]], strides[order[j]]
            if outer == 0 or inner == 0 or outer >= inner:
                break
            order[j - 1], order[j] = order[j], order[j - 1]
    return order


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Do both show the same elements of the same memory?"""
    require_tensors("is_set_to", input=input, tensor=tensor)
    return (
        input.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()
        and input.device == tensor.device
        and input.storage_offset() == tensor.storage_offset()
        and input.shape == tensor.shape
        and input.stride() == tensor.stride()
    )


def detach(input: Tensor) -> Tensor:
    """A view of the tensor without history."""
    require_tensors("detach", input=input)
    return input.detach()


def detach_(input: Tensor) -> Tensor:
    """Cut the tensor off its history, in place."""
    require_tensors("detach_", input=input)
    return input.detach_()


METHODS = named(is_floating_point, is_complex, is_nonzero, is_signed, get_device, is_same_size, is_set_to, dim_order)
IN_PLACE: Table = {}
_WITHOUT_METHOD = named(numel, is_conj, is_neg, is_inference, detach, detach_)
FUNCTIONS = {name: f for name, f in METHODS.items() if name not in ("is_set_to", "dim_order")} | _WITHOUT_METHOD
