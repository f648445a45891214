"""The older names of :mod:`ferrotorch.library`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import library

__all__ = ["custom_op", "get_ctx", "impl", "impl_abstract"]

get_ctx = library.get_ctx
impl_abstract = library.impl_abstract


def custom_op(qualname: str, func_or_schema: Any = None) -> Any:
    """Define an op by a schema, or by the annotations of a function whose body is not used. A decorator without one."""
    if isinstance(func_or_schema, str):
        return library.define(qualname, func_or_schema)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        library.define(qualname, library.infer_schema(function, mutates_args=()))
        return function

    return decorate if func_or_schema is None else decorate(func_or_schema)


def impl(qualname: str, *, device_types: Any = ("cpu", "cuda"), func: Callable[..., Any] | None = None) -> Any:
    """Register a kernel for an op on kinds of devices. A decorator without ``func``."""
    return library.register_kernel(qualname, device_types, func)
