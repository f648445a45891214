"""Losses between embeddings: pairs, rankings and triplets."""

from __future__ import annotations

from collections.abc import Callable

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_constants, require_tensors
from ferrotorch.nn.functional.distance import pairwise_distance
from ferrotorch.nn.functional.loss.reduction import reduce_loss, resolve_reduction


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``: target 1 wants ``input1`` larger, -1 smaller.

    Raises:
        RuntimeError: a different number of dimensions.
    """
    require_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()}"
        )
    return reduce_loss((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``input`` where the target is 1, ``max(0, margin - input)`` where it is -1."""
    require_tensors("hinge_embedding_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    zero = torch.zeros_like(input, requires_grad=False)
    dissimilar = torch.where(target != 1, (margin - input).clamp_min(0), zero)
    similar = torch.where(target != -1, input, zero)
    return reduce_loss(dissimilar + similar, reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1; (N, D), (N, D), (N) or unbatched.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    require_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    require_constants("cosine_embedding_loss", margin=margin)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if target.dim() not in (0, 1) or not input1.dim() == input2.dim() == target.dim() + 1:
        raise RuntimeError(
            f"cosine_embedding_loss: {target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but "
            f"found inputs with sizes {list(input1.shape)} and {list(input2.shape)}; targets are 0D or 1D"
        )
    epsilon = 1e-12
    product = (input1 * input2).sum(-1)
    squares = ((input1 * input1).sum(-1) + epsilon) * ((input2 * input2).sum(-1) + epsilon)
    cosine = product / squares.sqrt()
    zero = torch.zeros_like(cosine, requires_grad=False)
    similar = torch.where(target == 1, 1 - cosine, zero)
    dissimilar = torch.where(target == -1, (cosine - margin).clamp_min(0), zero)
    return reduce_loss(similar + dissimilar, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with the p-norm distance; shapes (N, D) or (D).

    ``swap`` takes the distance of positive and negative where it is the smaller (Balntas et al., 2016).

    Raises:
        ValueError: a margin that is not positive.
        RuntimeError: a different number of dimensions.
    """
    require_constants("triplet_margin_loss", margin=margin, p=p, eps=eps)
    reduction = resolve_reduction(reduction, size_average, reduce)
    return _triplet(anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """:func:`triplet_margin_loss` with a distance of one's own, by default :func:`pairwise_distance`.

    Raises:
        ValueError: a margin that is not positive.
        RuntimeError: a different number of dimensions.
    """
    reduction = resolve_reduction(reduction, None, None)
    return _triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplet(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    require_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    to_positive, to_negative = distance(anchor, positive), distance(anchor, negative)
    if swap:
        to_negative = torch.minimum(to_negative, distance(positive, negative))
    return reduce_loss((to_positive - to_negative + margin).clamp_min(0), reduction)
