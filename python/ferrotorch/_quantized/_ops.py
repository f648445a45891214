"""The ops of ``torch.ops.quantized``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch._quantized._packed import ConvPackedParams, LinearPackedParams
from ferrotorch.library import Library

F = torch.nn.functional


def _linear(relu: bool) -> Callable[..., Tensor]:
    def op(X: Tensor, W_prepack: LinearPackedParams, Y_scale_i: float, Y_zero_point_i: int) -> Tensor:
        return _products.linear(X, *W_prepack.unpack(), Y_scale_i, Y_zero_point_i, relu)

    return op


def _linear_dynamic(relu: bool) -> Callable[..., Tensor]:
    def op(X: Tensor, W_prepack: LinearPackedParams, reduce_range: bool = False) -> Tensor:
        return _products.linear_dynamic(X, *W_prepack.unpack(), relu, reduce_range)

    return op


def _conv(relu: bool) -> Callable[..., Tensor]:
    def op(qx: Tensor, weight: ConvPackedParams, output_scale: float, output_zero_point: int) -> Tensor:
        return _products.convolution(
            qx, *weight.unpack(), weight.geometry, output_scale, output_zero_point, relu, weight.is_transposed
        )

    return op


def _prepack_transposed(
    weight: Tensor, bias: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> ConvPackedParams:
    return ConvPackedParams(weight, bias, stride, padding, dilation, groups, output_padding, True)


def _elementwise(function: Callable[..., Tensor], relu: bool) -> Callable[..., Tensor]:
    def op(qa: Tensor, qb: Tensor, scale: float, zero_point: int) -> Tensor:
        return function(qa, qb, scale, zero_point, relu)

    return op


def _scalar(function: Callable[..., Tensor], relu: bool) -> Callable[..., Tensor]:
    def op(qa: Tensor, b: float) -> Tensor:
        return function(qa, b, relu)

    return op


def _cat(relu: bool) -> Callable[..., Tensor]:
    def op(qx: Any, dim: int, scale: float | None = None, zero_point: int | None = None) -> Tensor:
        x = torch.cat([each.dequantize() for each in qx], dim)
        step = qx[0].q_scale() if scale is None else scale
        point = qx[0].q_zero_point() if zero_point is None else zero_point
        return torch.quantize_per_tensor(x.relu() if relu else x, step, point, qx[0].dtype)

    return op


def _activation(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def op(qx: Tensor, output_scale: float, output_zero_point: int, *arguments: Any) -> Tensor:
        return torch.quantize_per_tensor(
            function(qx.dequantize(), *arguments), output_scale, output_zero_point, qx.dtype
        )

    return op


def _batch_norm(relu: bool) -> Callable[..., Tensor]:
    def op(
        qx: Tensor, weight: Any, bias: Any, mean: Tensor, var: Tensor, eps: float, scale: float, zero_point: int
    ) -> Tensor:
        result = torch.quantized_batch_norm(qx, weight, bias, mean, var, eps, scale, zero_point)
        return result.relu() if relu else result

    return op


_NORMED = (
    "Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps, float output_scale, "
    "int output_zero_point"
)


def _layer_norm(x: Tensor, shape: Any, weight: Any, bias: Any, eps: float, scale: float, zero_point: int) -> Tensor:
    return torch.quantize_per_tensor(F.layer_norm(x.dequantize(), shape, weight, bias, eps), scale, zero_point, x.dtype)


_PACKED_LINEAR = "Tensor X, Any W_prepack, float Y_scale_i, int Y_zero_point_i"
_PACKED_CONV = "Tensor qx, Any packed_weight, float output_scale, int output_zero_point"
_GEOMETRY = "Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, int groups"
_GEOMETRY_TRANSPOSED = (
    "Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] output_padding, int[] dilation, int groups"
)
_TWO = "Tensor qa, Tensor qb, float scale, int zero_point"
_BATCH_NORM = (
    "Tensor qx, Tensor? weight, Tensor? bias, Tensor mean, Tensor var, float eps, float output_scale, "
    "int output_zero_point"
)

_OPS: dict[str, Callable[..., Any]] = {
    "linear_prepack(Tensor W, Tensor? B=None) -> Any": LinearPackedParams,
    "linear_unpack(Any W_prepack) -> Any": lambda packed: packed.unpack(),
    f"linear({_PACKED_LINEAR}) -> Tensor": _linear(False),
    f"linear_relu({_PACKED_LINEAR}) -> Tensor": _linear(True),
    "linear_dynamic(Tensor X, Any W_prepack, bool reduce_range=False) -> Tensor": _linear_dynamic(False),
    "linear_relu_dynamic(Tensor X, Any W_prepack, bool reduce_range=False) -> Tensor": _linear_dynamic(True),
    **{f"conv{n}d_prepack({_GEOMETRY}) -> Any": ConvPackedParams for n in (1, 2, 3)},
    **{f"conv{n}d_unpack(Any packed_weights) -> Any": lambda packed: packed.unpack() for n in (1, 2, 3)},
    **{f"conv{n}d({_PACKED_CONV}) -> Tensor": _conv(False) for n in (1, 2, 3)},
    **{f"conv{n}d_relu({_PACKED_CONV}) -> Tensor": _conv(True) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d_prepack({_GEOMETRY_TRANSPOSED}) -> Any": _prepack_transposed for n in (1, 2, 3)},
    **{f"conv_transpose{n}d({_PACKED_CONV}) -> Tensor": _conv(False) for n in (1, 2, 3)},
    f"matmul({_TWO}) -> Tensor": _products.matrix_product,
    f"add({_TWO}) -> Tensor": _elementwise(_products.added, False),
    f"add_relu({_TWO}) -> Tensor": _elementwise(_products.added, True),
    f"mul({_TWO}) -> Tensor": _elementwise(_products.multiplied, False),
    f"mul_relu({_TWO}) -> Tensor": _elementwise(_products.multiplied, True),
    "add_scalar(Tensor qa, float b) -> Tensor": _scalar(_products.plus_number, False),
    "add_scalar_relu(Tensor qa, float b) -> Tensor": _scalar(_products.plus_number, True),
    "mul_scalar(Tensor qa, float b) -> Tensor": _scalar(_products.times_number, False),
    "mul_scalar_relu(Tensor qa, float b) -> Tensor": _scalar(_products.times_number, True),
    "cat(Tensor[] qx, int dim, float? scale, int? zero_point) -> Tensor": _cat(False),
    "cat_relu(Tensor[] qx, int dim, float? scale, int? zero_point) -> Tensor": _cat(True),
    f"batch_norm2d({_BATCH_NORM}) -> Tensor": _batch_norm(False),
    f"batch_norm2d_relu({_BATCH_NORM}) -> Tensor": _batch_norm(True),
    f"batch_norm3d({_BATCH_NORM}) -> Tensor": _batch_norm(False),
    f"batch_norm3d_relu({_BATCH_NORM}) -> Tensor": _batch_norm(True),
    f"layer_norm({_NORMED}) -> Tensor": _layer_norm,
    "hardswish(Tensor input, float output_scale, int output_zero_point) -> Tensor": _activation(F.hardswish),
    "elu(Tensor self, float output_scale, int output_zero_point, Scalar alpha=1) -> Tensor": _activation(F.elu),
    "leaky_relu(Tensor qx, Scalar negative_slope, bool inplace, float output_scale, int output_zero_point) -> Tensor": (
        lambda qx, slope, inplace, scale, point: _activation(F.leaky_relu)(qx, scale, point, slope)
    ),
    "sigmoid(Tensor qx, float output_scale, int output_zero_point) -> Tensor": _activation(torch.sigmoid),
    "relu6(Tensor qx, bool inplace=False) -> Tensor": F.relu6,
}  # fmt: skip

_library = Library("quantized", "DEF")
for _schema, _kernel in _OPS.items():
    _library.define(_schema)
    _library.impl(_schema.partition("(")[0], _kernel)
