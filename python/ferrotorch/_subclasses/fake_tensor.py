"""Tensors without elements that stand for those of a device: there are none here, device ``"meta"`` has their like."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

from ferrotorch import _C

__all__ = ["FakeTensor", "FakeTensorMode", "is_fake"]

_ABSENT = "ferrotorch has no fake tensors: tensors on device 'meta' have a shape and a dtype without elements"


class FakeTensor(_C.Tensor):
    """A tensor without elements, which cannot be made here. ``isinstance`` of it is False."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: there are no such tensors."""
        raise RuntimeError(_ABSENT)


class FakeTensorMode:
    """A block that makes such tensors, which cannot be entered here.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(_ABSENT)


@contextlib.contextmanager
def unset_fake_temporarily() -> Iterator[None]:
    """A block in which no mode makes such tensors, as everywhere."""
    yield None


def is_fake(x: Any) -> bool:
    """False: there are no such tensors."""
    return False
