"""Helpers for functions that say how an operator is exported; nothing is exported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["parse_args", "quantized_args"]

F = TypeVar("F", bound=Callable[..., Any])


def parse_args(*arg_descriptors: str) -> Callable[[F], F]:
    """A decorator that leaves the function, which only an export would call, as it is."""
    return lambda function: function


def quantized_args(*arg_q_descriptors: bool, **kwargs: Any) -> Callable[[F], F]:
    """A decorator that leaves the function, which only an export would call, as it is."""
    return lambda function: function
