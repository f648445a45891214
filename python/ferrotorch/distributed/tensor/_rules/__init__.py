"""For kinds of functions: how inputs have to lie in a mesh, and how the result does."""

from __future__ import annotations

from ferrotorch.distributed.tensor._rules import (
    _creation,
    _joins,
    _layers,
    _losses,
    _pointwise,
    _products,
    _reductions,
    _views,
)

__all__ = ["_creation", "_joins", "_layers", "_losses", "_pointwise", "_products", "_reductions", "_views"]
