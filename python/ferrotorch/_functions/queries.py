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


METHODS = named(is_floating_point, is_complex, is_nonzero)
IN_PLACE: Table = {}
FUNCTIONS = METHODS | named(numel, is_conj, is_neg, is_inference)
