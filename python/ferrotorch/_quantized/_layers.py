"""Functions of the package that only quantized tensors are given to."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _interception
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._quantized._handles import handle_of

__all__ = ["quantized_batch_norm", "quantized_max_pool1d", "quantized_max_pool2d", "quantized_max_pool3d"]


def _require(name: str, x: Any) -> None:
    require_tensors(name, input=x)
    if handle_of(x) is None:
        raise NotImplementedError(f"{name}(): argument 'input' must be a quantized tensor, not one of {x.dtype}")


def quantized_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    var: Tensor,
    eps: float,
    output_scale: float,
    output_zero_point: int,
) -> Tensor:
    """Batch normalisation by known means and variances of a quantized tensor (N, C, ...).

    Args:
        input: with one scale.
        weight, bias, mean, var: float32 (C).
        eps: added to variances.
        output_scale, output_zero_point: how the result is quantized.
    """
    _require("quantized_batch_norm", input)
    x = torch.dequantize(input)
    factor = torch.rsqrt(var + eps) * (1.0 if weight is None else weight)
    shift = (0.0 if bias is None else bias) - mean * factor
    shape = [1, -1] + [1] * (x.dim() - 2)
    return torch.quantize_per_tensor(
        x * factor.reshape(shape) + shift.reshape(shape), output_scale, output_zero_point, input.dtype
    )


def _pool(dims: int) -> Any:
    def pool(
        input: Tensor, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Tensor:
        _require(f"quantized_max_pool{dims}d", input)
        function = getattr(torch.nn.functional, f"max_pool{dims}d")
        result: Tensor = function(input, kernel_size, stride or None, padding, dilation, ceil_mode)
        return result

    pool.__name__ = pool.__qualname__ = f"quantized_max_pool{dims}d"
    pool.__doc__ = f"``max_pool{dims}d`` of a quantized tensor."
    return pool


quantized_max_pool1d, quantized_max_pool2d, quantized_max_pool3d = map(_pool, (1, 2, 3))
_interception.functions(globals(), __all__)
