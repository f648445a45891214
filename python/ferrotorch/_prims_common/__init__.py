"""Questions about dtypes, shapes and strides by the names that packages know: those of PyTorch's primitive ops."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._prims_common._shapes import (
    canonicalize_dim,
    canonicalize_dims,
    compute_required_storage_length,
    infer_size,
    is_contiguous,
    make_channels_last_strides_for,
    make_contiguous_strides_for,
    reduction_dims,
    suggest_memory_format,
)

__all__ = [
    "ELEMENTWISE_TYPE_PROMOTION_KIND", "DeviceLikeType", "NumberType", "ShapeType", "StrideType", "canonicalize_dim",
    "canonicalize_dims", "compute_required_storage_length", "corresponding_complex_dtype", "corresponding_real_dtype",
    "dtype_to_type", "elementwise_dtypes", "get_computation_dtype", "infer_size", "is_boolean_dtype",
    "is_complex_dtype", "is_contiguous", "is_float_dtype", "is_integer_dtype", "make_channels_last_strides_for",
    "make_contiguous_strides_for", "reduction_dims", "suggest_memory_format", "type_to_dtype",
]  # fmt: skip

dtype = _C.dtype
DeviceLikeType: TypeAlias = str | _C.device | int
ShapeType: TypeAlias = Sequence[int]
StrideType: TypeAlias = Sequence[int]
NumberType: TypeAlias = bool | int | float | complex

_COMPLEX = {torch.float16: torch.complex32, torch.float32: torch.complex64, torch.float64: torch.complex128}
_REAL = {complex_: real for real, complex_ in _COMPLEX.items()}
# What a sum is kept in: a narrow float in the next wider one.
_WIDER = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.complex32: torch.complex64}


class ELEMENTWISE_TYPE_PROMOTION_KIND(enum.Enum):
    """How the dtype of a result follows from that of the inputs, of which there are so many kinds of ops."""

    DEFAULT = (0,)
    NO_OPMATH = (1,)
    INT_TO_FLOAT = (2,)
    ALWAYS_BOOL = (3,)
    COMPLEX_TO_FLOAT = (4,)
    BOOL_TO_LONG = (5,)


def is_boolean_dtype(dtype: dtype) -> bool:
    """Is it ``torch.bool``?"""
    return dtype is torch.bool


def is_float_dtype(dtype: dtype) -> bool:
    """Is it one of floating point numbers?"""
    return dtype.is_floating_point


def is_complex_dtype(dtype: dtype) -> bool:
    """Is it one of complex numbers?"""
    return dtype.is_complex


def is_integer_dtype(dtype: dtype) -> bool:
    """Is it one of integers? ``torch.bool`` is not."""
    return not (dtype.is_floating_point or dtype.is_complex or dtype is torch.bool)


def corresponding_real_dtype(dtype: dtype) -> dtype:
    """The dtype of the real part of complex numbers."""
    return _REAL[dtype]


def corresponding_complex_dtype(dtype: dtype) -> dtype:
    """The dtype of complex numbers whose parts have a dtype.

    Raises:
        ValueError: there is none, as for bfloat16.
    """
    if dtype not in _COMPLEX:
        raise ValueError(f"corresponding_complex_dtype(): there are no complex numbers of {dtype}")
    return _COMPLEX[dtype]


def get_computation_dtype(dtype: dtype) -> dtype:
    """The dtype in which ops compute: for numbers of two bytes the next wider one."""
    return _WIDER.get(dtype, dtype)


def dtype_to_type(dtype: dtype) -> type:
    """Python's type of numbers of a dtype: bool, int, float or complex."""
    if dtype is torch.bool:
        return bool
    if dtype.is_complex:
        return complex
    return float if dtype.is_floating_point else int


def type_to_dtype(typ: type) -> dtype:
    """The dtype that Python's numbers become.

    Raises:
        ValueError: a type of no numbers.
    """
    found = {bool: torch.bool, int: torch.int64, float: torch.get_default_dtype()}
    if typ is complex:
        return corresponding_complex_dtype(torch.get_default_dtype())
    if typ not in found:
        raise ValueError(f"Invalid type {typ}!")
    return found[typ]


def elementwise_dtypes(*_args: Any, type_promotion_kind: ELEMENTWISE_TYPE_PROMOTION_KIND) -> tuple[dtype, dtype]:
    """The dtypes in which an elementwise op computes and that its result has.

    Args:
        _args: tensors and numbers; None is left out.
        type_promotion_kind: how the result's dtype follows.

    Raises:
        ValueError: another argument, or none.
    """
    given = [arg for arg in _args if arg is not None]
    for arg in given:
        if not isinstance(arg, (_C.Tensor, bool, int, float, complex)):
            raise ValueError(f"Unexpected type {type(arg)} when computing elementwise type promotion!")
    if not given:
        raise ValueError("elementwise_dtypes() needs a tensor or a number")
    promoted = _promoted(given)
    kind = ELEMENTWISE_TYPE_PROMOTION_KIND
    if type_promotion_kind is kind.NO_OPMATH:
        return promoted, promoted
    if type_promotion_kind is kind.INT_TO_FLOAT and not (promoted.is_floating_point or promoted.is_complex):
        promoted = torch.get_default_dtype()
    if type_promotion_kind is kind.BOOL_TO_LONG and promoted is torch.bool:
        return torch.int64, torch.int64
    computed = get_computation_dtype(promoted)
    if type_promotion_kind is kind.ALWAYS_BOOL:
        return computed, torch.bool
    if type_promotion_kind is kind.COMPLEX_TO_FLOAT and promoted.is_complex:
        return computed, corresponding_real_dtype(promoted)
    return computed, promoted


def _promoted(given: list[Any]) -> dtype:
    """The dtype that tensors and numbers promote to: tensors with dimensions come first, then those without, then
    numbers, and what comes later counts only where it is of a higher kind.
    """
    dtypes = [
        [arg.dtype for arg in given if isinstance(arg, _C.Tensor) and arg.dim() > 0],
        [arg.dtype for arg in given if isinstance(arg, _C.Tensor) and arg.dim() == 0],
        [type_to_dtype(type(arg)) for arg in given if not isinstance(arg, _C.Tensor)],
    ]
    groups = [reduce(torch.promote_types, group) for group in dtypes if group]
    # An empty vector stands for tensors with dimensions, a number of a dtype for what counts less.
    found = groups[0]
    for lesser in groups[1:]:
        found = torch.result_type(torch.empty(0, dtype=found), torch.empty((), dtype=lesser))
    return found
