"""What PyTorch's layers and losses call below autograd: with buffers, statistics and random state as more results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.nn import functional as F

__all__ = ["TABLE"]

Tensor = torch.Tensor
_REDUCTIONS = ("none", "mean", "sum")


def _prelu_kernel(self: Tensor, weight: Tensor) -> Tensor:
    """The elements, those below zero times a weight that is spread already."""
    return torch.where(self > 0, self, weight * self)


def log_sigmoid_forward(self: Tensor) -> tuple[Tensor, Tensor]:
    """The logarithm of the sigmoid, and an empty buffer."""
    return F.logsigmoid(self), self.new_empty(0)


def rrelu_with_noise(
    self: Tensor, noise: Tensor, lower: float = 0.125, upper: float = 1 / 3, training: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Elements below zero times random numbers from the default generator, which are kept in ``noise``."""
    if not training:
        return F.leaky_relu(self, (lower + upper) / 2)
    result = F.rrelu(self, lower, upper, training=True)
    with torch.no_grad():
        noise.copy_(torch.where(self <= 0, result / self, 1.0).nan_to_num(nan=1.0))
    return result


def cross_entropy_loss(
    self: Tensor, target: Tensor, weight: Tensor | None = None, reduction: int = 1, ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """``cross_entropy`` with the reduction as a number."""
    return F.cross_entropy(
        self, target, weight, ignore_index=ignore_index, reduction=_REDUCTIONS[reduction],
        label_smoothing=label_smoothing,
    )  # fmt: skip


def _flash_attention(
    query: Tensor, key: Tensor, value: Tensor, dropout_p: float = 0.0, is_causal: bool = False, *,
    attn_mask: Tensor | None = None, scale: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Attention, and the logarithm of the sum of the exponentials of each row."""
    result = F.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale)
    if not query.is_contiguous() and result.shape == query.shape:
        result = torch.empty_like(query).copy_(result)  # It lies as the queries do.
    with torch.no_grad():
        factor = query.shape[-1] ** -0.5 if scale is None else scale
        scores = (query @ key.mT).float() * factor
        if attn_mask is not None:
            scores = scores + attn_mask
        if is_causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
        return result, torch.logsumexp(scores, -1)


def _upsample_antialiased(mode: str) -> Callable[..., Tensor]:
    """An op of interpolation by means over what is left out."""

    def upsample(
        self: Tensor, output_size: Sequence[int], align_corners: bool, scales_h: float | None = None,
        scales_w: float | None = None,
    ) -> Tensor:  # fmt: skip
        return F.interpolate(self, list(output_size), mode=mode, align_corners=align_corners, antialias=True)

    return upsample


def grid_sampler(self: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Tensor:
    """Samples of images at the points of a grid."""
    modes, paddings = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    return F.grid_sample(self, grid, modes[interpolation_mode], paddings[padding_mode], align_corners)


def max_unpool2d(self: Tensor, indices: Tensor, output_size: Sequence[int]) -> Tensor:
    """The elements at their places in images of a size, and zeros elsewhere."""
    flat = self.new_zeros([*self.shape[:-2], output_size[0] * output_size[1]])
    flat = flat.scatter(-1, indices.flatten(-2), self.flatten(-2))
    return flat.unflatten(-1, list(output_size))


def _adaptive_max_pool(count: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """The op over so many dimensions, with the places of the largest elements."""

    def pool(self: Tensor, output_size: Sequence[int]) -> tuple[Tensor, Tensor]:
        function = getattr(F, f"adaptive_max_pool{count}d")
        result: tuple[Tensor, Tensor] = function(self, list(output_size), return_indices=True)
        return result

    return pool


def _cdist_forward(x1: Tensor, x2: Tensor, p: float, compute_mode: int | None) -> Tensor:
    """Distances of all pairs of rows."""
    return torch.cdist(x1, x2, p)


def _embedding_bag(
    weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: bool = False, mode: int = 0,
    sparse: bool = False, per_sample_weights: Tensor | None = None, include_last_offset: bool = False,
    padding_idx: int = -1,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Sums, means or maxima of rows, with the bag of each index, and sizes and largest rows of the bags."""
    result = F.embedding_bag(
        indices, weight, offsets, scale_grad_by_freq=scale_grad_by_freq, mode=("sum", "mean", "max")[mode],
        sparse=sparse, per_sample_weights=per_sample_weights, include_last_offset=include_last_offset,
        padding_idx=None if padding_idx < 0 else padding_idx,
    )  # fmt: skip
    starts = offsets[:-1] if include_last_offset else offsets
    ends = torch.cat([starts[1:], starts.new_tensor([indices.numel()])])
    bags = torch.repeat_interleave(torch.arange(len(starts), device=starts.device), ends - starts)
    return result, bags, ends - starts, offsets.new_empty(0)


def _ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    zero_infinity: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The loss of each sequence, and an empty buffer."""
    result = F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, "none", zero_infinity)
    return result, log_probs.new_empty(0)


def _trilinear(
    i1: Tensor, i2: Tensor, i3: Tensor, expand1: Sequence[int], expand2: Sequence[int], expand3: Sequence[int],
    sumdim: Sequence[int], unroll_dim: int = 1,
) -> Tensor:  # fmt: skip
    """The sum of a product of three along dimensions."""
    for dims, place in ((expand1, 0), (expand2, 1), (expand3, 2)):
        for dim in sorted(dims):
            i1, i2, i3 = (x.unsqueeze(dim) if i == place else x for i, x in enumerate((i1, i2, i3)))
    return (i1 * i2 * i3).sum(tuple(sumdim))


def multilabel_margin_loss_forward(self: Tensor, target: Tensor, reduction: int) -> tuple[Tensor, Tensor]:
    """The loss, and which classes are targets."""
    result = F.multilabel_margin_loss(self, target, reduction=_REDUCTIONS[reduction])
    ends = (target < 0).to(torch.int64).cumsum(-1) == 0
    marks = torch.zeros_like(self).scatter_add(-1, target.clamp(min=0), ends.to(self.dtype))
    return result, (marks > 0).to(self.dtype)


def _unique2(
    self: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Values once each, where they went, and how many there were; what is not asked for is empty."""
    values, places, counts = torch.unique(self, sorted, return_inverse=True, return_counts=True)
    empty = torch.empty(0, dtype=torch.int64, device=self.device)
    return values, places if return_inverse else empty, counts if return_counts else empty


def unsafe_split(self: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts that may be written to one by one, also where they are differentiated."""
    parts = torch.split(self, split_size, dim)
    return tuple(part.clone() for part in parts) if torch.is_grad_enabled() and self.requires_grad else tuple(parts)


def unique_dim(
    self: Tensor, dim: int, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Slices once each, where they went, and how many there were."""
    values, places, counts = torch.unique(self, sorted, True, True, dim)
    return values, places, counts


TABLE: dict[str, Callable[..., Any]] = {
    **{f"_upsample_{mode}2d_aa": _upsample_antialiased(mode) for mode in ("bilinear", "bicubic")},
    **{f"grid_sampler_{n}d": grid_sampler for n in (2, 3)},
    **{f"adaptive_max_pool{n}d": _adaptive_max_pool(n) for n in (2, 3)},
    "_cdist_forward": _cdist_forward,
    "_conj_physical": torch.conj_physical,
    "_ctc_loss": _ctc_loss,
    "_embedding_bag": _embedding_bag,
    "_embedding_bag_forward_only": _embedding_bag,
    "_pdist_forward": lambda self, p=2.0: F.pdist(self, p),
    "_prelu_kernel": _prelu_kernel,
    "_scaled_dot_product_flash_attention_for_cpu": _flash_attention,
    "_trilinear": _trilinear,
    "_unique2": _unique2,
    "affine_grid_generator": lambda theta, size, align_corners: F.affine_grid(theta, list(size), align_corners),
    "cross_entropy_loss": cross_entropy_loss,
    "log_sigmoid_forward": log_sigmoid_forward,
    "max_unpool2d": max_unpool2d,
    "multilabel_margin_loss_forward": multilabel_margin_loss_forward,
    "rrelu_with_noise": rrelu_with_noise,
    "unique_dim": unique_dim,
    "unsafe_split": unsafe_split,
}
