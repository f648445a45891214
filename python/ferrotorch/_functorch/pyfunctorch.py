"""The interpreters of transforms, of which there are none here."""

from __future__ import annotations

from typing import Any

from ferrotorch._functorch.extension import TransformType, _no_interpreter

__all__ = ["TransformType", "retrieve_all_functorch_interpreters", "retrieve_current_functorch_interpreter"]


def retrieve_all_functorch_interpreters() -> list[Any]:
    """An empty list: transforms have no interpreters here."""
    return []


def retrieve_current_functorch_interpreter() -> Any:
    """Raises RuntimeError: transforms have no interpreters here."""
    _no_interpreter("torch._functorch.pyfunctorch.retrieve_current_functorch_interpreter()")
