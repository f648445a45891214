"""Batch normalisation by the statistics of the batches of all processes."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._checks import number_or
from ferrotorch.autograd import Function
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._groups import ProcessGroup

__all__ = ["over_processes"]

Tensor = torch.Tensor


def _sums(tensor: Tensor) -> Tensor:
    """Sums over all dimensions but that of channels, in float32 at least."""
    wide = tensor if tensor.dtype == torch.float64 else tensor.float()
    return wide.sum([dim for dim in range(tensor.dim()) if dim != 1])


def _along_channels(values: Tensor, like: Tensor) -> Tensor:
    return values.view([1, -1] + [1] * (like.dim() - 2))


def _statistics(input: Tensor, group: ProcessGroup) -> tuple[Tensor, Tensor, float]:
    """Mean and biased variance of each channel over all processes, and the number of its elements.

    Means and squared deviations of parts are joined by the formula of Chan, Golub and LeVeque (1979).
    """
    channels, count = input.size(1), input.numel() // input.size(1)
    mean = _sums(input) / max(count, 1)
    deviations = _sums((input - _along_channels(mean, input)).square())
    own = torch.cat([mean, deviations, torch.full_like(mean[:1], count)])
    everyones = torch.empty(group.size(), 2 * channels + 1, dtype=own.dtype, device=own.device)
    _collectives.all_gather_into_tensor(everyones, own, group)
    means, deviations, counts = everyones.split([channels, channels, 1], 1)
    total = float(counts.sum().item())
    mean = (means * counts).sum(0) / total
    return mean, (deviations + counts * (means - mean).square()).sum(0) / total, total


class _SyncBatchNorm(Function):
    """``(input - mean) / sqrt(var + eps) * weight + bias``, with a backward pass that joins its sums, too."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Any, bias: Any, eps: float, group: ProcessGroup) -> Any:
        mean, variance, total = _statistics(input, group)
        inverse = (variance + eps).rsqrt()
        normalised = (input - _along_channels(mean, input)) * _along_channels(inverse, input)
        ctx.save_for_backward(input, weight, mean, inverse)
        ctx.group, ctx.total, ctx.has_bias = group, total, bias is not None
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(mean, variance)
        if weight is not None:
            normalised = normalised * _along_channels(weight, input)
        if bias is not None:
            normalised = normalised + _along_channels(bias, input)
        return normalised.to(input.dtype), mean, variance, total

    @staticmethod
    def backward(ctx: Any, grad: Any, *others: Any) -> Any:
        input, weight, mean, inverse = ctx.saved_tensors
        normalised = (input - _along_channels(mean, input)) * _along_channels(inverse, input)
        sums, products = _sums(grad), _sums(grad * normalised)
        grad_weight = products.to(weight.dtype) if weight is not None else None
        grad_bias = sums.to(grad.dtype) if ctx.has_bias else None
        joined = torch.stack([sums, products])
        _collectives.all_reduce(joined, group=ctx.group)
        mean_sum, mean_product = (joined / ctx.total).unbind()
        centred = grad - _along_channels(mean_sum, grad) - normalised * _along_channels(mean_product, grad)
        scale = inverse if weight is None else inverse * weight
        return (centred * _along_channels(scale, grad)).to(input.dtype), grad_weight, grad_bias, None, None


def over_processes(module: Any, input: Tensor, group: ProcessGroup) -> Tensor:
    """Normalise, and let the running statistics of a ``SyncBatchNorm`` follow those of all processes.

    Raises:
        ValueError: one element for each channel in all processes together.
    """
    output, mean, variance, total = _SyncBatchNorm.apply(input, module.weight, module.bias, module.eps, group)
    if total < 2:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(input.shape)}")
    if module.training and module.track_running_stats and module.running_mean is not None:
        module.num_batches_tracked.add_(1)
        momentum = module.momentum
        if momentum is None:
            momentum = 1.0 / number_or(module.num_batches_tracked, 1)
        with torch.no_grad():
            module.running_mean.lerp_(mean.to(module.running_mean.dtype), momentum)
            module.running_var.lerp_((variance * total / (total - 1)).to(module.running_var.dtype), momentum)
    return output
