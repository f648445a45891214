"""What observers and conversions ask of schemes, dtypes and ranges."""

from __future__ import annotations

import warnings
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

__all__ = [
    "activation_dtype",
    "activation_is_dynamically_quantized",
    "activation_is_int8_quantized",
    "activation_is_statically_quantized",
    "calculate_qmin_qmax",
    "check_min_max_valid",
    "get_combined_dict",
    "get_qconfig_dtypes",
    "get_quant_type",
    "get_swapped_custom_module_class",
    "getattr_from_fqn",
    "has_no_children_ignoring_parametrizations",
    "is_per_channel",
    "is_per_tensor",
    "validate_qmin_qmax",
    "weight_dtype",
    "weight_is_quantized",
    "weight_is_statically_quantized",
]

_PER_TENSOR = (torch.per_tensor_affine, torch.per_tensor_symmetric)
_PER_CHANNEL = (torch.per_channel_affine, torch.per_channel_affine_float_qparams, torch.per_channel_symmetric)

_BYTES = (torch.quint8, torch.qint8, torch.uint8, torch.int8)
_FLOATS = (torch.float8_e5m2, torch.float8_e4m3fn)
_OF_WEIGHTS = (*_BYTES, torch.float16, torch.quint4x2, torch.int16, torch.int32, *_FLOATS)
_ONCE = (*_BYTES, torch.quint4x2, torch.qint32, torch.int16, torch.int32, *_FLOATS)
_STATIC = (*_BYTES, torch.float16, torch.qint32, torch.int16, torch.int32, *_FLOATS)


def is_per_tensor(qscheme: Any) -> bool:
    """Has a scheme one scale for all elements?"""
    return qscheme in _PER_TENSOR


def is_per_channel(qscheme: Any) -> bool:
    """Has a scheme a scale for each index along an axis?"""
    return qscheme in _PER_CHANNEL


def getattr_from_fqn(obj: Any, fqn: str) -> Any:
    """The attribute of an attribute ... by a name with dots."""
    for name in fqn.split("."):
        obj = getattr(obj, name)
    return obj


def get_combined_dict(default_dict: dict[Any, Any], additional_dict: dict[Any, Any]) -> dict[Any, Any]:
    """Both, the second one's entries where both have some."""
    return {**default_dict, **additional_dict}


def weight_dtype(qconfig: Any) -> Any:
    """The dtype that weights are quantized to."""
    return qconfig.weight().dtype


def activation_dtype(qconfig: Any) -> Any:
    """The dtype that activations are quantized to."""
    return qconfig.activation().dtype


def activation_is_dynamically_quantized(qconfig: Any) -> bool:
    """Are activations quantized by the range that they are found to have?"""
    return get_qconfig_dtypes(qconfig)[2]


def activation_is_statically_quantized(qconfig: Any) -> bool:
    """Are activations quantized by a range that was observed before?"""
    dtype, _, is_dynamic = get_qconfig_dtypes(qconfig)
    return dtype in _STATIC and not is_dynamic


def activation_is_int8_quantized(qconfig: Any) -> bool:
    """Are activations quantized to 8 bits?"""
    return activation_dtype(qconfig) in _BYTES


def weight_is_quantized(qconfig: Any) -> bool:
    """Are weights quantized?"""
    return weight_dtype(qconfig) in _OF_WEIGHTS


def weight_is_statically_quantized(qconfig: Any) -> bool:
    """Are weights quantized to 8 bits once and for all?"""
    return weight_dtype(qconfig) in _BYTES


def get_qconfig_dtypes(qconfig: Any) -> tuple[Any, Any, bool]:
    """Dtypes of activations and weights, and whether activations are quantized dynamically."""
    activation, weight = qconfig.activation(), qconfig.weight()
    return activation.dtype, weight.dtype, getattr(activation, "is_dynamic", False)


def get_quant_type(qconfig: Any) -> Any:
    """Whether a configuration is static, dynamic or of weights alone.

    Raises:
        Exception: it is none of these.
    """
    from ferrotorch.ao.quantization.quant_type import QuantType

    activation, weight = qconfig.activation(), qconfig.weight()
    if weight.dtype in _ONCE:
        if getattr(activation, "is_dynamic", False):
            return QuantType.DYNAMIC
        return QuantType.STATIC if activation.dtype in _ONCE else QuantType.WEIGHT_ONLY
    if weight.dtype == torch.float16:
        if getattr(activation, "is_dynamic", False):
            return QuantType.DYNAMIC
        if activation.dtype == torch.float16:
            return QuantType.STATIC
    raise Exception(
        f"Unrecognized dtype combination in get_quant_type: activation({activation.dtype}),weight({weight.dtype})"
    )


def check_min_max_valid(min_val: Tensor, max_val: Tensor) -> bool:
    """Has a range been observed? Warns where not.

    Raises:
        AssertionError: a minimum is greater than its maximum.
    """
    if min_val.numel() == 0 or max_val.numel() == 0:
        warnings.warn("must run observer before calling calculate_qparams. Returning default values.", stacklevel=2)
        return False
    if min_val.dim() == 0 or max_val.dim() == 0:
        if min_val == float("inf") and max_val == float("-inf"):
            warnings.warn("must run observer before calling calculate_qparams. Returning default values.", stacklevel=2)
            return False
        if min_val > max_val:
            raise AssertionError(f"min {min_val} should be less than max {max_val}")
    elif bool((min_val > max_val).any()):
        raise AssertionError(f"min {min_val} should be less than max {max_val}")
    return True


_RANGES = {
    torch.qint8: (-128, 127), torch.int8: (-128, 127), torch.quint8: (0, 255), torch.uint8: (0, 255),
    torch.qint32: (-(2**31), 2**31 - 1), torch.int32: (-(2**31), 2**31 - 1), torch.int16: (-(2**15), 2**15 - 1),
    torch.uint16: (0, 2**16 - 1),
}  # fmt: skip


_HALVES = {torch.qint8: (-64, 63), torch.int8: (-64, 63), torch.quint8: (0, 127), torch.uint8: (0, 127)}


def calculate_qmin_qmax(
    quant_min: Any, quant_max: Any, has_customized_qrange: bool, dtype: Any, reduce_range: bool
) -> tuple[Any, Any]:
    """Bounds of the integers, by dtype or as they were asked for.

    Args:
        quant_min, quant_max: bounds that were asked for.
        has_customized_qrange: were both?
        dtype: the dtype of the integers.
        reduce_range: leave the uppermost bit unused?

    Raises:
        AssertionError: more integers are asked for than the dtype has.
    """
    if not has_customized_qrange:
        if reduce_range and dtype in _HALVES:
            return _HALVES[dtype]
        return _RANGES.get(dtype, (0, 15))
    most = {torch.qint8: 2**8, torch.int8: 2**8, torch.qint32: 2**32, torch.int32: 2**32}.get(dtype)
    if most is not None and not 0 < quant_max - quant_min + 1 <= most:
        raise AssertionError(f"quantization range should be positive and not exceed the maximum bit range (={most}).")
    return (quant_min // 2, quant_max // 2) if reduce_range else (quant_min, quant_max)


def validate_qmin_qmax(quant_min: int, quant_max: int) -> None:
    """Raises AssertionError unless bounds hold 0 between them."""
    if not quant_min <= 0 <= quant_max:
        raise AssertionError("Used-specified quantization range must include 0.")
    if quant_min >= quant_max:
        raise AssertionError("qmin must be strictly less than qmax for user-specified quantization range.")


def has_no_children_ignoring_parametrizations(module: Module) -> bool:
    """Is a module a leaf, but for parametrizations?"""
    children = [name for name, _ in module.named_children()]
    return not children or children == ["parametrizations"]


def get_swapped_custom_module_class(custom_module: Module, mapping: dict[Any, Any], qconfig: Any) -> Any:
    """The class that a custom module's class becomes, by kind of configuration.

    Raises:
        AssertionError: the mapping does not tell.
    """
    kind = get_quant_type(qconfig)
    classes = mapping.get(kind, {})
    if type(custom_module) not in classes:
        raise AssertionError(
            f"did not find corresponding observed module class for {type(custom_module)} in mapping: {classes}"
        )
    return classes[type(custom_module)]
