"""Tensors whose parts lie in several processes: there are none here, and no tensor is one of them."""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch import _C

__all__ = ["DTensor"]


class DTensor(_C.Tensor):
    """A tensor whose parts lie in several processes, which cannot be made here. ``isinstance`` of it is False."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: there are no groups of processes."""
        raise RuntimeError("DTensor: ferrotorch has no groups of processes. Use ordinary tensors in one process")
