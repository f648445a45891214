"""Normalisation over batch, layer, group, instance, neighbouring channels, or one dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors, require_tensors_or_none


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` by channel of ``input`` (N, C, *) (Ioffe & Szegedy, 2015).

    In training the statistics are those of the batch, and move the running ones (C) by ``momentum``; otherwise they are
    the running ones.

    Raises:
        ValueError: training with one value a channel.
    """
    if training:
        require_tensors("batch_norm", input=input)
        _require_several_values(input.shape)
    return _nn.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def _require_several_values(shape: Sequence[int]) -> None:
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {torch.Size(shape)}")


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Batch normalisation of each instance of ``input`` (N, C, *) by itself (Ulyanov et al., 2016).

    Running statistics move by the mean over instances.

    Raises:
        ValueError: one spatial element, whose variance is 0.
        RuntimeError: neither ``use_input_stats`` nor running statistics.
    """
    require_tensors("instance_norm", input=input)
    require_tensors_or_none(
        "instance_norm", running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    n, c, *spatial = input.shape
    if use_input_stats and math.prod(spatial) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {torch.Size(input.shape)}"
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    mean, var, weights, biases = (None if t is None else t.repeat(n) for t in (running_mean, running_var, weight, bias))
    # Instances become channels of one batch.
    result = _nn.batch_norm(
        input.reshape(1, n * c, *spatial), weights, biases, mean, var, use_input_stats, momentum, eps
    )
    for running, moved in ((running_mean, mean), (running_var, var)):
        if running is not None and moved is not None and use_input_stats:
            running.detach().copy_(moved.reshape(n, c).mean(0))
    return result.reshape(input.shape)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimensions (Ba et al., 2016).

    ``normalized_shape`` is their shape, and that of ``weight`` and ``bias``.
    """
    return _nn.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """``x / sqrt(mean(x^2) + eps) * weight`` over the last dimensions (Zhang & Sennrich, 2019).

    ``eps=None`` is the machine epsilon of the dtype that the mean is computed in.

    Raises:
        RuntimeError: a ``normalized_shape`` that is not the end of the input's shape or not the weight's.
    """
    return _nn.rms_norm(input, tuple(normalized_shape), weight, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalise ``num_groups`` groups of channels of ``input`` (N, C, *) each by its own statistics (Wu & He, 2018).

    ``weight`` and ``bias`` have shape (C).

    Raises:
        RuntimeError: fewer than 2 dimensions, or channels that ``num_groups`` does not divide.
        ValueError: one value a group.
    """
    require_tensors("group_norm", input=input)
    if input.dim() < 2:
        raise RuntimeError(f"group_norm: Expected at least 2 dimensions for input tensor but received {input.dim()}")
    if num_groups <= 0 or input.size(1) % num_groups:
        raise RuntimeError(
            "group_norm: Expected number of channels in input to be divisible by num_groups, "
            f"but got input of shape {list(input.shape)} and num_groups={num_groups}"
        )
    _require_several_values([input.size(0) * input.size(1) // num_groups, num_groups, *input.shape[2:]])
    return _nn.group_norm(input, num_groups, weight, bias, eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """``x / (k + alpha * mean(x^2 over size neighbouring channels))^beta`` for ``input`` (N, C, *).

    Raises:
        ValueError: an input of fewer than 3 dimensions.
    """
    require_tensors("local_response_norm", input=input)
    if input.dim() < 3:
        raise ValueError(
            f"local_response_norm: Expected 3D or higher dimensionality input (got {input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input
    n, c = input.shape[:2]
    squares = _nn.pad((input * input).reshape(n, 1, c, -1), [0, 0, size // 2, (size - 1) // 2], "constant", 0)
    means = _nn.avg_pool2d(squares, (size, 1), (1, 1), (0, 0), False, True, None)
    return input / (means.reshape(input.shape) * alpha + k).pow(beta)


def normalize(
    input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """``x / max(norm_p(x), eps)`` along ``dim``."""
    norm = torch.norm(input, p, dim, keepdim=True).clamp_min(eps)
    if out is not None:
        return torch.div(input, norm, out=out)
    return input / norm
