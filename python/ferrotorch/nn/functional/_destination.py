"""Where results go: over the input, or into a given tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor


def overwrite(function: Callable[..., Tensor], input: Tensor, *args: Any) -> Tensor:
    """``input[...] = function(input, *args)``, differentiable, and ``input`` itself.

    Backward of ``function`` may need the old values, which the write destroys: where a graph is recorded the function
    is given a copy.
    """
    source = input.clone() if torch.is_grad_enabled() and input.requires_grad else input
    return input.copy_(function(source, *args))


def write_out(result: Tensor, out: Tensor | None) -> Tensor:
    """``result``, or where ``out`` is given that tensor, resized and filled with it."""
    if out is None:
        return result
    if out.shape != result.shape:
        out.resize_(result.shape)
    return out.copy_(result)
