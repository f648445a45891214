"""Cross entropy of scores that a linear map computes."""

from __future__ import annotations

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
    options: None = None,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target)``.

    Shapes: ``input`` (I) or (N, I), ``linear_weight`` (C, I) or (C, *, I), ``linear_bias`` (C) or (C, *), ``target``
    classes (N, *) or probabilities (N, C, *). ``ignore_index=None`` ignores nothing, or -100 among classes.

    Raises:
        RuntimeError: shapes that do not fit.
        ValueError: ``options``, which ask for a computation in chunks, are not None.
    """
    require_tensors("linear_cross_entropy", input=input, linear_weight=linear_weight, target=target)
    if options is not None:
        raise ValueError(
            f"linear_cross_entropy: options must be None, the loss is not computed in chunks, got {options!r}"
        )
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
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = _nn.linear(input, linear_weight.reshape(-1, linear_weight.size(-1)), bias)
    scores = scores.reshape(*input.shape[:-1], *linear_weight.shape[:-1])
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        scores, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing
    )
