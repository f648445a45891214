"""What one may ask of a tensor."""

from __future__ import annotations

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


METHODS = named(is_floating_point, is_complex, is_nonzero, is_signed, get_device, is_same_size, is_set_to)
IN_PLACE: Table = {}
_WITHOUT_METHOD = named(numel, is_conj, is_neg, is_inference, detach, detach_)
FUNCTIONS = {name: f for name, f in METHODS.items() if name != "is_set_to"} | _WITHOUT_METHOD
