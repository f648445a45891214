"""Results that go over the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors


def overwrite(function: Callable[..., Tensor], input: Tensor, *args: Any) -> Tensor:
    """``input[...] = function(input, *args)``, differentiable, and ``input`` itself.

    Backward of ``function`` may need the old values, which the write destroys: where a graph is recorded the function
    is given a copy.
    """
    require_tensors(function.__name__, input=input)
    source = input.clone() if torch.is_grad_enabled() and input.requires_grad else input
    return input.copy_(function(source, *args))
