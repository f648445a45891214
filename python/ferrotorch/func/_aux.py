"""What functions return beside the results that are differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.utils._pytree import tree_map


def with_aux(results: Any, what: str) -> tuple[Any, Any]:
    """The parts of a pair.

    Raises:
        RuntimeError: It is no pair.
    """
    if not (isinstance(results, tuple) and len(results) == 2):
        raise RuntimeError(f"{what} should be a tuple: (output, aux) if has_aux is True")
    return results


def map_aux(function: Callable[[Tensor], Tensor], aux: Any) -> Any:
    """The second part with a function of each of its tensors.

    Raises:
        RuntimeError: It holds something that is no tensor.
    """

    def mapped(leaf: Any) -> Tensor:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(leaf)}")
        return function(leaf)

    return tree_map(mapped, aux)
