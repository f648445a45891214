"""Dropout in its variants: elements or whole channels, zeroed or moved to the saturation of SELU."""

from __future__ import annotations

import math
import warnings

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors

# Minus the value at which SELU saturates: scale * alpha.
SELU_SATURATION = 1.7580993408473766


def _check_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability ``p`` and scale the others by ``1 / (1 - p)``; the identity if not training.

    Raises:
        ValueError: ``p`` outside [0, 1].
    """
    _check_probability(p)
    require_tensors("dropout", input=input)
    if not inplace:
        return _nn.dropout(input, p, training)
    return (
        input.mul_(_zeroing_mask(torch.empty_like(input, dtype=input.dtype.to_real()), p))
        if training and p > 0
        else input
    )


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance of SELU's activations (Klambauer et al., 2017).

    Raises:
        ValueError: ``p`` outside [0, 1].
    """
    require_tensors("alpha_dropout", input=input)
    _check_probability(p)
    return _alpha_dropout(input, torch.empty_like(input, dtype=input.dtype.to_real()), p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """:func:`alpha_dropout` of whole channels of ``input`` (N, C, *).

    Raises:
        ValueError: ``p`` outside [0, 1].
    """
    require_tensors("feature_alpha_dropout", input=input)
    _check_probability(p)
    if not training or p == 0:
        return input
    return _alpha_dropout(
        input, input.new_empty(_channel_shape(input), dtype=input.dtype.to_real()), p, training, inplace
    )


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of ``input`` (N, C, L) or (C, L) with probability ``p``.

    Raises:
        ValueError: ``p`` outside [0, 1].
        RuntimeError: an input that is not 2-D or 3-D.
    """
    require_tensors("dropout1d", input=input)
    _check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _channel_dropout(input, input.dim() == 3, p, training, inplace)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of ``input`` (N, C, H, W) with probability ``p``; a 3-D one is (N, C, L), as a warning says.

    Raises:
        ValueError: ``p`` outside [0, 1].
    """
    require_tensors("dropout2d", input=input)
    _check_probability(p)
    _warn_of_ndim("dropout2d", input, (3, 4))
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _channel_dropout(input, True, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of ``input`` (N, C, D, H, W) or (C, D, H, W) with probability ``p``.

    Raises:
        ValueError: ``p`` outside [0, 1].
    """
    require_tensors("dropout3d", input=input)
    _check_probability(p)
    _warn_of_ndim("dropout3d", input, (4, 5))
    return _channel_dropout(input, input.dim() == 5, p, training, inplace)


def _warn_of_ndim(op: str, input: Tensor, expected: tuple[int, int]) -> None:
    if input.dim() not in expected:
        warnings.warn(
            f"{op}: Received a {input.dim()}-D input to {op}, which is deprecated and will result in an error in a "
            "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
            f"{op} exists to provide channel-wise dropout on inputs with {expected[0] - 1} spatial dimensions, a "
            f"channel dimension, and an optional batch dimension (i.e. {expected[0]}D or {expected[1]}D inputs).",
            stacklevel=3,
        )


def _channel_dropout(input: Tensor, batched: bool, p: float, training: bool, inplace: bool) -> Tensor:
    if not training or p == 0:
        return input
    mask = _channel_mask(input if batched else input.unsqueeze(0), p)
    if not batched:
        mask = mask.squeeze(0)
    return input.mul_(mask) if inplace else input * mask


def _channel_shape(input: Tensor) -> tuple[int, ...]:
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return (input.size(0), input.size(1), *[1] * (input.dim() - 2))


def _channel_mask(input: Tensor, p: float) -> Tensor:
    return _zeroing_mask(input.new_empty(_channel_shape(input), dtype=input.dtype.to_real()), p)


def _zeroing_mask(mask: Tensor, p: float) -> Tensor:
    """0 with probability ``p``, else ``1 / (1 - p)``, in place of what ``mask`` holds."""
    return mask.zero_() if p == 1 else _of_each_sample(mask).bernoulli_(1 - p).div_(1 - p)


def _of_each_sample(mask: Tensor) -> Tensor:
    """A mask to be drawn: inside ``vmap`` each sample has one of its own, where they may differ."""
    if not _C._vmap_frames():
        return mask
    from ferrotorch._batching._random import of_each_sample

    return of_each_sample(mask)


def _alpha_dropout(input: Tensor, mask: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        nothing = input.dtype != torch.bool and 0
        return input.mul_(nothing) if inplace else input * nothing
    keep = _of_each_sample(mask).bernoulli_(1 - p)
    scale = 1.0 / math.sqrt((SELU_SATURATION**2 * p + 1) * (1 - p))
    shift = (keep - 1).mul_(SELU_SATURATION * scale).add_(SELU_SATURATION * scale * p)
    keep.mul_(scale)
    return input.mul_(keep).add_(shift) if inplace else input * keep + shift
