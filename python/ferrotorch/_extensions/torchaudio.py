"""The compiled ops of torchaudio: recursive filters, the transducer's loss, and alignment of labels with frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.library import Library

__all__: list[str] = []

Tensor = torch.Tensor

# Samples of a filter that are computed at once.
_BLOCK = 64


def _recurrence(values: Tensor, coefficients: Tensor, past: Tensor) -> Tensor:
    """``y[t] = x[t] - sum_k a[k] y[t - k]``, block by block: a block is the solution of a banded triangular system.

    Args:
        values: ``x``, (..., T).
        coefficients: ``a[1], ..., a[p]``, (..., p).
        past: the p values before the first, the latest last, (..., p).
    """
    order, length = coefficients.size(-1), min(values.size(-1), _BLOCK)
    if order == 0 or length == 0:
        return values.clone()
    # Row t of the band: 1 at t and a[k] at t - k; what lies before the block is in the last columns of the past.
    band = values.new_zeros((*coefficients.shape[:-1], length, length + order))
    band.diagonal(order, -2, -1).fill_(1)
    for k in range(1, order + 1):
        band.diagonal(order - k, -2, -1).copy_(coefficients[..., k - 1 : k].expand(*coefficients.shape[:-1], length))
    before, system = band[..., :order], band[..., order:]
    results = []
    for block in values.split(length, -1):
        size = block.size(-1)
        right = block.unsqueeze(-1) - before[..., :size, :] @ past.unsqueeze(-1)
        solved = torch.linalg.solve_triangular(system[..., :size, :size], right, upper=False, unitriangular=True)
        results.append(solved.squeeze(-1))
        past = torch.cat([past, results[-1]], -1)[..., -order:]
    return torch.cat(results, -1)


def lfilter_core_loop(input_signal_windows: Tensor, a_coeff_flipped: Tensor, padded_output_waveform: Tensor) -> Tensor:
    """A recursive filter (N, C, T), written behind the first ``order - 1`` samples of the output.

    Args:
        input_signal_windows: the signal.
        a_coeff_flipped: (C, order), the newest sample's last, which is 1.
        padded_output_waveform: (N, C, T + order - 1).
    """
    past = padded_output_waveform[..., : a_coeff_flipped.size(1) - 1].clone()
    coefficients = a_coeff_flipped[:, :-1].flip(1).expand(*past.shape)
    padded_output_waveform[..., past.size(-1) :] = _recurrence(input_signal_windows, coefficients, past)
    return padded_output_waveform


def overdrive_core_loop(
    waveform: Tensor, temp: Tensor, last_in: Tensor, last_out: Tensor, output_waveform: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The overdrive effect: the signal and ``y[t] = x[t] - x[t - 1] + 0.995 y[t - 1]`` of its distortion, mixed."""
    changes = torch.cat([temp[:, :1] - last_in.unsqueeze(1), temp.diff(dim=1)], 1)
    coefficients = torch.full_like(last_out, -0.995).unsqueeze(1)
    filtered = _recurrence(changes, coefficients, last_out.unsqueeze(1))
    output_waveform.copy_(waveform * 0.5 + filtered * 0.75)
    last_in.copy_(temp[:, -1])
    last_out.copy_(filtered[:, -1])
    return last_in, last_out, output_waveform


def rnnt_loss_forward(
    logits: Tensor, targets: Tensor, logit_lengths: Tensor, target_lengths: Tensor, blank: int, clamp: float,
    fused_log_softmax: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The transducer's loss of each sequence (Graves, 2012), and its gradient by the logits.

    Args:
        logits: (N, T, U + 1, classes).
        targets: (N, U).
        logit_lengths, target_lengths: (N,).
        blank: the class of no label.
        clamp: the largest element of the gradient, if positive.
        fused_log_softmax: are logarithms of probabilities still to be made of the logits?
    """
    with torch.enable_grad():
        leaf = logits.detach().requires_grad_()
        log_probs = leaf.log_softmax(-1) if fused_log_softmax else leaf
        lengths = zip(logit_lengths.tolist(), target_lengths.tolist(), strict=True)
        costs = torch.stack(
            [
                _transducer_cost(log_probs[at, :frames, : labels + 1], targets[at, :labels], blank)
                for at, (frames, labels) in enumerate(lengths)
            ]
        )
        (gradient,) = torch.autograd.grad(costs.sum(), leaf)
    return costs.detach(), gradient.clamp(-clamp, clamp) if clamp > 0 else gradient


def _transducer_cost(log_probs: Tensor, labels: Tensor, blank: int) -> Tensor:
    """Minus the logarithm of the sum over all ways through the frames (T, U + 1, classes) that emit the labels.

    In a frame, ``alpha[u] = log(sum over v <= u of exp(entering[v]) emit[v] ... emit[u - 1])``.
    """
    stay = log_probs[..., blank]
    emit = log_probs[:, :-1].gather(2, labels.long().expand(len(log_probs), -1).unsqueeze(2)).squeeze(2)
    emitted = torch.nn.functional.pad(emit.cumsum(1), (1, 0))
    alpha = emitted[0]
    for frame in range(1, len(log_probs)):
        entering = alpha + stay[frame - 1]
        alpha = emitted[frame] + torch.logcumsumexp(entering - emitted[frame], 0)
    return -(alpha[-1] + stay[-1, -1])


def forced_align(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> tuple[Tensor, Tensor]:
    """The likeliest way of labels, with blanks between, through the frames: the class of each frame, and the scores.

    Args:
        log_probs: (1, T, classes).
        targets: (1, L).
        input_lengths, target_lengths: (1,): T and L.
        blank: the class of no label.

    Raises:
        RuntimeError: more than one sequence, lengths that are not those of the sequence, a blank that is no class, or
            fewer frames than the labels need.
    """
    if log_probs.size(0) != 1 or targets.size(0) != 1:
        raise RuntimeError(
            f"Expected batch_size == 1, got log_probs of {log_probs.size(0)}, targets of {targets.size(0)}"
        )
    _check_alignment(log_probs, targets, input_lengths, target_lengths, blank)
    frames, labels = log_probs[0], targets[0].long()
    repeats = int((labels[1:] == labels[:-1]).sum())
    if len(frames) < len(labels) + repeats:
        raise RuntimeError(
            f"targets length is too long for CTC. Found log_probs length: {len(frames)}, targets length: "
            f"{len(labels)}, and number of repeats: {repeats}"
        )
    states = torch.full((2 * len(labels) + 1,), blank, dtype=torch.int64, device=labels.device)
    states[1::2] = labels
    steps = _best_steps(frames[:, states], states)
    return states[steps].to(targets.dtype).unsqueeze(0), log_probs


def _check_alignment(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> None:
    """Refuse lengths that are not those of the one sequence, and a blank that is no class."""
    if not 0 <= blank < log_probs.size(-1):
        raise RuntimeError(f"blank must be within [0, num classes), got {blank} of {log_probs.size(-1)} classes")
    sides = (("input", input_lengths, log_probs.size(1)), ("target", target_lengths, targets.size(1)))
    for side, lengths, size in sides:
        if lengths.dim() != 1:
            raise RuntimeError(f"{side}_lengths must be 1-D, got {lengths.dim()} dimensions")
        if int(lengths.max()) != size:
            raise RuntimeError(f"{side} length mismatch: {side}_lengths is {lengths.tolist()} for {size} of them")


def _best_steps(scores: Tensor, states: Tensor) -> Tensor:
    """The state of each frame on the best way through (T, states), that moves by at most two, over a blank only."""
    never = scores.new_full((2,), -torch.inf)
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    best = scores.new_full(states.shape, -torch.inf)
    best[:2] = scores[0, :2]
    moves = []
    for frame in scores[1:]:
        padded = torch.cat([never, best])
        one, two = padded[1:-1], torch.where(skips, padded[:-2], -torch.inf)
        move = torch.where((two > one) & (two > best), 2, torch.where((one > best) & (one > two), 1, 0))
        best = torch.where(move == 2, two, torch.where(move == 1, one, best)) + frame
        moves.append(move)
    last = len(states) - 1
    at = last if last == 0 or best[last] > best[last - 1] else last - 1
    way = [at]
    for move in reversed(moves):
        at -= int(move[at])
        way.append(at)
    return torch.tensor(way[::-1], device=states.device)


_OPS: dict[str, Callable[..., Any]] = {
    "forced_align(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank) -> "
    "(Tensor, Tensor)": forced_align,
    "rnnt_loss_forward(Tensor logits, Tensor targets, Tensor logit_lengths, Tensor target_lengths, int blank, "
    "float clamp, bool fused_log_softmax) -> (Tensor, Tensor)": rnnt_loss_forward,
    "_lfilter_core_loop(Tensor input_signal_windows, Tensor a_coeff_flipped, Tensor(a!) padded_output_waveform) -> "
    "Tensor(a!)": lfilter_core_loop,
    "_overdrive_core_loop(Tensor waveform, Tensor temp, Tensor(a!) last_in, Tensor(b!) last_out, "
    "Tensor(c!) output_waveform) -> (Tensor(a!), Tensor(b!), Tensor(c!))": overdrive_core_loop,
}
_QUESTIONS: dict[str, Callable[..., Any]] = {
    "cuda_version() -> int?": lambda: None,
    "is_align_available() -> bool": lambda: True,
}

_libraries = {name: Library(name, "DEF") for name in ("torchaudio", "_torchaudio")}
for _name, _kernels in (("torchaudio", _OPS), ("_torchaudio", _QUESTIONS)):
    for _schema, _kernel in _kernels.items():
        _libraries[_name].define(_schema)
        _libraries[_name].impl(_schema.partition("(")[0], _kernel)
