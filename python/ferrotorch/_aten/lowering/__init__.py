"""What dispatch modes see of the package's functions: the ops of which PyTorch makes them, below its autograd.

A function such as ``linear`` is one op here. A mode is asked about ``aten.t`` and ``aten.addmm`` instead, and their
results stand for the result: each rule takes `ask`, which puts an op with its arguments to the mode, and the arguments
of the package's op. An op may be named without its overload, which follows from the arguments then.

Functions that are composed in Python have rules by their names as well; those see the arguments as they were given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["DISPATCHED", "composed_rules", "rule_for"]

Rule = Callable[..., Any]

# Ops with rules for some of their calls that PyTorch dispatches as they are, where they are called by their overloads.
DISPATCHED = frozenset(
    [
        "arange", "div", "elu", "empty", "empty_like", "empty_strided", "eye", "floor_divide", "full", "full_like",
        "linspace", "logspace", "max", "min", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros",
        "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
        "randperm", "remainder", "roll", "scalar_tensor", "select", "sort", "split", "std", "std_mean", "sub",
        "tril_indices", "triu_indices", "var", "var_mean", "where", "zeros", "zeros_like",
    ]
)  # fmt: skip


@cache
def _of_ops() -> dict[str, Rule]:
    from ferrotorch._aten.lowering import algebra, creation, layers, names, shapes

    return {**names.RULES, **algebra.RULES, **creation.RULES, **shapes.RULES, **layers.RULES}


def rule_for(name: str) -> Rule | None:
    """The rule for an op of ``aten`` by its name; None for one that modes see as it is."""
    return _of_ops().get(name)


@cache
def composed_rules() -> dict[str, Rule]:
    """The rules for functions and methods that are no ops here, by the last part of their names."""
    from ferrotorch._aten.lowering import (
        attention,
        composed,
        contractions,
        indexing,
        losses,
        reading,
        recurrent,
    )

    parts = (attention, recurrent, composed, contractions, losses, indexing, reading)
    return {name: rule for part in parts for name, rule in part.RULES.items()}
