"""The older place of ``vmap``, and a form of it whose results may be absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._functorch.vmap import vmap

__all__ = ["vmap"]


def _vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, allow_none_pass_through: bool = False
) -> Callable[..., Any]:
    """:func:`ferrotorch.vmap`; with ``allow_none_pass_through`` items of a tuple that ``func`` returns may be None."""
    if not allow_none_pass_through:
        return vmap(func, in_dims, out_dims)

    def of_all(*args: Any) -> tuple[Any, ...]:
        is_absent: list[bool] = []

        def present(*samples: Any) -> tuple[Any, ...]:
            results = func(*samples)
            is_absent[:] = [result is None for result in results]
            return tuple(result for result in results if result is not None)

        results = iter(vmap(present, in_dims, out_dims)(*args))
        return tuple(None if absent else next(results) for absent in is_absent)

    return of_all
