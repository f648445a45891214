"""Gradients of convolutions as functions of their own: by the input, and by the weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F

_Sizes = int | Sequence[int]

_CONVOLUTIONS: dict[int, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    1: (F.conv1d, F.conv_transpose1d),
    2: (F.conv2d, F.conv_transpose2d),
    3: (F.conv3d, F.conv_transpose3d),
}


def _spread(value: _Sizes, n: int) -> tuple[int, ...]:
    return (value,) * n if isinstance(value, int) else tuple(value)


def _by_input(
    n: int, input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: _Sizes, padding: _Sizes,
    dilation: _Sizes, groups: int,
) -> Tensor:  # fmt: skip
    """A transposed convolution, padded behind to the size of the input."""
    steps, pads, gaps = _spread(stride, n), _spread(padding, n), _spread(dilation, n)
    sizes, kernels, outputs = tuple(input_size)[-n:], weight.shape[-n:], grad_output.shape[-n:]
    behind = [
        size - ((output - 1) * step - 2 * pad + gap * (kernel - 1) + 1)
        for size, output, kernel, step, pad, gap in zip(sizes, outputs, kernels, steps, pads, gaps, strict=True)
    ]
    return _CONVOLUTIONS[n][1](grad_output, weight, None, steps, pads, behind, groups, gaps)


def _by_weight(
    n: int, input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: _Sizes, padding: _Sizes,
    dilation: _Sizes, groups: int,
) -> Tensor:  # fmt: skip
    """What a backward pass gives; the convolution is linear, so that the weights themselves do not matter."""
    recorded = torch.is_grad_enabled() and (input.requires_grad or grad_output.requires_grad)
    with torch.enable_grad():
        weight = grad_output.new_zeros(tuple(weight_size)).requires_grad_()
        output = _CONVOLUTIONS[n][0](input, weight, None, stride, padding, dilation, groups)
        (gradient,) = torch.autograd.grad(output, weight, grad_output, create_graph=recorded)
    return gradient


def conv1d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`~torch.nn.functional.conv1d` by its input.

    Args:
        input_size: shape of the input, (N, C, L).
        weight: (out channels, C / groups, kernel).
        grad_output: the gradient of the output.
        stride, padding, dilation, groups: as given to the convolution.
    """
    return _by_input(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`~torch.nn.functional.conv1d` by its weight.

    Args:
        input: (N, C, L).
        weight_size: shape of the weight, (out channels, C / groups, kernel).
        grad_output: the gradient of the output.
        stride, padding, dilation, groups: as given to the convolution.
    """
    return _by_weight(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_input` for :func:`~torch.nn.functional.conv2d`."""
    return _by_input(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_weight` for :func:`~torch.nn.functional.conv2d`."""
    return _by_weight(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_input` for :func:`~torch.nn.functional.conv3d`."""
    return _by_input(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: _Sizes = 1, padding: _Sizes = 0,
    dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_weight` for :func:`~torch.nn.functional.conv3d`."""
    return _by_weight(3, input, weight_size, grad_output, stride, padding, dilation, groups)
