"""Functions of layers and losses in the form in which the package itself has them, not ``nn.functional``.

Modes and reductions are numbers here, flags that are training's are positional, and some functions say more.
"""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, _interception
from ferrotorch._checks import require_tensors
from ferrotorch.nn import functional as F

Tensor = _C.Tensor

__all__ = [
    "adaptive_max_pool1d", "alpha_dropout", "alpha_dropout_", "batch_norm", "binary_cross_entropy_with_logits",
    "cosine_embedding_loss", "ctc_loss", "dropout", "dropout_", "embedding", "embedding_bag", "feature_alpha_dropout",
    "feature_alpha_dropout_", "feature_dropout", "feature_dropout_", "grid_sampler", "grid_sampler_2d",
    "grid_sampler_3d", "hinge_embedding_loss", "instance_norm", "kl_div", "margin_ranking_loss", "poisson_nll_loss",
    "triplet_margin_loss",
]  # fmt: skip

_REDUCTIONS = ("none", "mean", "sum")
_SAMPLING_MODES = ("bilinear", "nearest", "bicubic")
_PADDING_MODES = ("zeros", "border", "reflection")
_BAG_MODES = ("sum", "mean", "max")


def _named(op: str, what: str, names: tuple[str, ...], number: int) -> str:
    """What a number stands for."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{op}(): argument '{what}' must be int, not {type(number).__name__}")
    if not 0 <= number < len(names):
        raise RuntimeError(f"{op}(): {what} must be in [0, {len(names) - 1}], got {number}")
    return names[number]


def _reduction(op: str, number: int) -> str:
    return _named(op, "reduction", _REDUCTIONS, number)


def _require_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Zero elements with probability ``p`` and scale the others, if ``train``."""
    _require_probability(p)
    return F.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`dropout` in place."""
    _require_probability(p)
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout that keeps mean and variance, if ``train``."""
    _require_probability(p)
    return F.alpha_dropout(input, p, train)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`alpha_dropout` in place."""
    _require_probability(p)
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Zero channels, entries of the first two dimensions, with probability ``p``, if ``train``."""
    _require_probability(p)
    return _channels(input, p, train, inplace=False)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`feature_dropout` in place."""
    _require_probability(p)
    return _channels(input, p, train, inplace=True)


def _channels(input: Tensor, p: float, train: bool, *, inplace: bool) -> Tensor:
    require_tensors("feature_dropout", input=input)
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shape = [*input.shape[:2], *[1] * (input.dim() - 2)]
    mask = F.dropout(_C.ones(shape, dtype=input.dtype, device=input.device), p, train)
    return input.mul_(mask) if inplace else input * mask


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`alpha_dropout` of channels."""
    _require_probability(p)
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`feature_alpha_dropout` in place."""
    _require_probability(p)
    return F.feature_alpha_dropout(input, p, train, inplace=True)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """:func:`nn.functional.batch_norm`; ``cudnn_enabled`` chooses nothing here."""
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """:func:`nn.functional.instance_norm`; ``cudnn_enabled`` chooses nothing here."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """Largest of as many windows as ``output_size`` says, with their places."""
    return F.adaptive_max_pool1d(input, output_size, return_indices=True)  # type: ignore[return-value]


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """Rows of ``weight``; the one of ``padding_idx`` gets no gradient, where it is not negative."""
    padding = padding_idx if padding_idx >= 0 else None
    return F.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`nn.functional.grid_sample` in two or three dimensions.

    Args:
        input: of shape ``(N, C, H, W)`` or ``(N, C, D, H, W)``.
        grid: of shape ``(N, H', W', 2)`` or ``(N, D', H', W', 3)``.
        interpolation_mode: 0 is bilinear, 1 nearest, 2 bicubic.
        padding_mode: 0 is zeros, 1 border, 2 reflection.
        align_corners: are -1 and 1 the centres of the corner pixels, rather than their edges?
    """
    mode = _named("grid_sampler", "interpolation_mode", _SAMPLING_MODES, interpolation_mode)
    padding = _named("grid_sampler", "padding_mode", _PADDING_MODES, padding_mode)
    return F.grid_sample(input, grid, mode, padding, align_corners)


def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`grid_sampler` of images."""
    return _of_ndim("grid_sampler_2d", 4, input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`grid_sampler` of volumes."""
    return _of_ndim("grid_sampler_3d", 5, input, grid, interpolation_mode, padding_mode, align_corners)


def _of_ndim(op: str, ndim: int, input: Tensor, grid: Tensor, *modes: Any) -> Tensor:
    require_tensors(op, input=input, grid=grid)
    if input.dim() != ndim or grid.dim() != ndim:
        raise RuntimeError(
            f"{op}(): expected {ndim}D input and grid, but got input of shape {list(input.shape)} and grid of shape "
            f"{list(grid.shape)}"
        )
    return grid_sampler(input, grid, *modes)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None, reduction: int = 0
) -> Tensor:
    """:func:`nn.functional.binary_cross_entropy_with_logits` with the reduction as a number."""
    how = _reduction("binary_cross_entropy_with_logits", reduction)
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction=how, pos_weight=pos_weight)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`nn.functional.cosine_embedding_loss` with the reduction as a number."""
    how = _reduction("cosine_embedding_loss", reduction)
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=how)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """:func:`nn.functional.ctc_loss` with the reduction as a number."""
    how = _reduction("ctc_loss", reduction)
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, how, zero_infinity)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """:func:`nn.functional.hinge_embedding_loss` with the reduction as a number."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_reduction("hinge_embedding_loss", reduction))


def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """:func:`nn.functional.kl_div` with the reduction as a number; 1 is the mean over all elements, 0 none."""
    divergences = F.kl_div(input, target, reduction="none", log_target=log_target)
    how = _reduction("kl_div", reduction)
    return divergences if how == "none" else divergences.mean() if how == "mean" else divergences.sum()


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`nn.functional.margin_ranking_loss` with the reduction as a number."""
    how = _reduction("margin_ranking_loss", reduction)
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=how)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """:func:`nn.functional.poisson_nll_loss` with the reduction as a number."""
    how = _reduction("poisson_nll_loss", reduction)
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=how)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """:func:`nn.functional.triplet_margin_loss` with the reduction as a number."""
    how = _reduction("triplet_margin_loss", reduction)
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=how)


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sums, means or largest of rows of ``weight``, in bags of consecutive ``indices``.

    Args:
        weight: of shape ``(rows, features)``.
        indices: which rows, 1-D.
        offsets: where the bags begin.
        scale_grad_by_freq: divide the gradient of a row by how often it occurs.
        mode: 0 is the sum, 1 the mean, 2 the largest.
        sparse: not available.
        per_sample_weights: what each row is multiplied by, in sums.
        include_last_offset: is the last offset the end of the last bag?
        padding_idx: a row that does not count.

    Returns:
        The bags; for each index its bag; for each bag the number of its rows, both of no meaning for sums;
        and with ``mode`` 2 for each feature of a bag the row that is largest there.
    """
    require_tensors("embedding_bag", weight=weight, indices=indices, offsets=offsets)
    how = _named("embedding_bag", "mode", _BAG_MODES, mode)
    bags = F.embedding_bag(
        indices, weight, offsets, None, 2.0, scale_grad_by_freq, how, sparse, per_sample_weights, include_last_offset,
        padding_idx,
    )  # fmt: skip
    if how == "sum":
        # Their derivative needs none of the rest.
        return bags, offsets.new_empty(0), _C.zeros_like(offsets), _C.zeros_like(offsets)
    starts = offsets[:-1] if include_last_offset else offsets
    places = _C.arange(indices.numel(), device=indices.device, dtype=offsets.dtype)
    bag_of = (_C.searchsorted(starts.contiguous(), places, right=True) - 1).to(offsets.dtype)
    counted = _C.ones_like(indices, dtype=_C.bool) if padding_idx is None else indices != padding_idx % weight.shape[0]
    sizes = _C.zeros_like(starts).index_add_(0, bag_of.to(_C.int64), counted.to(offsets.dtype))
    if how == "mean":
        return bags, bag_of, sizes, sizes
    return bags, bag_of, sizes, _largest_rows(weight.detach(), indices, bag_of, counted, bags.detach())


def _largest_rows(weight: Tensor, indices: Tensor, bag_of: Tensor, counted: Tensor, bags: Tensor) -> Tensor:
    """For each feature of a bag the first of its rows that has the bag's value there; 0 where there is none."""
    hit = (weight[indices] == bags[bag_of]) & counted[:, None]
    last = indices.numel()
    places = _C.where(hit, _C.arange(last, device=indices.device)[:, None], last)
    first = _C.full(bags.shape, last, dtype=_C.int64, device=indices.device)
    first = first.scatter_reduce(0, bag_of[:, None].expand_as(places).to(_C.int64), places, "amin")
    rows = _C.cat([indices, indices.new_zeros(1)])[first]
    return rows.to(indices.dtype)


_interception.functions(globals(), __all__)
