"""The keyword ``out`` of functions that are composed of others."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors, type_name
from ferrotorch._composite import is_around

Tensor = _C.Tensor


def write_out(
    name: str, result: Tensor, out: Tensor | None, *, own_dtype: bool = False, inputs: Iterable[object] = ()
) -> Tensor:
    """``result``, or where ``out`` is given that tensor, resized and filled with it.

    Raises:
        RuntimeError: ``out`` has a dtype that cannot hold the result, or with ``own_dtype`` any but the result's; a
            gradient would have to go through ``out``; ``out`` shares part of its memory with one of ``inputs``.
    """
    if out is None:
        return result
    require_tensors(name, out=out)
    _C._refuse_overlap(name, out, [x for x in inputs if isinstance(x, Tensor)], False)
    if own_dtype and result.dtype is not out.dtype:
        raise RuntimeError(
            f"{name}(): Expected object of scalar type {type_name(result)} but got scalar type {type_name(out)} "
            "for argument 'out'"
        )
    _C._store_out(name, result, out)
    return out


def with_out(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function with the keyword ``out`` added: the tensor that takes the result."""
    return _with_out(function, own_dtype=False)


def with_out_of_own_dtype(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """:func:`with_out` for functions whose ``out`` must have the dtype of the result."""
    return _with_out(function, own_dtype=True)


def _with_out(function: Callable[..., Tensor], *, own_dtype: bool) -> Callable[..., Tensor]:
    @functools.wraps(function)
    def stored(*args: Any, out: Tensor | None = None, **kwargs: Any) -> Tensor:
        result = function(*args, **kwargs)
        if out is None:
            return result
        inputs = (*args, *kwargs.values())
        return write_out(function.__name__, result, out, own_dtype=own_dtype, inputs=inputs)

    signature = inspect.signature(function)
    out = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Tensor | None")
    stored.__signature__ = signature.replace(parameters=[*signature.parameters.values(), out])  # type: ignore[attr-defined]
    is_around(stored, function)
    return stored
