"""Cross entropy of scores that a linear map computes."""

from __future__ import annotations

import warnings
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch.nn.functional.loss.classification import cross_entropy


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target)``.

    Shapes: ``input`` (I) or (N, I), ``linear_weight`` (C, I) or (C, *, I), ``linear_bias`` (C) or (C, *), ``target``
    classes (N, *) or probabilities (N, C, *). ``ignore_index=None`` ignores nothing, or -100 among classes. With
    ``options`` the scores of a matrix of weights are there for one chunk of rows at a time, and computed again for the
    gradients.

    Raises:
        RuntimeError: shapes that do not fit.
        TypeError: ``options`` of another class.
    """
    require_tensors("linear_cross_entropy", input=input, linear_weight=linear_weight, target=target)
    if input.dim() not in (1, 2):
        raise RuntimeError(f"linear_cross_entropy: expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2 or input.size(-1) != linear_weight.size(-1):
        raise RuntimeError(
            "linear_cross_entropy: expected equal input and linear_weight last dimensions (in_features), got shapes "
            f"{list(input.shape)} and {list(linear_weight.shape)}"
        )
    if linear_weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"linear_cross_entropy: K-dimensional loss defined by linear_weight shape {list(linear_weight.shape)} "
            "requires "
            f"batched input, (N, {input.size(0)}), got unbatched input with shape {list(input.shape)}"
        )
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None and _is_divisible(input, linear_weight, options):
        return _in_chunks(
            input, linear_weight, target, linear_bias, weight, reduction, ignored, label_smoothing, options
        )
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = _nn.linear(input, linear_weight.reshape(-1, linear_weight.size(-1)), bias)
    scores = scores.reshape(*input.shape[:-1], *linear_weight.shape[:-1])
    return cross_entropy(
        scores, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing
    )


def _is_divisible(input: Tensor, linear_weight: Tensor, options: object) -> bool:
    """Can a loss be computed in chunks? Warns where it cannot."""
    from ferrotorch.nn.modules.linear_cross_entropy_options import LinearCrossEntropyOptions

    if not isinstance(options, LinearCrossEntropyOptions):
        raise TypeError(
            f"linear_cross_entropy: options must be LinearCrossEntropyOptions or None, got {type(options).__name__}"
        )
    if input.dim() == 2 and linear_weight.dim() == 2:
        return True
    warnings.warn(
        "linear_cross_entropy: losses of one row or of several dimensions are not computed in chunks, got input of "
        f"shape {list(input.shape)} and linear_weight of shape {list(linear_weight.shape)}",
        UserWarning,
        stacklevel=3,
    )
    return False


def _in_chunks(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None,
    weight: Tensor | None,
    reduction: str,
    ignored: int,
    label_smoothing: float,
    options: Any,
) -> Tensor:
    """The loss of all chunks of rows, whose scores are forgotten and computed again in the backward pass."""
    from ferrotorch.utils.checkpoint import checkpoint

    rows = options._rows(input.size(0), input.size(1), linear_weight.size(0))
    dtype = options._dtype(input.dtype)
    of_chunk = "none" if reduction == "none" else "sum"

    def loss(x: Tensor, expected: Tensor) -> Tensor:
        bias = None if linear_bias is None else linear_bias.to(dtype)
        scores = _nn.linear(x.to(dtype), linear_weight.to(dtype), bias)
        weights = None if weight is None else weight.to(dtype)
        expected = expected.to(dtype) if expected.is_floating_point() else expected
        return cross_entropy(
            scores, expected, weights, ignore_index=ignored, reduction=of_chunk, label_smoothing=label_smoothing
        )

    if target.size(0) != input.size(0):
        loss(input, target)  # which says what does not fit
    pairs = zip(input.split(rows), target.split(rows), strict=True)
    losses = [checkpoint(loss, x, expected, use_reentrant=False, preserve_rng_state=False) for x, expected in pairs]
    if reduction == "none":
        return torch.cat(losses).to(input.dtype)
    total = torch.stack(losses).sum()
    return (total if reduction == "sum" else total / _count(target, weight, ignored)).to(input.dtype)


def _count(target: Tensor, weight: Tensor | None, ignored: int) -> Tensor | int:
    """By what the sum of the losses is divided for their mean."""
    if target.is_floating_point():
        return target.size(0)
    counts = target != ignored
    return counts.sum() if weight is None else (weight[target.where(counts, 0)] * counts).sum()
