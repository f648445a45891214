"""Short names of dtypes, as listings of graphs show them."""

from __future__ import annotations

import ferrotorch as torch

__all__ = ["dtype_abbrs"]

_KINDS = {"float": "f", "int": "i", "uint": "u", "complex": "c", "bfloat": "bf"}


def _abbreviation(name: str) -> str:
    """``float32`` as ``f32``."""
    kind = name.rstrip("0123456789")
    return f"{_KINDS[kind]}{name.removeprefix(kind)}" if kind in _KINDS else "b8"


dtype_abbrs = {
    value: _abbreviation(str(value).rpartition(".")[2])
    for value in vars(torch).values()
    if isinstance(value, torch.dtype)
}
