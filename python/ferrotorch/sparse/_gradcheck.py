"""Checks of gradients by sparse tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import build
from ferrotorch.sparse._handles import handle_of


def _filled(x: Tensor) -> Tensor:
    """The tensor with all of its elements stored, zeros too."""
    dense = _conversion.to_dense(x.detach())
    everywhere = torch.ones_like(dense)
    handle = handle_of(x)
    block = handle.block if getattr(handle, "is_blocked", False) else None
    if str(handle.layout) == "torch.sparse_coo":
        pattern = _conversion.to_sparse(everywhere, handle.sparse_dim)
    else:
        pattern = _conversion.to_compressed(everywhere, handle.layout, block, handle.dense_dim)
    return dense.sparse_mask(pattern)


def as_sparse_gradcheck(gradcheck: Callable[..., bool]) -> Callable[..., bool]:
    """Make a function such as ``torch.autograd.gradcheck`` take sparse tensors among the inputs and as outputs.

    Derivatives are those by the values that are stored with ``masked=True``, and by all elements otherwise.

    Args:
        gradcheck: a function that is called with a function and its inputs.
    """

    @functools.wraps(gradcheck)
    def check(func: Callable[..., Any], inputs: Any, **options: Any) -> bool:
        masked = options.get("masked", False)
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        handles = []
        for i, x in enumerate(given):
            handle = handle_of(x)
            if handle is not None and x.requires_grad:
                handle = handle_of(x if masked else _filled(x))
                given[i] = handle.values.detach().clone().requires_grad_()
            else:
                handle = None
            handles.append(handle)

        def of_values(*args: Any) -> Any:
            built = [x if h is None else build(x, h) for x, h in zip(args, handles, strict=True)]
            outputs = func(*built)
            several = outputs if isinstance(outputs, tuple) else (outputs,)
            dense = tuple(x if handle_of(x) is None else _conversion.to_dense(x) for x in several)
            return dense if isinstance(outputs, tuple) else dense[0]

        return gradcheck(of_values, tuple(given), **options)

    return check
