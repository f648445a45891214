"""Sparse inputs of gradchecks: the function is differentiated by their values, and they are built of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._conversion import in_form_of
from ferrotorch.sparse._doors import at_pattern, build
from ferrotorch.sparse._handles import Handle, handle_of


def by_values(
    func: Callable[..., Any], inputs: tuple[Any, ...], masked: bool
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A function of the values of the sparse inputs that want gradients, and the inputs with these in their place.

    Args:
        func: the function that is checked.
        inputs: what it takes.
        masked: is what a sparse input does not store no variable? Otherwise all of it is stored first.
    """
    given = list(inputs)
    handles: dict[int, Handle] = {}
    for i, x in enumerate(inputs):
        handle = handle_of(x)
        if handle is None or not x.requires_grad:
            continue
        handles[i] = handle if masked else _everywhere(x, handle)
        given[i] = at_pattern(x.detach(), handles[i]).clone().requires_grad_()
    if not handles:
        return func, inputs

    def of_values(*args: Any) -> Any:
        points = [build(arg, handles[i]) if i in handles else arg for i, arg in enumerate(args)]
        outputs = func(*points)
        listed = [outputs] if isinstance(outputs, Tensor) else outputs
        if any(handle_of(output) is not None for output in listed):
            raise ValueError(
                "Sparse output is not supported at gradcheck yet. Please call to_dense(masked_grad=...) on the output "
                "of fn for gradcheck."
            )
        return outputs

    return of_values, tuple(given)


def _everywhere(x: Tensor, handle: Any) -> Handle:
    """The pattern of a tensor of the same form that stores all elements."""
    ones = torch.ones(x.shape, dtype=x.dtype, device=x.device)
    found = handle_of(in_form_of(ones, handle))
    assert found is not None
    return found
