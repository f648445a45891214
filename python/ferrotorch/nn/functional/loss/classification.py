"""Losses between scores or probabilities and classes. Shapes: C classes, scores (C), (N, C) or (N, C, *)."""

from __future__ import annotations

import warnings

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import refuse_gradients, require_constants, require_tensors, require_tensors_or_none
from ferrotorch._composite import one_node
from ferrotorch.nn.functional import _shown
from ferrotorch.nn.functional.loss.reduction import reduce_loss, resolve_reduction


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-weight[target] * input[target]`` of log probabilities (N, C, *) and classes (N, *).

    The mean divides by the sum of the weights; targets equal to ``ignore_index`` do not count.

    Raises:
        RuntimeError: classes that are not int64 or uint8, or a weight of another dtype than ``input``.
    """
    require_tensors("nll_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if not (input.is_floating_point() or input.is_complex()):
        raise NotImplementedError(
            f'"nll_loss" not implemented for {input.dtype}: log probabilities are of a float dtype'
        )
    _check_single_target(input, target)
    return _nn.nll_loss(input, target, weight, reduction, ignore_index)


def _check_single_target(input: Tensor, target: Tensor) -> None:
    if input.dim() in (1, 2) and target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of scores (N, C, *) and ``target``: classes (N, *) or probabilities (N, C, *).

    ``label_smoothing`` mixes that share of the uniform distribution into the target (Szegedy et al., 2016).

    Raises:
        RuntimeError: classes that are not int64 or uint8, a weight of another dtype than ``input``, or an
            ``ignore_index`` for probabilities.
    """
    require_tensors("cross_entropy", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        _check_single_target(input, target)
    return _nn.cross_entropy(input, target, weight, reduction, ignore_index, label_smoothing)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-weight * (target * log(input) + (1 - target) * log(1 - input))``, logarithms limited to at least -100.

    Raises:
        ValueError: ``input`` and ``target`` of different shapes.
        RuntimeError: probabilities outside [0, 1], or different dtypes.
    """
    require_tensors("binary_cross_entropy", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. "
            "Please ensure they have the same size."
        )
    require_tensors_or_none("binary_cross_entropy", weight=weight)
    if weight is not None:
        weight = weight.expand(torch.broadcast_shapes(target.shape, weight.shape))
    return _nn.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """:func:`binary_cross_entropy` of ``sigmoid(input)``, without overflow; ``pos_weight`` scales its first term.

    Raises:
        ValueError: ``input`` and ``target`` of different shapes.
    """
    require_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    loss = _nn.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)
    # The terms are summed up in the place of the target.
    return loss.to(target.dtype) if target.is_floating_point() else loss


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``target * (log(target) - input)``: Kullback-Leibler divergence, ``input`` being log probabilities.

    ``log_target``: the target is given as its logarithm. ``reduction="batchmean"`` divides the sum by
    ``input.size(0)``, which is what the definition asks for.

    Raises:
        RuntimeError: integers or complex numbers.
    """
    require_tensors("kl_div", input=input, target=target)
    for dtype in (input.dtype, target.dtype):
        if not dtype.is_floating_point:
            kind = "Complex" if dtype.is_complex else "Integral"
            raise RuntimeError(f"kl_div: {kind} inputs not supported, got {input.dtype} and {target.dtype}")
    if reduction == "batchmean" and size_average is None and reduce is None:
        loss = _divergence(input, target, log_target).sum()
        return loss / input.size(0) if input.dim() > 0 else loss
    reduction = resolve_reduction(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.",
            stacklevel=2,
        )
    return reduce_loss(_divergence(input, target, log_target), reduction)


def _divergence(input: Tensor, target: Tensor, log_target: bool) -> Tensor:
    if log_target:
        return torch.exp(target) * (target - input)
    return torch.xlogy(target, target) - target * input


@one_node("SoftMarginLossBackward0", _shown.two_classes)
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))`` for targets 1 and -1."""
    require_tensors("soft_margin_loss", input=input, target=target)
    refuse_gradients("soft_margin_loss", target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    return reduce_loss(torch.log1p(torch.exp(-input * target)).to(input.dtype), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy with logits, averaged over the classes (the last dimension)."""
    require_tensors("multilabel_soft_margin_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    loss = -(target * _nn.log_sigmoid(input) + (1 - target) * _nn.log_sigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return reduce_loss(loss.sum(input.dim() - 1) / input.size(-1), reduction)


@one_node("MultiMarginLossBackward0", _shown.margins)
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``mean over classes j != target of weight[target] * max(0, margin - input[target] + input[j])^p``.

    Shapes: (N, C) and (N), or (C) and (). The mean divides by C.

    Raises:
        ValueError: ``p`` other than 1 and 2, or a weight that is not 1-D.
        RuntimeError: shapes or dtypes that do not fit.
    """
    require_tensors("multi_margin_loss", input=input, target=target)
    require_constants("multi_margin_loss", p=p, margin=margin)
    reduction = resolve_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, but got p = {p}")
    require_tensors_or_none("multi_margin_loss", weight=weight)
    refuse_gradients("multi_margin_loss", weight=weight)
    if weight is not None and weight.dim() != 1:
        raise ValueError(f"weight must be one-dimensional, but got shape {list(weight.shape)}")
    _check_margin_input("multi_margin_loss", input)
    if target.dtype != torch.int64:
        raise RuntimeError(f"multi_margin_loss: expected scalar type Long for target but found {target.dtype}")
    rows = torch.atleast_2d(input)
    if weight is not None and weight.numel() != rows.size(1):
        raise RuntimeError(f"inconsistent weight size, expected {rows.size(1)} but got {list(weight.shape)}")
    classes = target.reshape(-1, 1)
    if target.dim() > 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples, "
            f"but got {list(target.shape)}"
        )
    if classes.size(0) != rows.size(0):
        raise RuntimeError(
            f"multi_margin_loss: inconsistent target size: {list(target.shape)} for input of size {list(input.shape)}"
        )
    terms = (margin - rows.gather(1, classes) + rows).clamp_min(0)
    terms = terms if p == 1 else terms * terms
    if weight is not None:
        terms = terms * weight[classes]
    loss = terms.scatter(1, classes, 0).sum(1) / rows.size(1)
    return reduce_loss(loss if target.dim() == 1 else loss.squeeze(0), reduction)


def _check_margin_input(op: str, input: Tensor) -> None:
    if input.dim() > 2 or (input.dim() > 0 and input.size(-1) == 0):
        raise RuntimeError(
            f"{op}: Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )
    if not input.is_floating_point():
        raise NotImplementedError(f'"{op}" not implemented for {input.dtype}: convert to a float dtype first')


@one_node("MultilabelMarginLossBackward0", _shown.two_classes)
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum over labels i, other classes j of max(0, 1 - (input[i] - input[j])) / C``.

    ``target`` has the shape of ``input``, (N, C) or (C), and lists the labels of a row up to the first -1.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    require_tensors("multilabel_margin_loss", input=input, target=target)
    reduction = resolve_reduction(reduction, size_average, reduce)
    _check_margin_input("multilabel_margin_loss", input)
    if target.shape != input.shape:
        raise RuntimeError(
            f"multilabel_margin_loss: inconsistent target size: {list(target.shape)} "
            f"for input of size: {list(input.shape)}"
        )
    scores, labels = torch.atleast_2d(input), torch.atleast_2d(target)
    listed = (labels < 0).to(torch.int64).cumsum(1) == 0
    index = torch.where(listed, labels, 0)
    is_label = torch.zeros_like(labels).scatter_add(1, index, listed.to(labels.dtype)) > 0
    # (N, label, class)
    terms = (1 - scores.gather(1, index).unsqueeze(2) + scores.unsqueeze(1)).clamp_min(0)
    counts = listed.unsqueeze(2) & ~is_label.unsqueeze(1)
    loss = terms.masked_fill(~counts, 0).sum((1, 2)) / scores.size(1)
    return reduce_loss(loss if input.dim() == 2 else loss.squeeze(0), reduction)
