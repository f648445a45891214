"""Methods that only quantized tensors answer; `ferrotorch._quantized` computes with those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._functions._tables import Table, named


def _only_quantized(name: str) -> Callable[[Tensor], Any]:
    def method(input: Tensor) -> Any:
        require_tensors(name, input=input)
        raise NotImplementedError(
            f"Could not run 'aten::{name}' with arguments from the 'CPU' backend: a tensor of {input.dtype} is not "
            "quantized (see torch.quantize_per_tensor)"
        )

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        f"See ``{name}`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not quantized."
    )
    return method


def dequantize(input: Any) -> Any:
    """The numbers, in float32, that a quantized tensor stands for; of a list a tuple of them.

    What is not quantized becomes float32.
    """
    if isinstance(input, list | tuple):
        return tuple(dequantize(x) for x in input)
    require_tensors("dequantize", input=input)
    return input.to(_C.float32)


_MEMBERS = (
    "int_repr",
    "q_per_channel_axis",
    "q_per_channel_scales",
    "q_per_channel_zero_points",
    "q_scale",
    "q_zero_point",
)
FUNCTIONS: Table = named(dequantize, *map(_only_quantized, _MEMBERS))
METHODS: Table = FUNCTIONS | named(_only_quantized("qscheme"))
IN_PLACE: Table = {}
