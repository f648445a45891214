"""`torch.ops.quantized_decomposed`: integers and numbers again, scales and zero points that are chosen, refusals."""

import importlib
from typing import Any

from recorded.programs.quantization import _ao, _single

_EPSILON = 2.0**-23
_KINDS = [("uint8", 0, 255), ("int8", -128, 127), ("int8", -8, 7), ("int16", -100, 100), ("int32", -(2**31), 2**31 - 1)]


def _ops(s: Any) -> Any:
    _ao(s)
    importlib.import_module(f"{s.torch.__name__}.ao.quantization.fx._decomposed")
    return s.torch.ops.quantized_decomposed


def _refusal(call: Any) -> str:
    try:
        call()
    except Exception as error:
        return str(error)
    return "nothing"


def of_tensors(s: Any) -> Any:
    ops, torch, x = _ops(s), s.torch, _single(s, 4, 5, scale=3.0)
    step, point, found = torch.tensor(0.03), torch.tensor(7), []
    for name, low, high in _KINDS:
        dtype = getattr(torch, name)
        integers = ops.quantize_per_tensor(x, 0.03, 7, low, high, dtype)
        found += [
            integers,
            ops.quantize_per_tensor(x.bfloat16(), 0.03, 7, low, high, dtype),
            ops.quantize_per_tensor.tensor(x, step, point, low, high, dtype),
            ops.quantize_per_tensor.tensor2(x, step, point, torch.tensor(low), torch.tensor(high), dtype),
            ops.dequantize_per_tensor(integers, 0.03, 7, low, high, dtype),
            ops.dequantize_per_tensor(integers, 0.03, 7, low, high, dtype, out_dtype=torch.bfloat16),
            ops.dequantize_per_tensor.tensor(integers, step, point, low, high, dtype),
            *ops.choose_qparams.tensor(x, low, high, _EPSILON, dtype),
            *ops.choose_qparams_symmetric.tensor(x, low, high, _EPSILON, dtype),
        ]
    return found


def of_channels(s: Any) -> Any:
    ops, torch, x = _ops(s), s.torch, _single(s, 4, 5, scale=3.0)
    steps, points, found = _single(s, 5).abs() + 0.02, s.I(5, 5), []
    for name, low, high in _KINDS:
        dtype = getattr(torch, name)
        integers = ops.quantize_per_channel(x, steps, points, 1, low, high, dtype)
        found += [
            integers,
            ops.dequantize_per_channel(integers, steps, points, 1, low, high, dtype),
            ops.dequantize_per_channel(integers, steps, None, 1, low, high, dtype, out_dtype=torch.float16),
        ]
    fake = s.grads(lambda x: ops.fake_quant_per_channel(x, steps, points, 1, 0, 9), x)
    return [*found, fake]


def of_tokens_and_groups(s: Any) -> Any:
    ops, torch, x = _ops(s), s.torch, _single(s, 3, 8, scale=2.0)
    int8 = torch.int8
    steps, points = ops.choose_qparams_per_token_asymmetric(x, int8)
    tokens = ops.quantize_per_token(x, steps, points, -128, 127, int8)
    small, places = _single(s, 3, 2).abs() + 0.1, s.I(4, 3, 2)
    groups = ops.quantize_per_channel_group(x, small, places, -8, 7, int8, 4)
    return [
        steps, points, tokens, ops.dequantize_per_token(tokens, steps, points, -128, 127, int8, torch.float32),
        *ops.choose_qparams_per_token(x, int8), *ops.choose_qparams_per_token(x.half(), int8),
        groups, ops.dequantize_per_channel_group(groups, small, places, -8, 7, int8, 4, torch.float32),
        ops.dequantize_per_channel_group(groups, small, None, -8, 7, int8, 4, torch.float64),
        ops.quantize_per_channel_group(x, small[:, :1], places[:, :1], -8, 7, int8, 128),
    ]  # fmt: skip


def refusals(s: Any) -> Any:
    ops, torch, x = _ops(s), s.torch, _single(s, 4, 5)
    uint8, two = torch.uint8, torch.ones(2)
    return [
        _refusal(call)
        for call in [
            lambda: ops.quantize_per_tensor(x, 0.1, 0, -1, 255, uint8),
            lambda: ops.quantize_per_tensor(x, 0.1, 0, 0, 256, uint8),
            lambda: ops.quantize_per_tensor(x, 0.1, 0, 0, 255, torch.int64),
            lambda: ops.quantize_per_tensor(x.double(), 0.1, 0, 0, 255, uint8),
            lambda: ops.quantize_per_tensor.tensor(x, two, torch.tensor(1), 0, 255, uint8),
            lambda: ops.dequantize_per_tensor(x.to(torch.int8), 0.1, 0, 0, 255, uint8),
            lambda: ops.quantize_per_channel(x, two, two, 2, 0, 255, uint8),
            lambda: ops.quantize_per_token(x, two, two, 0, 255, uint8),
            lambda: ops.choose_qparams.tensor(x, 1, 255, _EPSILON, uint8),
            lambda: ops.choose_qparams_per_token(x, uint8),
            lambda: ops.quantize_per_channel_group(x, two, two, 0, 255, uint8, 3),
            lambda: ops.quantize_per_channel_group(x, two, two, 0, 255, uint8, 1),
        ]
    ]
