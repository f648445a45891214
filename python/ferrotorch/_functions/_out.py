"""The keyword ``out`` of functions that are composed of others."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors

Tensor = _C.Tensor


def write_out(name: str, result: Tensor, out: Tensor | None) -> Tensor:
    """``result``, or where ``out`` is given that tensor, resized and filled with it.

    Raises:
        RuntimeError: ``out`` has a dtype that cannot hold the result.
    """
    if out is None:
        return result
    require_tensors(name, out=out)
    if not _C.can_cast(result.dtype, out.dtype):
        raise RuntimeError(f"{name}(): result type {result.dtype} can't be cast to the desired output type {out.dtype}")
    if out.shape != result.shape:
        out.resize_(result.shape)
    return out.copy_(result)


def with_out(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function with the keyword ``out`` added: the tensor that takes the result."""

    @functools.wraps(function)
    def stored(*args: Any, out: Tensor | None = None, **kwargs: Any) -> Tensor:
        return write_out(function.__name__, function(*args, **kwargs), out)

    signature = inspect.signature(function)
    out = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Tensor | None")
    stored.__signature__ = signature.replace(parameters=[*signature.parameters.values(), out])  # type: ignore[attr-defined]
    return stored
