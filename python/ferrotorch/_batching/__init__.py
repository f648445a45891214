"""What ops do with batched tensors, where that takes more than counting dimensions differently.

The native gate (``rust/python/src/batching``) calls :func:`apply` for ops that are declared with a rule, and
:func:`draw`
for random ones. A rule is a function of the op's name and parameters; it gets batched tensors, whose hidden
dimensions it mostly need not know of, because it is written in other ops.
"""

from __future__ import annotations

from typing import Any

from ferrotorch._batching import (
    _creation,
    _index,
    _join,
    _layers,
    _linalg,
    _losses,
    _order,
    _products,
    _reduce,
    _views,
)
from ferrotorch._batching._random import draw

__all__ = ["RULES", "apply", "draw"]

RULES: dict[str, Any] = {
    **_views.RULES, **_join.RULES, **_products.RULES, **_layers.RULES, **_losses.RULES, **_index.RULES, **_order.RULES,
    **_reduce.RULES, **_linalg.RULES, **_creation.RULES,
}  # fmt: skip


def apply(name: str, given: dict[str, Any]) -> Any:
    """Run the rule of an op; NotImplemented where it has none: the op then runs on one sample after the other."""
    rule = RULES.get(name)
    return NotImplemented if rule is None else rule(**given)
