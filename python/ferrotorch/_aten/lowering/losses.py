"""Losses and distances that are composed in Python, as PyTorch makes them of ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]
_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def _reduced(ask: Ask, loss: Tensor, reduction: str) -> Any:
    if reduction == "none":
        return loss
    return ask(getattr(aten, reduction).default, loss) if reduction in ("mean", "sum") else NotImplemented


def _named(reduction: str, size_average: Any, reduce: Any) -> bool:
    """Is the reduction given by its name alone, as is usual?"""
    return size_average is None and reduce is None and reduction in _REDUCTIONS


def poisson_nll_loss(
    ask: Ask, input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average: Any = None,
    eps: float = 1e-8, reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """The rate, less the target times its logarithm."""
    if full or not _named(reduction, size_average, reduce):
        return NotImplemented
    if log_input:
        product = ask(aten.mul.Tensor, target, input)
        loss = ask(aten.sub.Tensor, ask(aten.exp.default, input), product)
    else:
        logarithm = ask(aten.log.default, ask(aten.add.Scalar, input, eps))
        loss = ask(aten.sub.Tensor, input, ask(aten.mul.Tensor, target, logarithm))
    return _reduced(ask, loss, reduction)


def _clamped(ask: Ask, values: Tensor, least: float) -> Tensor:
    """No less than zero, in place; of a copy where a derivative needs what was there."""
    if _C.is_grad_enabled() and values.requires_grad:
        values = ask(aten.clone.default, values)
    return ask(aten.clamp_min_.default, values, least)


def _margin_less(ask: Ask, values: Tensor, margin: float) -> Tensor:
    spread = ask(aten.empty_like.default, values, memory_format=torch.preserve_format)
    return ask(aten.sub_.Tensor, ask(aten.fill_.Scalar, spread, margin), values)


def cosine_embedding_loss(
    ask: Ask, input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """One less the cosine of the angle, or what it exceeds a margin by."""
    if not _named(reduction, size_average, reduce) or input1.dim() != target.dim() + 1:
        return NotImplemented
    dim = target.dim()
    product = ask(aten.sum.dim_IntList, ask(aten.mul.Tensor, input1, input2), [dim])
    first, second = (
        ask(aten.add.Scalar, ask(aten.sum.dim_IntList, ask(aten.mul.Tensor, x, x), [dim]), 1e-12)
        for x in (input1, input2)
    )
    root = ask(aten.sqrt_.default, ask(aten.mul.Tensor, first, second))
    cosine = ask(aten.div.Tensor, product, root)
    zeros = ask(aten.zeros_like.default, cosine, memory_format=torch.contiguous_format)
    alike = _margin_less(ask, cosine, 1)
    other = _clamped(ask, ask(aten.sub.Scalar, cosine, margin), 0)
    alike = ask(aten.where.self, ask(aten.eq.Scalar, target, 1), alike, zeros)
    other = ask(aten.where.self, ask(aten.eq.Scalar, target, -1), other, zeros)
    return _reduced(ask, ask(aten.add.Tensor, alike, other), reduction)


def hinge_embedding_loss(
    ask: Ask, input: Tensor, target: Tensor, margin: float = 1.0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """The distance, or what a margin exceeds it by."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    zeros = ask(aten.zeros_like.default, input, memory_format=torch.contiguous_format)
    beyond = _clamped(ask, _margin_less(ask, input, margin), 0)
    beyond = ask(aten.where.self, ask(aten.ne.Scalar, target, 1), beyond, zeros)
    distance = ask(aten.where.self, ask(aten.ne.Scalar, target, -1), input, zeros)
    return _reduced(ask, ask(aten.add.Tensor, beyond, distance), reduction)


def kl_div(
    ask: Ask, input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    log_target: bool = False,
) -> Any:  # fmt: skip
    """The target times the difference of logarithms."""
    if size_average is not None or reduce is not None or reduction not in (*_REDUCTIONS, "batchmean"):
        return NotImplemented
    if log_target:
        difference = ask(aten.sub.Tensor, target, input)
        loss = ask(aten.mul.Tensor, ask(aten.exp.default, target), difference)
    else:
        product = ask(aten.mul.Tensor, target, input)
        loss = ask(aten.sub.Tensor, ask(aten.xlogy.Tensor, target, target), product)
    if reduction == "batchmean":
        return ask(aten.div.Tensor, ask(aten.sum.default, loss), input.shape[0])
    return _reduced(ask, loss, reduction)


def mse_loss(
    ask: Ask, input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    weight: Tensor | None = None,
) -> Any:  # fmt: skip
    """Squares of differences, with weights or without."""
    if input.shape != target.shape or not _named(reduction, size_average, reduce):
        return NotImplemented
    if weight is None:
        return ask(aten.mse_loss.default, input, target, _REDUCTIONS[reduction])
    squares = ask(aten.pow.Tensor_Scalar, ask(aten.sub.Tensor, input, target), 2)
    loss = ask(aten.mul.Tensor, squares, weight)
    if reduction != "mean":
        return _reduced(ask, loss, reduction)
    return ask(aten.div.Tensor, ask(aten.sum.default, loss), ask(aten.sum.default, weight))


def margin_ranking_loss(
    ask: Ask, input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """What a margin exceeds the difference in the right order by."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    difference = ask(aten.sub.Tensor, input1, input2)
    product = ask(aten.mul.Tensor, ask(aten.neg.default, target), difference)
    loss = _clamped(ask, ask(aten.add.Scalar, product, margin), 0)
    return _reduced(ask, loss, reduction)


def multilabel_margin_loss(
    ask: Ask, input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """One op, with the classes that are targets as a further result."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    return ask(aten.multilabel_margin_loss_forward.default, input, target, _REDUCTIONS[reduction])[0]


def multilabel_soft_margin_loss(
    ask: Ask, input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """The mean over classes of logistic losses."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    inside = ask(aten.mul.Tensor, target, ask(aten.log_sigmoid_forward.default, input)[0])
    less = ask(aten.rsub.Scalar, target, 1)
    outside = ask(aten.log_sigmoid_forward.default, ask(aten.neg.default, input))[0]
    loss = ask(aten.add.Tensor, inside, ask(aten.mul.Tensor, less, outside))
    loss = ask(aten.neg.default, loss)
    if weight is not None:
        loss = ask(aten.mul.Tensor, loss, weight)
    dim = input.dim() - 1
    loss = ask(aten.div.Tensor, ask(aten.sum.dim_IntList, loss, [dim]), input.shape[dim])
    return _reduced(ask, loss, reduction)


def multi_margin_loss(
    ask: Ask, input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """One op."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    return ask(aten.multi_margin_loss.default, input, target, p, margin, weight, _REDUCTIONS[reduction])


def soft_margin_loss(
    ask: Ask, input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """One op."""
    if not _named(reduction, size_average, reduce):
        return NotImplemented
    return ask(aten.soft_margin_loss.default, input, target, _REDUCTIONS[reduction])


def gaussian_nll_loss(
    ask: Ask, input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """The logarithm of the variance, and the square of the difference over it."""
    fits = isinstance(var, Tensor) and var.shape == input.shape
    if not fits or reduction not in _REDUCTIONS:
        return NotImplemented
    if ask(aten._local_scalar_dense.default, ask(aten.any.default, ask(aten.lt.Scalar, var, 0))):
        raise ValueError("var has negative entry/entries")
    var = ask(aten.clone.default, var)
    with torch.no_grad():
        var = ask(aten.clamp_.default, var, eps)
    logarithm = ask(aten.log.default, var)
    square = ask(aten.pow.Tensor_Scalar, ask(aten.sub.Tensor, input, target), 2)
    loss = ask(aten.add.Tensor, logarithm, ask(aten.div.Tensor, square, var))
    loss = ask(aten.mul.Tensor, loss, 0.5)
    if full:
        loss = ask(aten.add.Tensor, loss, 0.5 * math.log(2 * math.pi))
    return _reduced(ask, loss, reduction)


def pairwise_distance(
    ask: Ask, x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The norm of a difference, to which a little is added."""
    dim = max(x1.dim(), x2.dim()) - 1
    difference = ask(aten.add.Scalar, ask(aten.sub.Tensor, x1, x2), eps)
    return ask(aten.norm.ScalarOpt_dim, difference, float(p), [dim], keepdim)


def triplet_margin_loss(
    ask: Ask, anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """What the distance of two that are alike exceeds that of others by, and a margin."""
    if swap or not _named(reduction, size_average, reduce):
        return NotImplemented
    near, far = (pairwise_distance(ask, anchor, each, p, eps) for each in (positive, negative))
    loss = ask(aten.sub.Tensor, ask(aten.add.Scalar, near, margin), far)
    return _reduced(ask, ask(aten.clamp_min.default, loss, 0), reduction)


def ctc_loss(
    ask: Ask, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: Any = "mean", zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """One op; a mean is taken of what is divided by the lengths of the targets."""
    if reduction not in _REDUCTIONS or not isinstance(input_lengths, Tensor) or not isinstance(target_lengths, Tensor):
        return NotImplemented
    op = aten._ctc_loss.Tensor
    loss = ask(op, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)[0]
    if zero_infinity:
        infinite = ask(aten.eq.Scalar, loss, math.inf)
        options = {"dtype": loss.dtype, "layout": torch.strided, "device": loss.device}
        loss = ask(aten.where.self, infinite, ask(aten.scalar_tensor.default, 0, **options), loss)
    if reduction == "mean":
        loss = ask(aten.div.Tensor, loss, ask(aten.clamp_min.default, target_lengths, 1))
    return _reduced(ask, loss, reduction)


def cosine_similarity(ask: Ask, x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Any:
    """The product of two vectors over their norms."""
    if x1.shape != x2.shape or x1.dtype is not x2.dtype or not x1.is_floating_point():
        return NotImplemented
    norms = [ask(aten.clone.default, ask(aten.linalg_vector_norm.default, x, 2, [dim], True)) for x in (x1, x2)]
    least = ask(aten.scalar_tensor.default, eps, dtype=x1.dtype, device=x1.device)
    with torch.no_grad():
        norms = [ask(aten.clamp_min_.Tensor, norm, least) for norm in norms]
    first = ask(aten.div.Tensor, x1, norms[0])
    product = ask(aten.mul.Tensor, first, ask(aten.div.Tensor, x2, norms[1]))
    return ask(aten.sum.dim_IntList, product, [dim])


def pdist(ask: Ask, input: Tensor, p: float = 2.0) -> Any:
    """One op."""
    return ask(aten._pdist_forward.default, input, float(p))


def cdist(
    ask: Ask, x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Any:
    """One op."""
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    place = modes.index(compute_mode) if compute_mode in modes else 0
    is_long = max(x1.shape[-2], x2.shape[-2]) > 25
    if p == 2 and (place == 1 or (place == 0 and is_long)):
        return NotImplemented
    return ask(aten._cdist_forward.default, x1, x2, float(p), place or None)


RULES: dict[str, Rule] = {
    "cdist": cdist,
    "cosine_embedding_loss": cosine_embedding_loss,
    "cosine_similarity": cosine_similarity,
    "ctc_loss": ctc_loss,
    "gaussian_nll_loss": gaussian_nll_loss,
    "hinge_embedding_loss": hinge_embedding_loss,
    "kl_div": kl_div,
    "margin_ranking_loss": margin_ranking_loss,
    "mse_loss": mse_loss,
    "multi_margin_loss": multi_margin_loss,
    "multilabel_margin_loss": multilabel_margin_loss,
    "multilabel_soft_margin_loss": multilabel_soft_margin_loss,
    "pairwise_distance": pairwise_distance,
    "pdist": pdist,
    "poisson_nll_loss": poisson_nll_loss,
    "soft_margin_loss": soft_margin_loss,
    "triplet_margin_loss": triplet_margin_loss,
}
