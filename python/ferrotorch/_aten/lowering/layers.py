"""Layers, losses and conversions as PyTorch makes them of ops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._aten.lowering.algebra import matmul
from ferrotorch._aten.lowering.shapes import contiguous, reshape
from ferrotorch._ops import aten

__all__ = ["RULES", "to_copy"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def _numbers(value: Any, count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else [*value] * (count if len(value) == 1 else 1)


def _convolution(count: int) -> Rule:
    """The rule for a convolution over some dimensions."""

    def rule(
        ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        steps, spread = _numbers(stride, count), _numbers(dilation, count)
        if isinstance(padding, str):
            total = [d * (k - 1) if padding == "same" else 0 for d, k in zip(spread, weight.shape[2:], strict=True)]
            if any(each % 2 for each in total):
                return ask(
                    getattr(aten, f"conv{count}d").padding, input, weight, bias, stride, padding, dilation, groups
                )
            padding = [each // 2 for each in total]
        sizes = (steps, _numbers(padding, count), spread, False, [0] * count, groups)
        return _with_batch(ask, input, count, lambda x: ask(aten.convolution.default, x, weight, bias, *sizes))

    return rule


def _with_batch(ask: Ask, input: Tensor, count: int, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """A layer of images, or of a single one."""
    if input.dim() == count + 2:
        return compute(input)
    return ask(aten.squeeze.dim, compute(ask(aten.unsqueeze.default, input, 0)), 0)


def _transposed(count: int) -> Rule:
    """The rule for a transposed convolution over some dimensions."""

    def rule(
        ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    ) -> Tensor:  # fmt: skip
        sizes = [_numbers(each, count) for each in (stride, padding, dilation)]
        rest = (*sizes, True, _numbers(output_padding, count), groups)
        return _with_batch(ask, input, count, lambda x: ask(aten.convolution.default, x, weight, bias, *rest))

    return rule


def batch_norm(ask: Ask, input: Tensor, *args: Any) -> Tensor:
    """With the statistics of the batch as further results; the arguments are in this order already."""
    ask(aten.empty.memory_format, [0], dtype=torch.uint8, layout=torch.strided, device=input.device)
    return ask(aten.native_batch_norm.default, input, *args[:7])[0]


def layer_norm(
    ask: Ask, input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> Tensor:
    """With the statistics of the groups as further results."""
    return ask(aten.native_layer_norm.default, input, list(normalized_shape), weight, bias, eps)[0]


def group_norm(
    ask: Ask, input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> Tensor:
    """With the statistics of the groups as further results."""
    n, channels, *rest = input.shape
    sizes = (n, channels, math.prod(rest), num_groups, eps)
    return ask(aten.native_group_norm.default, input.contiguous(), weight, bias, *sizes)[0]


def rms_norm(
    ask: Ask, input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The elements over the root of their mean square."""
    sizes = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    dims = list(range(input.dim() - len(sizes), input.dim()))
    wide = input
    if input.dtype in (torch.float16, torch.bfloat16):
        wide = ask(aten._to_copy.default, input, dtype=torch.float32)
    mean = ask(aten.mean.dim, ask(aten.pow.Tensor_Scalar, wide, 2), dims, True)
    least = torch.finfo(wide.dtype).eps if eps is None else eps
    result = ask(aten.mul.Tensor, wide, ask(aten.rsqrt.default, ask(aten.add_.Scalar, mean, least)))
    result = result if weight is None else ask(aten.mul.Tensor, result, weight)
    return result if result.dtype is input.dtype else ask(aten._to_copy.default, result, dtype=input.dtype)


def _softmax(op: Any) -> Rule:
    """The rule for ``softmax`` and its logarithm, which convert first."""

    def rule(ask: Ask, input: Tensor, dim: int, dtype: Any = None) -> Tensor:
        if dtype is not None and dtype is not input.dtype:
            options = {"dtype": dtype, "layout": torch.strided, "device": input.device}
            input = ask(aten._to_copy.default, input, **options)
        return ask(op.default, input, dim, False)

    return rule


def dropout(ask: Ask, input: Tensor, p: float = 0.5, train: bool = True) -> Tensor:
    """A product with random zeros and scales."""
    if not train or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        options = {"dtype": input.dtype, "layout": torch.strided, "device": input.device}
        return ask(aten.mul.Tensor, input, ask(aten.zeros.default, [], **options))
    noise = ask(aten.empty_like.default, input)
    noise = ask(aten.bernoulli_.float, noise, 1 - p)
    return ask(aten.mul.Tensor, input, ask(aten.div_.Scalar, noise, 1 - p))


def _adaptive_average(count: int) -> Rule:
    """The rule for means over parts of images, or of all of one, where one number is left of each channel."""

    def rule(ask: Ask, input: Tensor, output_size: Any) -> Tensor:
        sizes = [
            size if size is not None else input.shape[i - count] for i, size in enumerate(_numbers(output_size, count))
        ]
        if count == 1:
            image = ask(aten.unsqueeze.default, input, -2)
            return ask(aten.squeeze.dim, _adaptive_average(2)(ask, image, [1, *sizes]), -2)
        if sizes == [1] * count:
            return ask(aten.mean.dim, input, list(range(-1, -count - 1, -1)), True)
        return ask(getattr(aten, f"_adaptive_avg_pool{count}d").default, input, sizes)

    return rule


def _largest(count: int) -> Rule:
    """The rule for the largest elements of parts of images, whose number is given, and where they are."""

    def rule(ask: Ask, input: Tensor, output_size: Any) -> Any:
        sizes = [
            size if size is not None else input.shape[i - count] for i, size in enumerate(_numbers(output_size, count))
        ]
        if count > 1:
            return ask(getattr(aten, f"adaptive_max_pool{count}d").default, input, sizes)
        image = ask(aten.unsqueeze.default, input, -2)
        values, places = ask(aten.adaptive_max_pool2d.default, image, [1, *sizes])
        places = ask(aten.squeeze.dim, places, -2)
        return ask(aten.squeeze.dim, values, -2), places

    return rule


def _flat(value: Any, first: int) -> list[int]:
    return [first, *_numbers(value, 1)] if not isinstance(value, int) else [first, value]


def avg_pool1d(
    ask: Ask, input: Tensor, kernel_size: Any, stride: Any = (), padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, *_: Any,
) -> Tensor:  # fmt: skip
    """As images of one row."""
    steps = _flat(stride, 1) if isinstance(stride, int) or stride else _flat(kernel_size, 1)
    sizes = (_flat(kernel_size, 1), steps, _flat(padding, 0), ceil_mode, count_include_pad)
    result = ask(aten.avg_pool2d.default, ask(aten.unsqueeze.default, input, -2), *sizes)
    return ask(aten.squeeze.dim, result, -2)


def max_pool1d(
    ask: Ask, input: Tensor, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """As images of one row."""
    steps = _flat(stride, 1) if isinstance(stride, int) or stride else _flat(kernel_size, 1)
    sizes = (_flat(kernel_size, 1), steps, _flat(padding, 0), _flat(dilation, 1), ceil_mode)
    values, places = ask(aten.max_pool2d_with_indices.default, ask(aten.unsqueeze.default, input, -2), *sizes)
    values = ask(aten.squeeze.dim, values, -2)
    return values, ask(aten.squeeze.dim, places, -2)


def _max_pool(count: int) -> Rule:
    """The rule for the largest elements without their places, as an op that is called by its name."""

    def rule(ask: Ask, input: Tensor, *sizes: Any, **options: Any) -> Tensor:
        if count == 1:
            return max_pool1d(ask, input, *sizes, **options)[0]
        op = getattr(aten, f"max_pool{count}d_with_indices")
        return ask(op.default, input, *sizes, **options)[0]

    return rule


def prelu(ask: Ask, input: Tensor, weight: Tensor) -> Tensor:
    """The weight is spread along the channels."""
    if weight.dim() != input.dim():
        shape = [1] * input.dim()
        if input.dim() > 1:
            shape[1] = weight.numel()
        weight = ask(aten.view.default, weight, shape)
    return ask(aten._prelu_kernel.default, input, weight)


def log_sigmoid(ask: Ask, input: Tensor) -> Tensor:
    """With a buffer for the derivative as a further result."""
    return ask(aten.log_sigmoid_forward.default, input)[0]


def elu(ask: Ask, input: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
    """The factor is always named."""
    return ask(aten.elu.default, input, alpha, scale, input_scale)


def attention(
    ask: Ask, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """One op where the kernel for the host takes it, and products of matrices elsewhere."""
    if query.dim() == 3 and key.dim() == value.dim() == 3 and attn_mask is None and not enable_gqa:
        q, k, v = (ask(aten.unsqueeze.default, x, 0) for x in (query, key, value))
        result = attention(ask, q, k, v, None, dropout_p, is_causal, scale)
        return ask(aten.squeeze.dim, result, 0)
    takes = query.dim() == 4 and not enable_gqa and query.shape[-1] == value.shape[-1]
    takes = takes and query.device.type == "cpu" and query.dtype is key.dtype is value.dtype
    if not takes or (attn_mask is not None and attn_mask.requires_grad):
        given = (query, key, value, attn_mask, dropout_p, is_causal)
        return ask(aten.scaled_dot_product_attention.default, *given, scale=scale, enable_gqa=enable_gqa)
    if attn_mask is not None and attn_mask.dtype is torch.bool:
        options = {"dtype": query.dtype, "device": query.device}
        hidden = ask(aten.scalar_tensor.default, -math.inf, **options)
        shown = ask(aten.scalar_tensor.default, 0.0, **options, layout=torch.strided)
        attn_mask = ask(aten.where.self, attn_mask, shown, hidden)
    if dropout_p and not is_causal:
        return _by_products(ask, query, key, value, attn_mask, dropout_p, scale)
    op = aten._scaled_dot_product_flash_attention_for_cpu.default
    return ask(op, query, key, value, dropout_p, is_causal, attn_mask=attn_mask, scale=scale)[0]


def _by_products(
    ask: Ask, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout_p: float, scale: float | None
) -> Tensor:
    root = math.sqrt(query.shape[-1] ** -0.5 if scale is None else scale)
    query = ask(aten.mul.Scalar, query, root)
    key = ask(aten.mul.Scalar, ask(aten.transpose.int, key, -2, -1), root)
    scores = matmul(ask, query, key)
    scores = scores if mask is None else ask(aten.add_.Tensor, scores, mask)
    weights = dropout(ask, ask(aten._safe_softmax.default, scores, -1), dropout_p, True)
    return matmul(ask, weights, value)


_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def nll_loss(
    ask: Ask, input: Tensor, target: Tensor, weight: Any = None, reduction: str = "mean", ignore_index: int = -100
) -> Tensor:
    """With the sum of the weights as a further result."""
    if input.dim() <= 2 or input.dim() == 4:
        forward = aten.nll_loss_forward if input.dim() <= 2 else aten.nll_loss2d_forward
        return ask(forward.default, input, target, weight, _REDUCTIONS[reduction], ignore_index)[0]
    n, channels, *rest = input.shape
    image = reshape(ask, contiguous(ask, input), [n, channels, 1, -1])
    places = reshape(ask, contiguous(ask, target), [n, 1, -1])
    op = aten.nll_loss2d_forward.default
    result = ask(op, image, places, weight, _REDUCTIONS[reduction], ignore_index)[0]
    return ask(aten.view.default, result, [n, *rest]) if reduction == "none" else result


def cross_entropy(
    ask: Ask, input: Tensor, target: Tensor, weight: Any = None, reduction: str = "mean", ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """The loss of logarithms of probabilities."""
    dim = 0 if input.dim() == 1 else 1
    if input.shape == target.shape:
        if weight is None and not label_smoothing:
            return _of_probabilities(ask, input, target, reduction, dim)
    elif not label_smoothing:
        return nll_loss(ask, ask(aten._log_softmax.default, input, dim, False), target, weight, reduction, ignore_index)
    elif weight is None:
        return _smoothed(ask, input, target, reduction, ignore_index, label_smoothing)
    return ask(
        aten.cross_entropy_loss.default, input, target, weight, _REDUCTIONS[reduction], ignore_index, label_smoothing
    )


def _of_probabilities(ask: Ask, input: Tensor, target: Tensor, reduction: str, dim: int) -> Tensor:
    product = ask(aten.mul.Tensor, ask(aten._log_softmax.default, input, dim, False), target)
    if reduction == "none":
        return ask(aten.neg.default, ask(aten.sum.dim_IntList, product, [dim]))
    total = ask(aten.neg.default, ask(aten.sum.default, product))
    return total if reduction == "sum" else ask(aten.div.Scalar, total, input.numel() // input.shape[dim])


def _smoothed(ask: Ask, input: Tensor, target: Tensor, reduction: str, ignore_index: int, smoothing: float) -> Tensor:
    dim = 0 if input.dim() == 1 else 1
    logarithms = ask(aten._log_softmax.default, input, dim, False)
    picked = nll_loss(ask, logarithms, target, None, reduction, ignore_index)
    spread = ask(aten.neg.default, ask(aten.sum.dim_IntList, logarithms, [dim]))
    ignored = ask(aten.eq.Scalar, target, ignore_index)
    spread = ask(aten.masked_fill_.Scalar, spread, ignored, 0.0)
    if reduction == "mean":
        count = ask(aten.sum.default, ask(aten.bitwise_not.default, ignored))
        spread = ask(aten.div.Tensor, ask(aten.sum.default, spread), count)
    elif reduction == "sum":
        spread = ask(aten.sum.default, spread)
    share = ask(aten.mul.Scalar, spread, smoothing / input.shape[dim])
    picked = ask(aten.mul.Scalar, picked, 1 - smoothing)
    return ask(aten.add.Tensor, picked, share)


def l1_loss(ask: Ask, input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean or sum of absolute differences."""
    distance = ask(aten.abs.default, ask(aten.sub.Tensor, input, target))
    return distance if reduction == "none" else ask(getattr(aten, reduction).default, distance)


def pad(ask: Ask, input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """A frame of one number, or of what is within."""
    if mode == "constant":
        return ask(aten.constant_pad_nd.default, input, list(pad), value or 0)
    if mode == "circular":
        return _circular(ask, input, pad)
    name = {"reflect": "reflection", "replicate": "replication"}[mode]
    return ask(getattr(aten, f"{name}_pad{len(pad) // 2}d").default, input, list(pad))


def _circular(ask: Ask, input: Tensor, pad: Sequence[int]) -> Tensor:
    """A frame of what is on the other side."""
    count = len(pad) // 2
    frames = [(input.dim() - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(count)]
    shape = list(input.shape)
    for dim, before, after in frames:
        shape[dim] += before + after
    options = {"dtype": input.dtype, "layout": torch.strided, "device": input.device}
    result = ask(aten.new_empty.default, input, shape, **options)
    inner, source = result, input
    for dim, before, after in frames:
        end = shape[dim] - max(after, 0)
        inner = ask(aten.slice.Tensor, inner, dim, max(before, 0), end)
        source = ask(aten.slice.Tensor, source, dim, max(-before, 0), input.shape[dim] - max(-after, 0))
    ask(aten.copy_.default, inner, source)
    for dim, before, after in frames:
        for amount, to, from_ in (
            (before, 0, shape[dim] - before - max(after, 0)), (after, shape[dim] - after, max(before, 0)),
        ):  # fmt: skip
            if amount > 0:
                target = ask(aten.slice.Tensor, result, dim, to, to + amount)
                ask(aten.copy_.default, target, ask(aten.slice.Tensor, result, dim, from_, from_ + amount))
    return result


def to(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A copy in another dtype, order or on another device, where it is another."""
    options = dict(kwargs)
    other, flags = None, []
    for value in args:
        if isinstance(value, torch.Tensor):
            other = value
        elif isinstance(value, bool):
            flags.append(value)
        elif value is not None:
            options["dtype" if isinstance(value, torch.dtype) else "device"] = value
    copies = options.pop("copy", None) or (len(flags) > 1 and flags[1])
    options.pop("non_blocking", None)
    other = options.pop("tensor", other)
    if other is not None:
        options |= {"dtype": other.dtype, "device": other.device}
    return to_copy(ask, input, {name: value for name, value in options.items() if value is not None}, bool(copies))


def to_copy(ask: Ask, input: Tensor, wanted: dict[str, Any], copies: bool, other: Tensor | None = None) -> Tensor:
    """The tensor itself, or a copy as it is wanted; PyTorch names all options where no dtype alone was given."""
    if "device" in wanted:
        wanted["device"] = torch.device(wanted["device"])
    order = wanted.get("memory_format")
    is_other = any(wanted[name] != getattr(input, name) for name in ("dtype", "device") if name in wanted)
    is_other = is_other or (order is not None and not input.is_contiguous(memory_format=order))
    if not (is_other or copies):
        return input
    if other is not None or "dtype" not in wanted:
        wanted = {"dtype": input.dtype, "layout": torch.strided, "device": input.device} | wanted
    return ask(aten._to_copy.default, input, **wanted)


def type_as(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """A copy with another's dtype, on its device."""
    return to_copy(ask, input, {"dtype": other.dtype, "device": other.device}, False, other)


def _converted(dtype: Any) -> Rule:
    """The rule for a method that converts to one dtype."""

    def rule(ask: Ask, input: Tensor, *, memory_format: Any = None) -> Tensor:
        return input if input.dtype is dtype else ask(aten._to_copy.default, input, dtype=dtype)

    return rule


def where(ask: Ask, condition: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A choice of two tensors, into which numbers are made; or where the condition is true."""
    values = [*args, *(kwargs[name] for name in ("input", "self", "other") if name in kwargs)]
    if not values:
        return tuple(ask(aten.unbind.int, ask(aten.nonzero.default, condition), 1))
    for place in (1, 0):
        if not isinstance(values[place], Tensor):
            tensors = [value for value in values if isinstance(value, Tensor)]
            dtype = torch.result_type(tensors[0], values[place]) if tensors else torch.result_type(*values)
            options = {"dtype": dtype, "layout": torch.strided, "device": condition.device}
            values[place] = ask(aten.scalar_tensor.default, values[place], **options)
    return ask(aten.where.self, condition, *values)


def _fft(name: str) -> Rule:
    """The rule for a Fourier transform along one dimension."""
    inverse, kind = name.startswith("i"), name.removeprefix("i")

    def rule(ask: Ask, input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
        if n is not None or (norm is not None and norm not in _NORMS) or kind == "hfft":
            return ask(getattr(aten, f"fft_{name}").default, input, n, dim, norm)
        dim %= input.dim()
        scale = _NORMS[norm][1 if inverse else 0]
        if kind == "rfft" and inverse:
            return ask(aten._fft_c2r.default, input, [dim], scale, 2 * (input.shape[dim] - 1))
        if input.is_complex():
            return ask(aten._fft_c2c.default, input, [dim], scale, not inverse)
        return ask(aten._fft_r2c.default, input, [dim], scale, kind == "rfft")

    return rule


# How the sum is divided in both directions: not at all, by the root of the count, by the count.
_NORMS: dict[str | None, tuple[int, int]] = {None: (0, 2), "backward": (0, 2), "ortho": (1, 1), "forward": (2, 0)}


def _fftn(name: str) -> Rule:
    """The rule for a Fourier transform along several dimensions."""
    inverse = name.startswith("i")
    count = 2 if name.endswith("2") else None

    def rule(ask: Ask, input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
        if s is not None:
            return ask(getattr(aten, f"fft_{name}").default, input, s, dim, norm)
        along = list(range(input.dim())) if dim is None and count is None else list(dim or (-2, -1))
        along = [d % input.dim() for d in along]
        scale = _NORMS[norm][1 if inverse else 0]
        if name.startswith("irfft"):
            return ask(aten._fft_c2r.default, input, along, scale, 2 * (input.shape[along[-1]] - 1))
        if name.startswith("rfft"):
            return ask(aten._fft_r2c.default, input, along, scale, True)
        if not input.is_complex():
            dtype = torch.complex128 if input.dtype is torch.float64 else torch.complex64
            input = ask(aten._to_copy.default, input, dtype=dtype)
        return ask(aten._fft_c2c.default, input, along, scale, not inverse)

    return rule


def _fft_shift(name: str) -> Rule:
    """The rule for a shift of half the length."""

    def rule(ask: Ask, input: Tensor, dim: Any = None) -> Tensor:
        dims = list(range(input.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)
        halves = [(input.shape[d] + (name == "ifftshift")) // 2 for d in dims]
        return ask(aten.roll.default, input, halves, dims)

    return rule


RULES: dict[str, Rule] = {
    **{f"conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _transposed(n) for n in (1, 2, 3)},
    **{name: _converted(getattr(torch, dtype)) for name, dtype in (
        ("float", "float32"), ("double", "float64"), ("half", "float16"), ("bfloat16", "bfloat16"), ("long", "int64"),
        ("int", "int32"), ("bool", "bool"),
    )},
    **{f"adaptive_avg_pool{n}d": _adaptive_average(n) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d_with_indices": _largest(n) for n in (1, 2, 3)},
    **{f"fft_{name}": _fft(name) for name in ("fft", "ifft", "rfft", "irfft")},
    **{f"fft_{name}": _fftn(name) for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn", "irfft2", "irfftn")},
    **{f"fft_{name}": _fft_shift(name) for name in ("fftshift", "ifftshift")},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    "avg_pool1d": avg_pool1d,
    "max_pool1d_with_indices": max_pool1d,
    "elu": elu,
    "log_sigmoid": log_sigmoid,
    "prelu": prelu,
    "rms_norm": rms_norm,
    "scaled_dot_product_attention": attention,
    "type_as": type_as,
    "where": where,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "dropout": dropout,
    "group_norm": group_norm,
    "l1_loss": l1_loss,
    "layer_norm": layer_norm,
    "log_softmax": _softmax(aten._log_softmax),
    "nll_loss": nll_loss,
    "pad": pad,
    "softmax": _softmax(aten._softmax),
    "to": to,
}  # fmt: skip
