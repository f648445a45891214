"""Derivatives as ops: what an op's backward pass computes, from the gradient of its result and what it saved.

Where a function of the package has the derivative, it is asked for it (`_of`); formulas stand where the op is given
the function's result, not its input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._aten.layers import convolution
from ferrotorch.nn import functional as F

__all__ = ["TABLE"]

Tensor = torch.Tensor
Function = Callable[..., Any]

_REDUCTIONS = ("none", "mean", "sum")


def _gradient(function: Function, input: Tensor, grad_output: Tensor) -> Tensor:
    """The gradient of ``function`` at ``input``."""
    if _C._vmap_frames():
        # Samples are no leaves.
        of_sample: Tensor = torch.func.vjp(function, input)[1](grad_output)[0]
        return of_sample
    with torch.enable_grad():
        at = input.detach().requires_grad_()
        found: Tensor = torch.autograd.grad(function(at), at, grad_output)[0]
    return found


def _of(function: Function) -> Function:
    """The derivative by the first argument: ``(grad_output, self, *the other arguments)``."""

    def backward(grad_output: Tensor, self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return _gradient(lambda at: function(at, *args, **kwargs), self, grad_output)

    return backward


def _of_loss(function: Function) -> Function:
    """The derivative of a loss by its input: ``(grad_output, self, target, reduction, *rest)``."""

    def backward(grad_output: Tensor, self: Tensor, target: Tensor, reduction: int, *rest: Any, **named: Any) -> Tensor:
        options = {"reduction": _REDUCTIONS[reduction], **named}
        if rest:
            options[_THIRD[function]] = rest[0]
        return _gradient(lambda at: function(at, target, **options), self, grad_output)

    return backward


# What follows the reduction in a loss's schema.
_THIRD: dict[Function, str] = {F.smooth_l1_loss: "beta", F.huber_loss: "delta"}


def tanh_backward(grad_output: Tensor, output: Tensor) -> Tensor:
    """``(1 - tanh(x)^2) g``."""
    return grad_output * (1 - output * output).conj()


def sigmoid_backward(grad_output: Tensor, output: Tensor) -> Tensor:
    """``s(x) (1 - s(x)) g``."""
    return grad_output * ((1 - output) * output).conj()


def softmax_backward(grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype) -> Tensor:
    """``y (g - sum(g y))``."""
    product = grad_output * output
    return (product - output * product.sum(dim, keepdim=True)).to(input_dtype)


def log_softmax_backward(grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype) -> Tensor:
    """``g - exp(y) sum(g)``."""
    return (grad_output - output.exp() * grad_output.sum(dim, keepdim=True)).to(input_dtype)


def leaky_relu_backward(grad_output: Tensor, self: Tensor, negative_slope: float, self_is_result: bool) -> Tensor:
    """``g`` where positive, ``negative_slope g`` elsewhere: the sign of the result is that of the input."""
    return torch.where(self > 0, grad_output, grad_output * negative_slope)


def threshold_backward(grad_output: Tensor, self: Tensor, threshold: float) -> Tensor:
    """``g`` beyond the threshold, 0 elsewhere."""
    return grad_output.masked_fill(self <= threshold, 0)


def elu_backward(
    grad_output: Tensor, alpha: float, scale: float, input_scale: float, is_result: bool, self_or_result: Tensor
) -> Tensor:
    """Of ``scale alpha (exp(input_scale x) - 1)`` where not positive, ``scale x`` elsewhere."""
    at = self_or_result
    below = (at + alpha * scale) * input_scale if is_result else scale * alpha * input_scale * (at * input_scale).exp()
    return grad_output * torch.where(at > 0, torch.full_like(at, scale), below)


def log_sigmoid_backward(grad_output: Tensor, self: Tensor, buffer: Tensor) -> Tensor:
    """``s(-x) g``."""
    return grad_output * torch.sigmoid(-self)


def binary_cross_entropy_backward(
    grad_output: Tensor, self: Tensor, target: Tensor, weight: Tensor | None = None, reduction: int = 1
) -> Tensor:
    """Of the binary cross entropy by the probabilities."""
    kind = _REDUCTIONS[reduction]
    return _gradient(lambda at: F.binary_cross_entropy(at, target, weight, reduction=kind), self, grad_output)


def nll_loss_forward(
    self: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int
) -> tuple[Tensor, Tensor]:
    """The negative log likelihood and the sum of the weights of what is not ignored; 0 without a reduction."""
    loss = F.nll_loss(self, target, weight, ignore_index=ignore_index, reduction=_REDUCTIONS[reduction])
    if reduction == 0:
        return loss, self.new_zeros(())
    counted = target[target != ignore_index]
    return loss, self.new_tensor(counted.numel()) if weight is None else weight[counted].sum()


def nll_loss_backward(
    grad_output: Tensor, self: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int,
    total_weight: Tensor,
) -> Tensor:  # fmt: skip
    """Of the negative log likelihood by the log probabilities."""
    kind = _REDUCTIONS[reduction]
    loss = lambda at: F.nll_loss(at, target, weight, ignore_index=ignore_index, reduction=kind)  # noqa: E731
    return _gradient(loss, self, grad_output)


def embedding_dense_backward(
    grad_output: Tensor, indices: Tensor, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Tensor:
    """Of an embedding by its rows."""
    rows = grad_output.new_zeros((num_weights, grad_output.shape[-1]))
    padding = None if padding_idx < 0 else padding_idx
    find = lambda at: F.embedding(indices, at, padding, scale_grad_by_freq=scale_grad_by_freq)  # noqa: E731
    return _gradient(find, rows, grad_output)


def native_layer_norm_backward(
    grad_out: Tensor, input: Tensor, normalized_shape: Sequence[int], mean: Tensor, rstd: Tensor,
    weight: Tensor | None, bias: Tensor | None, output_mask: Sequence[bool],
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Of layer normalization by its input, weight and bias."""
    dims = tuple(range(-len(normalized_shape), 0))
    normal = (input - mean) * rstd
    scaled = grad_out if weight is None else grad_out * weight
    by_input = rstd * (scaled - scaled.mean(dims, keepdim=True) - normal * (scaled * normal).mean(dims, keepdim=True))
    outer = tuple(range(input.dim() - len(normalized_shape)))
    by_weight = (grad_out * normal).sum(outer) if outer else grad_out * normal
    by_bias = grad_out.sum(outer) if outer else grad_out.clone()
    wanted = (by_input.to(input.dtype), by_weight, by_bias)
    return tuple(found if asked else None for found, asked in zip(wanted, output_mask, strict=True))


def convolution_backward(
    grad_output: Tensor, input: Tensor, weight: Tensor, bias_sizes: Sequence[int] | None, stride: Sequence[int],
    padding: Sequence[int], dilation: Sequence[int], transposed: bool, output_padding: Sequence[int], groups: int,
    output_mask: Sequence[bool],
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Of a convolution by its input, weight and bias."""
    rest = (None, stride, padding, dilation, transposed, output_padding, groups)
    by_input = _gradient(lambda at: convolution(at, weight, *rest), input, grad_output) if output_mask[0] else None
    by_weight = _gradient(lambda at: convolution(input, at, *rest), weight, grad_output) if output_mask[1] else None
    by_bias = grad_output.sum([0, *range(2, grad_output.dim())]) if output_mask[2] else None
    return by_input, by_weight, by_bias


def slice_backward(
    grad_output: Tensor, input_sizes: Sequence[int], dim: int, start: int, end: int, step: int
) -> Tensor:
    """Zeros with the gradient in the places of a slice."""
    return torch.slice_scatter(grad_output.new_zeros(tuple(input_sizes)), grad_output, dim, start, end, step)


def select_backward(grad_output: Tensor, input_sizes: Sequence[int], dim: int, index: int) -> Tensor:
    """Zeros with the gradient in one place of a dimension."""
    return torch.select_scatter(grad_output.new_zeros(tuple(input_sizes)), grad_output, dim, index)


def native_batch_norm_backward(
    grad_out: Tensor, input: Tensor, weight: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    save_mean: Tensor | None, save_invstd: Tensor | None, train: bool, eps: float, output_mask: Sequence[bool],
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """The gradients of what is normalized, of the weight and of the bias; None for those not asked for."""
    ones = input.new_ones(input.shape[1])
    with torch.enable_grad():
        x, scale = input.detach().requires_grad_(), (ones if weight is None else weight.detach()).requires_grad_()
        shift = torch.zeros_like(ones).requires_grad_()
        statistics = (None, None) if train else (running_mean, running_var)
        result = F.batch_norm(x, *statistics, scale, shift, train, 0.0, eps)
    found = torch.autograd.grad(result, (x, scale, shift), grad_out)
    return tuple(grad if wanted else None for grad, wanted in zip(found, output_mask, strict=True))


def native_dropout_backward(grad_output: Tensor, mask: Tensor, scale: float) -> Tensor:
    """The gradient of the elements that were kept."""
    return grad_output * mask * scale


_FUNCTIONS = ("gelu", "glu", "hardsigmoid", "hardswish", "hardtanh", "mish", "silu", "softplus")
_PADDINGS = {"reflection": "reflect", "replication": "replicate"}

TABLE: dict[str, Function] = {
    **{f"{name}_backward": _of(getattr(F, name)) for name in _FUNCTIONS},
    **{
        f"{kind}_pad{n}d_backward": _of(lambda at, padding, mode=mode: F.pad(at, list(padding), mode))
        for kind, mode in _PADDINGS.items()
        for n in (1, 2, 3)
    },
    **{
        f"{name}_backward": _of_loss(getattr(F, name))
        for name in ("mse_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss")
    },
    "_adaptive_avg_pool2d_backward": lambda grad, self: _of(F.adaptive_avg_pool2d)(grad, self, grad.shape[-2:]),
    "_adaptive_avg_pool3d_backward": lambda grad, self: _of(F.adaptive_avg_pool3d)(grad, self, grad.shape[-3:]),
    "_log_softmax_backward_data": log_softmax_backward,
    "_softmax_backward_data": softmax_backward,
    "avg_pool2d_backward": _of(F.avg_pool2d),
    "avg_pool3d_backward": _of(F.avg_pool3d),
    "binary_cross_entropy_backward": binary_cross_entropy_backward,
    "convolution_backward": convolution_backward,
    "elu_backward": elu_backward,
    "embedding_dense_backward": embedding_dense_backward,
    "hardshrink_backward": _of(F.hardshrink),
    "leaky_relu_backward": leaky_relu_backward,
    "log_sigmoid_backward": log_sigmoid_backward,
    "logit_backward": _of(torch.logit),
    "native_batch_norm_backward": native_batch_norm_backward,
    "native_dropout_backward": native_dropout_backward,
    "native_layer_norm_backward": native_layer_norm_backward,
    "nll_loss2d_backward": nll_loss_backward,
    "nll_loss2d_forward": nll_loss_forward,
    "nll_loss_backward": nll_loss_backward,
    "nll_loss_forward": nll_loss_forward,
    "select_backward": select_backward,
    "sigmoid_backward": sigmoid_backward,
    "slice_backward": slice_backward,
    "softshrink_backward": _of(F.softshrink),
    "tanh_backward": tanh_backward,
    "threshold_backward": threshold_backward,
}
