"""Connectionist temporal classification (Graves et al., 2006)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor, _ctc
from ferrotorch._checks import number_or, require_all, require_tensors
from ferrotorch._composite import one_node
from ferrotorch._opaque import handles_among
from ferrotorch.autograd import Function
from ferrotorch.nn.functional.loss.reduction import resolve_reduction
from ferrotorch.nn.functional.recurrent_steps import differentiable

# Stands for log(0) in the recursion: finite, so that its gradient is 0 instead of undefined.
LOG_ZERO = -1e30
Lengths: TypeAlias = Tensor | Sequence[int]


@one_node("CtcLossBackward0")
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log probability of the target under all its alignments with the input.

    Shapes: ``log_probs`` (T, N, C) or (T, C), results of ``log_softmax``; ``targets`` (N, S) or the concatenated
    targets; lengths (N). The mean divides each loss by its target's length first. As in PyTorch the gradient is that
    by the scores before ``log_softmax``, and not a number where the loss is infinite (input too short);
    ``zero_infinity`` replaces such losses and their gradients by 0.

    Raises:
        RuntimeError: shapes or lengths that do not fit, or ``blank`` outside [0, C).
    """
    require_tensors("ctc_loss", log_probs=log_probs, targets=targets)
    reduction = resolve_reduction(reduction, None, None)
    batched = log_probs if log_probs.dim() == 3 else log_probs.unsqueeze(1)
    steps, n, classes = batched.shape
    device = log_probs.device
    if not 0 <= blank < classes:
        raise RuntimeError(f"ctc_loss: blank must be in label range [0, {classes}), but got {blank}")
    ends = _lengths("input_lengths", input_lengths, n, steps, device)
    sizes = _lengths("target_lengths", target_lengths, n, None, device)
    labels = _padded_targets(targets, sizes, n)
    if _by_kernels(batched, labels, ends, sizes):
        loss = _Alignments.apply(batched, labels, ends, sizes, blank, zero_infinity)
    else:
        loss = _in_ops(batched, labels, ends, sizes, blank, zero_infinity)
    if reduction == "mean":
        return (loss / sizes.clamp_min(1).to(loss.dtype)).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if log_probs.dim() == 3 else loss.squeeze(0)


def _by_kernels(scores: Tensor, *targets: Tensor) -> bool:
    """Are there kernels for these? Tangents, samples of a batch and tensors without values of their own go by ops."""
    given = (scores, *targets)
    by_ops = any(_C._is_dual(x) or _C._levels(x) for x in given) or any(handles_among(given, {}))
    return not by_ops and scores.size(2) > 0 and bool(_ctc.applies(scores))


class _Alignments(Function):
    """The losses (N) of scores (T, N, C), and their gradient, as kernels."""

    _node_name = "CtcLossBackward0"

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, labels: Tensor, ends: Tensor, sizes: Tensor, blank: int, zero_infinity: bool
    ) -> Tensor:
        targets = (labels, ends, sizes)
        losses, sums = _ctc.losses(scores, targets, blank)
        ctx.save_for_backward(scores, *targets, losses, sums)
        ctx.blank, ctx.zero_infinity = blank, zero_infinity
        return losses.masked_fill(losses == float("inf"), 0) if zero_infinity else losses.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        scores, labels, ends, sizes, losses, sums = ctx.saved_tensors
        targets, call = (labels, ends, sizes), (ctx.blank, ctx.zero_infinity)
        if torch.is_grad_enabled() or any(map(_C._is_dual, (grad, scores))):

            def results(scores: Tensor) -> tuple[Tensor]:
                return (_in_ops(scores, *targets, *call),)

            return differentiable(results, (scores,), ctx.needs_input_grad[:1], (grad,))[0], *[None] * 5
        return _ctc.gradient(grad, (losses, sums), scores, targets, *call), *[None] * 5


def _in_ops(scores: Tensor, labels: Tensor, ends: Tensor, sizes: Tensor, blank: int, zero_infinity: bool) -> Tensor:
    """The losses composed of ops that can be differentiated again."""
    loss = _negative_log_likelihood(scores, labels, ends, sizes, blank)
    impossible = loss > -LOG_ZERO / 2
    loss = torch.where(
        impossible, torch.zeros_like(loss) if zero_infinity else _infinite(scores, ends, impossible), loss
    )
    return loss + _softmax_correction(scores, ends, impossible & zero_infinity)


def _lengths(name: str, lengths: Lengths, n: int, largest: int | None, device: Any) -> Tensor:
    given = torch.as_tensor(lengths, device=device)
    if given.numel() and (given.is_floating_point() or given.is_complex() or given.dtype is torch.bool):
        raise RuntimeError(f"ctc_loss: {name} must be integral, got {given.dtype}")
    result = given.to(torch.int64).reshape(-1)
    if result.numel() != n:
        raise RuntimeError(f"ctc_loss: {name} must be of size batch_size {n}, but got {result.numel()}")
    in_range = result >= 0 if largest is None else (result >= 0) & (result <= largest)
    require_all(
        in_range,
        f"ctc_loss: Expected {name} to have values in [0, {largest}]",
        found=lambda: f", but got {result.tolist()}",
    )
    return result


def _padded_targets(targets: Tensor, sizes: Tensor, n: int) -> Tensor:
    """Targets as a matrix (N, longest); what lies behind a target's end is never read."""
    longest = int(number_or(sizes.max(), targets.size(-1))) if n else 0
    targets = targets.to(torch.int64)
    if targets.dim() == 2:
        if targets.size(0) != n or targets.size(1) < longest:
            raise RuntimeError(
                f"ctc_loss: Expected targets to have shape ({n}, {longest} or more), but got {list(targets.shape)}"
            )
        return targets[:, :longest]
    require_all(
        sizes.sum() == targets.numel(),
        f"ctc_loss: Expected as many concatenated targets as the sum of target_lengths, but got {targets.numel()}",
        found=lambda: f" for a sum of {int(sizes.sum())}",
    )
    starts = sizes.cumsum(0) - sizes
    index = starts.unsqueeze(1) + torch.arange(longest, device=targets.device)
    return targets[index.clamp_max(max(targets.numel() - 1, 0))] if targets.numel() else index


def _negative_log_likelihood(log_probs: Tensor, labels: Tensor, ends: Tensor, sizes: Tensor, blank: int) -> Tensor:
    """The forward recursion over the labels with blanks between them, for the whole batch at a time."""
    steps, n, _ = log_probs.shape
    width = 2 * labels.size(1) + 1
    extended = labels.new_full((n, width), blank, dtype=torch.int64)
    extended[:, 1::2] = labels
    # A blank may be skipped between two different labels.
    skippable = labels.new_zeros((n, width), dtype=torch.bool)
    skippable[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    emitted = log_probs.gather(2, extended.unsqueeze(0).expand(steps, n, width)).unbind(0)
    log_zero = torch.full((n, width), LOG_ZERO, dtype=log_probs.dtype, device=log_probs.device)
    first = torch.arange(width, device=labels.device) < 2
    alpha = torch.where(first, emitted[0], log_zero)
    unlikely = torch.where(skippable, torch.zeros_like(log_zero), log_zero)
    before = torch.full((n, 2), LOG_ZERO, dtype=log_probs.dtype, device=log_probs.device)
    shortest = int(number_or(ends.min(), 0)) if n else steps
    for t in range(1, steps):
        padded = torch.cat([before, alpha], 1)
        near = torch.logaddexp(alpha, padded[:, 1:-1])
        following = torch.logaddexp(near, padded[:, :-2] + unlikely) + emitted[t]
        alpha = following if t < shortest else torch.where((t < ends).unsqueeze(1), following, alpha)
    last = (2 * sizes).unsqueeze(1)
    label_end = torch.where(last > 0, alpha.gather(1, (last - 1).clamp_min(0)), log_zero[:, :1])
    likelihood = torch.logsumexp(torch.cat([alpha.gather(1, last), label_end], 1), 1)
    # With no step at all only the empty target has an alignment.
    empty = torch.where(sizes == 0, torch.zeros_like(likelihood), log_zero[:, 0])
    return -torch.where(ends == 0, empty, likelihood)


def _infinite(log_probs: Tensor, ends: Tensor, impossible: Tensor) -> Tensor:
    """Minus the logarithm of 0 for impossible targets: its gradient at each step that is read is not a number."""
    return -torch.log(_probabilities(log_probs, _before(ends, log_probs)) * ~impossible)


def _softmax_correction(log_probs: Tensor, ends: Tensor, dropped: Tensor) -> Tensor:
    """Zero for each target, with the gradient ``exp(log_probs)`` that the derivative of log_softmax would subtract."""
    probabilities = _probabilities(log_probs, _before(ends, log_probs) & ~dropped)
    return probabilities - probabilities.detach()


def _before(ends: Tensor, log_probs: Tensor) -> Tensor:
    """Which steps of each sequence are read: (T, N)."""
    return torch.arange(log_probs.size(0), device=log_probs.device).unsqueeze(1) < ends


def _probabilities(log_probs: Tensor, counts: Tensor) -> Tensor:
    """The sum over the steps that count and all classes, which is how many these are: (N)."""
    return torch.exp(log_probs).masked_fill(~counts.unsqueeze(2), 0).sum((0, 2))
