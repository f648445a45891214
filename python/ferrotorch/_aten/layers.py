"""Layers as PyTorch's ops have them: with the statistics, masks and indices that their derivatives read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch.nn import functional as F

__all__ = ["TABLE", "convolution", "native_batch_norm", "native_dropout", "native_group_norm", "native_layer_norm"]

Tensor = torch.Tensor
Maybe = Tensor | None


def softmax(self: Tensor, dim: int, half_to_float: bool) -> Tensor:
    """``softmax``; of half numbers in float32 if asked for."""
    return torch.softmax(self, dim, dtype=torch.float32 if half_to_float else None)


def log_softmax(self: Tensor, dim: int, half_to_float: bool) -> Tensor:
    """``log_softmax``; of half numbers in float32 if asked for."""
    return torch.log_softmax(self, dim, dtype=torch.float32 if half_to_float else None)


def safe_softmax(self: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """``softmax`` that is zero where all inputs are minus infinity."""
    hidden = (self == -torch.inf).all(dim, keepdim=True)
    return torch.softmax(self, dim, dtype=dtype).masked_fill(hidden, 0)


def native_layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Maybe, bias: Maybe, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Layer normalization with the mean and one over the standard deviation of each group of elements.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the dimensions at the end that are normalized together.
        weight, bias: of this shape, or None.
        eps: added to the variance.
    """
    result = F.layer_norm(input, normalized_shape, weight, bias, eps)
    dims = tuple(range(-len(normalized_shape), 0))
    return result, *_statistics(input, dims, eps, weight, keepdim=True)


def _statistics(input: Tensor, dims: Any, eps: float, weight: Maybe, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and one over the standard deviation, which are not differentiated, in the dtype of the weight."""
    dtype = input.dtype if weight is None else weight.dtype
    with torch.no_grad():
        variance, mean = torch.var_mean(_wide(input), dims, correction=0, keepdim=keepdim)
        return mean.to(dtype), (variance + eps).rsqrt().to(dtype)


def _wide(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


@one_node("NativeGroupNormBackward0")
def native_group_norm(
    input: Tensor, weight: Maybe, bias: Maybe, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Group normalization of (N, C, HxW) with the mean and one over the standard deviation of each group."""
    result = F.group_norm(input, group, weight, bias, eps)
    dtype = input.dtype if weight is None else weight.dtype
    variance, mean = torch.var_mean(_wide(input).reshape(N, group, C // group * HxW), -1, correction=0)
    return result, mean.to(dtype), (variance + eps).rsqrt().to(dtype)


def native_batch_norm(
    input: Tensor, weight: Maybe, bias: Maybe, running_mean: Maybe, running_var: Maybe, training: bool,
    momentum: float, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Batch normalization with mean and one over standard deviation of the batch, which are empty in evaluation."""
    result = F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return result, input.new_empty(0), input.new_empty(0)
    dims = [dim for dim in range(input.dim()) if dim != 1]
    return result, *_statistics(input, dims, eps, weight)


def _batch_norm_no_training(
    input: Tensor, weight: Maybe, bias: Maybe, running_mean: Tensor, running_var: Tensor, momentum: float, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    return native_batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps)


def _batch_norm_legit(input: Tensor, weight: Maybe, bias: Maybe, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    """With running statistics, or without any."""
    statistics: tuple[Maybe, Maybe] = (None, None) if isinstance(rest[0], bool) else (rest[0], rest[1])
    return native_batch_norm(input, weight, bias, *statistics, *rest[-3:])


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Dropout with the mask of the elements that are kept."""
    if train is False or p == 0:
        return input.clone(), torch.ones_like(input, dtype=torch.bool)
    kept = torch.empty_like(input).bernoulli_(1 - p)
    scale = 0.0 if p == 1 else 1 / (1 - p)
    return input * kept * scale, kept.bool()


def convolution(
    input: Tensor, weight: Tensor, bias: Maybe, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int],
    transposed: bool, output_padding: Sequence[int], groups: int,
) -> Tensor:  # fmt: skip
    """A convolution over one to three dimensions, or its transpose.

    Args:
        input: (N, C, *), with one to three dimensions after the channels.
        weight: (C_out, C / groups, *); (C, C_out / groups, *) for a transposed convolution.
        bias: (C_out,) or None.
        stride, padding, dilation, output_padding: numbers for each of the dimensions, or one for all.
        transposed: is it a transposed convolution?
        groups: the number of groups of channels.
    """
    require_tensors("convolution", input=input, weight=weight)
    kind = f"conv{'_transpose' if transposed else ''}{weight.dim() - 2}d"
    sizes: list[Any] = [_spread(size, weight.dim() - 2) for size in (stride, padding, dilation, output_padding)]
    if transposed:
        return getattr(torch, kind)(input, weight, bias, sizes[0], sizes[1], sizes[3], groups, sizes[2])
    return getattr(torch, kind)(input, weight, bias, *sizes[:3], groups)


def _spread(size: Sequence[int], count: int) -> tuple[int, ...]:
    return tuple(size) * count if len(size) == 1 else tuple(size)


def _any_convolution(*args: Any, **kwargs: Any) -> Tensor:
    """With switches of PyTorch's kernels behind the arguments."""
    names = ("benchmark", "deterministic", "cudnn_enabled", "allow_tf32")
    return convolution(*args[:9], **{name: value for name, value in kwargs.items() if name not in names})


def _upsampling(mode: str, has_corners: bool) -> Callable[..., Tensor]:
    """An op of interpolation: sizes or factors, flags, and in older overloads one factor for each dimension."""

    def upsample(input: Tensor, output_size: Any, *args: Any, **kwargs: Any) -> Tensor:
        rest = list(args)
        options = {}
        if has_corners:
            options["align_corners"] = kwargs.pop("align_corners") if "align_corners" in kwargs else rest.pop(0)
        if output_size is not None:
            return F.interpolate(input, output_size, None, mode, **options)
        factors = kwargs["scale_factors"] if "scale_factors" in kwargs else rest[0]
        return F.interpolate(input, None, factors, mode, **options)

    return upsample


_CORNERED = ("linear1d", "bilinear2d", "bicubic2d", "trilinear3d")


TABLE: dict[str, Callable[..., Any]] = {
    **{f"upsample_{name}": _upsampling(name[:-2], True) for name in _CORNERED},
    **{f"upsample_nearest{n}d": _upsampling("nearest", False) for n in (1, 2, 3)},
    **{f"_upsample_nearest_exact{n}d": _upsampling("nearest-exact", False) for n in (1, 2, 3)},
    "_adaptive_avg_pool2d": F.adaptive_avg_pool2d,
    "_adaptive_avg_pool3d": F.adaptive_avg_pool3d,
    "_convolution": _any_convolution,
    "_log_softmax": log_softmax,
    "_native_batch_norm_legit": _batch_norm_legit,
    "_native_batch_norm_legit_no_training": _batch_norm_no_training,
    "_safe_softmax": safe_softmax,
    "_softmax": softmax,
    "batch_norm": lambda *args: torch._C._nn.batch_norm(*args[:8]),
    "convolution": convolution,
    "native_batch_norm": native_batch_norm,
    "native_dropout": native_dropout,
    "native_group_norm": native_group_norm,
    "native_layer_norm": native_layer_norm,
}
