"""What dispatch modes see of the package's layers: the ops of which PyTorch makes them, below its autograd.

A function such as ``linear`` is one op here. A mode is asked about ``aten.t`` and ``aten.addmm`` instead, and their
results stand for the result: each rule takes `ask`, which puts an op with its arguments to the mode, and the arguments
of the package's op.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["rule_for"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def rule_for(name: str) -> Rule | None:
    """The rule for an op of ``aten`` by its name; None for one that modes see as it is."""
    return _RULES.get(name)


def linear(ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A product with the transposed weight, of all rows at once."""
    if input.dim() < 2 or weight.dim() != 2:
        return ask(aten.linear.default, input, weight, bias)
    shape = input.shape
    if len(shape) > 2:
        input = ask(aten.view.default, input.contiguous(), [math.prod(shape[:-1]), shape[-1]])
    turned = ask(aten.t.default, weight)
    factors = (input, turned)
    result = ask(aten.mm.default, *factors) if bias is None else ask(aten.addmm.default, bias, *factors)
    return result if len(shape) == 2 else ask(aten._unsafe_view.default, result, [*shape[:-1], weight.shape[0]])


def matmul(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """A product of two matrices, of matrices and vectors, or of stacks of matrices."""
    dims = input.dim(), other.dim()
    for pair, op in (((1, 1), aten.dot), ((2, 1), aten.mv), ((2, 2), aten.mm)):
        if dims == pair:
            return ask(op.default, input, other)
    if dims[0] > 2 and dims[1] in (1, 2):
        rows = ask(aten.view.default, input.contiguous(), [math.prod(input.shape[:-1]), input.shape[-1]])
        product = ask(aten.mm.default if dims[1] == 2 else aten.mv.default, rows, other)
        return ask(aten._unsafe_view.default, product, [*input.shape[:-1], *other.shape[1:]])
    if min(dims) < 3:
        return ask(aten.matmul.default, input, other)
    stack = torch.broadcast_shapes(input.shape[:-2], other.shape[:-2])
    flat = []
    for each in (input, other):
        spread = ask(aten.expand.default, each, [*stack, *each.shape[-2:]])
        flat.append(reshape(ask, spread, [math.prod(stack), *each.shape[-2:]]))
    product = ask(aten.bmm.default, *flat)
    return ask(aten._unsafe_view.default, product, [*stack, input.shape[-2], other.shape[-1]])


def _numbers(value: Any, count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else [*value] * (count if len(value) == 1 else 1)


def _convolution(count: int) -> Rule:
    """The rule for a convolution over some dimensions."""

    def rule(
        ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        if isinstance(padding, str) or input.dim() != count + 2:
            return ask(getattr(aten, f"conv{count}d").default, input, weight, bias, stride, padding, dilation, groups)
        sizes = [_numbers(each, count) for each in (stride, padding, dilation)]
        return ask(aten.convolution.default, input, weight, bias, *sizes, False, [0] * count, groups)

    return rule


def _transposed(count: int) -> Rule:
    """The rule for a transposed convolution over some dimensions."""

    def rule(
        ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    ) -> Tensor:  # fmt: skip
        if input.dim() != count + 2:
            op = getattr(aten, f"conv_transpose{count}d").default
            return ask(op, input, weight, bias, stride, padding, output_padding, groups, dilation)
        sizes = [_numbers(each, count) for each in (stride, padding, dilation)]
        return ask(aten.convolution.default, input, weight, bias, *sizes, True, _numbers(output_padding, count), groups)

    return rule


def batch_norm(ask: Ask, *args: Any) -> Tensor:
    """With the statistics of the batch as further results; the arguments are in this order already."""
    return ask(aten.native_batch_norm.default, *args)[0]


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


def _softmax(op: Any) -> Rule:
    """The rule for ``softmax`` and its logarithm, which convert first."""

    def rule(ask: Ask, input: Tensor, dim: int, dtype: Any = None) -> Tensor:
        if dtype is not None and dtype is not input.dtype:
            input = ask(aten._to_copy.default, input, dtype=dtype)
        return ask(op.default, input, dim, False)

    return rule


def dropout(ask: Ask, input: Tensor, p: float = 0.5, train: bool = True) -> Tensor:
    """A product with random zeros and scales."""
    if not train or p == 0:
        return input
    noise = ask(aten.empty_like.default, input)
    noise = ask(aten.bernoulli_.float, noise, 1 - p)
    noise = ask(aten.div_.Scalar, noise, 1 - p) if p < 1 else noise
    return ask(aten.mul.Tensor, input, noise)


def adaptive_avg_pool2d(ask: Ask, input: Tensor, output_size: Sequence[int]) -> Tensor:
    """A mean, where one number is left of each channel."""
    if list(output_size) == [1, 1]:
        return ask(aten.mean.dim, input, [-1, -2], True)
    return ask(aten._adaptive_avg_pool2d.default, input, list(output_size))


def reshape(ask: Ask, input: Tensor, shape: Sequence[int]) -> Tensor:
    """A view, or one of a copy."""
    sizes = list(shape)
    if not input.is_contiguous():
        try:
            input.detach().view(sizes)
        except RuntimeError:
            copy = ask(aten.clone.default, input, memory_format=torch.contiguous_format)
            return ask(aten._unsafe_view.default, copy, sizes)
    return ask(aten.view.default, input, sizes)


def flatten(ask: Ask, input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """A view with some dimensions as one."""
    if input.dim() == 0:
        return reshape(ask, input, [1])
    first, last = start_dim % input.dim(), end_dim % input.dim()
    if first == last:
        return input
    return reshape(
        ask, input, [*input.shape[:first], math.prod(input.shape[first : last + 1]), *input.shape[last + 1 :]]
    )


def contiguous(ask: Ask, input: Tensor, memory_format: Any = torch.contiguous_format) -> Tensor:
    """A copy, unless the memory is in this order already."""
    if input.is_contiguous(memory_format=memory_format):
        return input
    return ask(aten.clone.default, input, memory_format=memory_format)


def chunk(ask: Ask, input: Tensor, chunks: int, dim: int = 0) -> Any:
    """Parts of one size, but for the last."""
    return ask(aten.split.Tensor, input, -(-input.shape[dim] // chunks), dim)


def split(ask: Ask, input: Tensor, split_size: Any, dim: int = 0) -> Any:
    """Parts of one size, or of several."""
    if isinstance(split_size, int):
        return ask(aten.split.Tensor, input, split_size, dim)
    return ask(aten.split_with_sizes.default, input, list(split_size), dim)


_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def nll_loss(
    ask: Ask, input: Tensor, target: Tensor, weight: Any = None, reduction: str = "mean", ignore_index: int = -100
) -> Tensor:
    """With the sum of the weights as a further result."""
    if input.dim() > 2:
        return ask(aten.nll_loss.default, input, target, weight, reduction, ignore_index)
    return ask(aten.nll_loss_forward.default, input, target, weight, _REDUCTIONS[reduction], ignore_index)[0]


def cross_entropy(
    ask: Ask, input: Tensor, target: Tensor, weight: Any = None, reduction: str = "mean", ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """The loss of logarithms of probabilities."""
    if input.dim() > 2 or target.is_floating_point() or label_smoothing:
        arguments = (input, target, weight, reduction, ignore_index, label_smoothing)
        return ask(aten.cross_entropy.default, *arguments)
    logarithms = ask(aten._log_softmax.default, input, input.dim() - 1, False)
    return nll_loss(ask, logarithms, target, weight, reduction, ignore_index)


def l1_loss(ask: Ask, input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean or sum of absolute differences."""
    distance = ask(aten.abs.default, ask(aten.sub.Tensor, input, target))
    return distance if reduction == "none" else ask(getattr(aten, reduction).default, distance)


def pad(ask: Ask, input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """A frame of one number, or of what is within."""
    if mode == "constant":
        return ask(aten.constant_pad_nd.default, input, list(pad), *([value] if value else []))
    names = {"reflect": "reflection", "replicate": "replication"}
    if mode not in names:
        return ask(aten.pad.default, input, pad, mode, value)
    return ask(getattr(aten, f"{names[mode]}_pad{len(pad) // 2}d").default, input, list(pad))


def to(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A copy in another dtype or on another device, where it is another."""
    options = dict(kwargs)
    for place, value in enumerate(args):
        if isinstance(value, torch.Tensor):
            options |= {"dtype": value.dtype, "device": value.device}
        elif value is not None and not isinstance(value, bool) and not (place and isinstance(value, int)):
            options["dtype" if isinstance(value, torch.dtype) else "device"] = value
    wanted = {name: options[name] for name in ("dtype", "device") if options.get(name) is not None}
    if "device" in wanted:
        wanted["device"] = torch.device(wanted["device"])
    if options.get("memory_format") is not None:
        return ask(aten.to.default, input, *args, **kwargs)
    copies = options.get("copy") or any(value is True for value in args[-1:])
    is_other = any(value != getattr(input, name) for name, value in wanted.items())
    return ask(aten._to_copy.default, input, **wanted) if is_other or copies else input


def _converted(dtype: Any) -> Rule:
    """The rule for a method that converts to one dtype."""

    def rule(ask: Ask, input: Tensor, *, memory_format: Any = None) -> Tensor:
        return input if input.dtype is dtype else ask(aten._to_copy.default, input, dtype=dtype)

    return rule


_RULES: dict[str, Rule] = {
    **{f"conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _transposed(n) for n in (1, 2, 3)},
    **{name: _converted(getattr(torch, dtype)) for name, dtype in (
        ("float", "float32"), ("double", "float64"), ("half", "float16"), ("bfloat16", "bfloat16"), ("long", "int64"),
        ("int", "int32"), ("bool", "bool"),
    )},
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "batch_norm": batch_norm,
    "chunk": chunk,
    "contiguous": contiguous,
    "cross_entropy": cross_entropy,
    "dropout": dropout,
    "flatten": flatten,
    "group_norm": group_norm,
    "l1_loss": l1_loss,
    "layer_norm": layer_norm,
    "linear": linear,
    "log_softmax": _softmax(aten._log_softmax),
    "matmul": matmul,
    "nll_loss": nll_loss,
    "pad": pad,
    "reshape": reshape,
    "softmax": _softmax(aten._softmax),
    "split": split,
    "to": to,
}  # fmt: skip
