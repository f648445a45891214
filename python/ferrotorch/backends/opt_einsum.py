"""The package ``opt_einsum``, which orders the products of an ``einsum``: it is not used here."""

from __future__ import annotations

from typing import Any

__all__ = ["get_opt_einsum", "is_available"]

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """False: products are taken from left to right."""
    return False


def get_opt_einsum() -> Any:
    """None: products are taken from left to right."""
    return None
