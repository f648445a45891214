"""Parts of PyTorch's programs of several processes that are not here."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["Absent"]


class Absent:
    """The base of classes that are there to be asked for by ``isinstance``, and of which there are no objects."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: it cannot be made."""
        raise RuntimeError(f"{cls.__name__}: ferrotorch has none; processes find one another by MPI or a store")
