"""Averages of gradients by way of matrices of low rank, which are much smaller.

Source: Vogels, Karimireddy and Jaggi, "PowerSGD: practical low-rank gradient compression for distributed optimization"
(2019), algorithm 1, with error feedback and warm starts.
"""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from ferrotorch.futures import Future

__all__ = ["PowerSGDState", "batched_powerSGD_hook", "powerSGD_hook"]

Tensor = torch.Tensor


class PowerSGDState:
    """What the hooks remember from step to step.

    Args:
        process_group: The processes; None means all.
        matrix_approximation_rank: The rank of the matrices that are sent.
        start_powerSGD_iter: Gradients are averaged as they are until this step.
        min_compression_rate: Matrices are sent as they are unless their approximation is smaller by this factor.
        use_error_feedback: Add what the approximation has lost to the gradient of the next step.
        warm_start: Begin with the matrices of the step before.
        orthogonalization_epsilon: Added to norms of columns, against division by 0.
        random_seed: Of the first matrices.
        compression_stats_logging_frequency: After how many steps :meth:`compression_stats` goes to the log again.
        batch_tensors_with_same_shape: Multiply the matrices of a bucket that have one shape together.

    Raises:
        ValueError: error feedback or warm start with less than two steps before.
    """

    def __init__(
        self,
        process_group: Any,
        matrix_approximation_rank: int = 1,
        start_powerSGD_iter: int = 1000,
        min_compression_rate: float = 2,
        use_error_feedback: bool = True,
        warm_start: bool = True,
        orthogonalization_epsilon: float = 0,
        random_seed: int = 0,
        compression_stats_logging_frequency: int = 10_000,
        batch_tensors_with_same_shape: bool = False,
    ) -> None:
        if (use_error_feedback or warm_start) and start_powerSGD_iter <= 1:
            raise ValueError(
                "Expect `start_powerSGD_iter` > 1 if `use_error_feedback` or `warm_start` is enabled, because PowerSGD "
                "can only be applied after the first two iterations in DDP."
            )
        self.process_group = process_group
        self.matrix_approximation_rank, self.start_powerSGD_iter = matrix_approximation_rank, start_powerSGD_iter
        self.min_compression_rate, self.use_error_feedback = min_compression_rate, use_error_feedback
        self.warm_start, self.orthogonalization_epsilon = warm_start, orthogonalization_epsilon
        self.compression_stats_logging_frequency = max(1, compression_stats_logging_frequency)
        self.batch_tensors_with_same_shape = batch_tensors_with_same_shape
        self.total_numel_before_compression = self.total_numel_after_compression = self.next_stats_report = 0
        self.iter = 0
        self.rng = np.random.RandomState(random_seed)
        # By numbers of buckets: what the last approximations have lost, and their left and right factors, end to end.
        self.error_dict: dict[int, Tensor] = {}
        self.p_memory_dict: dict[int, Tensor] = {}
        self.q_memory_dict: dict[int, Tensor] = {}

    def maybe_increase_iter(self, bucket: GradBucket) -> None:
        """Count a step with its last bucket."""
        self.iter += bucket.is_last()
        if self.iter == self.start_powerSGD_iter and bucket.is_last():
            _logger.info("Start to apply PowerSGD after %s iterations.", self.iter)

    def compression_stats(self) -> tuple[float, int, int]:
        """By what factor there is less to send, and the numbers of elements before and after, of all steps so far."""
        before, after = self.total_numel_before_compression, self.total_numel_after_compression
        return before / after if after else 0, before, after

    def _count(self, bucket: GradBucket, before: int, after: int) -> None:
        """Note what a bucket was made to; the last one of a step lets the log know, now and then."""
        self.total_numel_before_compression += before
        self.total_numel_after_compression += after
        if bucket.is_last() and self.iter >= self.next_stats_report:
            rate, numel_before, numel_after = self.compression_stats()
            _logger.info(
                "Compression stats: iter %s, total before compression %s, total after compression %s, rate %s",
                self.iter, numel_before, numel_after, rate,
            )  # fmt: skip
            self.next_stats_report = self.iter + self.compression_stats_logging_frequency

    def __getstate__(self) -> dict[str, Any]:
        """All but the processes, which another job has not."""
        return {name: value for name, value in self.__dict__.items() if name != "process_group"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The processes are all of the job; set ``process_group`` for others."""
        self.__dict__.update(state)
        self.process_group = None

    def _right_factors(self, index: int, batches: list[Tensor], epsilon: float) -> list[Tensor]:
        """The matrices to begin with, orthonormal: of the step before, or the same random ones in all processes."""
        shapes = [(count, columns, self._rank(rows, columns)) for count, rows, columns in (b.shape for b in batches)]
        known = self.q_memory_dict.get(index)
        if self.warm_start and known is not None and known.numel() == sum(map(math.prod, shapes)):
            factors = _cut(known, shapes)
        else:
            generator = torch.Generator().manual_seed(int(self.rng.randint(_SEEDS)))
            factors = [
                torch.randn(shape, generator=generator, dtype=batch.dtype).to(batch.device)
                for shape, batch in zip(shapes, batches, strict=True)
            ]
        return [_orthogonalized(factor, epsilon) for factor in factors]

    def _remember(self, index: int, left: Tensor, right: Tensor) -> None:
        if self.warm_start:
            self.p_memory_dict[index], self.q_memory_dict[index] = left, right

    def _rank(self, rows: int, columns: int) -> int:
        return min(rows, columns, self.matrix_approximation_rank)

    def _batches(self, matrices: list[Tensor]) -> list[list[int]]:
        """Which matrices are multiplied together: those of one shape, or each by itself, beside others of its shape."""
        alike: dict[Any, list[int]] = {}
        for number, matrix in enumerate(matrices):
            alike.setdefault(matrix.shape, []).append(number)
        if self.batch_tensors_with_same_shape:
            return list(alike.values())
        return [[number] for numbers in alike.values() for number in numbers]

    def _is_worth_it(self, matrix: Tensor) -> bool:
        rows, columns = matrix.shape
        return (rows + columns) * self._rank(rows, columns) * self.min_compression_rate < matrix.numel()


def _orthogonalized(matrix: Tensor, epsilon: float) -> Tensor:
    """The same columns, made orthonormal, of each matrix of a batch; columns of zeros stay so.

    By the method of Gram and Schmidt for few columns and half types, else by a QR decomposition.
    """
    if matrix.shape[-1] > 2 and matrix.dtype not in _HALVES:
        return torch.linalg.qr(matrix)[0]
    columns: list[Tensor] = []
    for column in matrix.unbind(-1):
        for before in columns:
            column = column - (before * column).sum(-1, keepdim=True) * before
        norm = column.norm(dim=-1, keepdim=True) + epsilon
        columns.append(column / norm.masked_fill(norm == 0, 1))
    return torch.stack(columns, -1)


def _cut(flat: Tensor, shapes: list[Any]) -> list[Tensor]:
    """Tensors of some shapes that lie end to end."""
    parts = flat.split([math.prod(shape) for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def _summed(state: PowerSGDState, tensors: list[Tensor], op: ReduceOp) -> tuple[Tensor, list[Tensor]]:
    """Sums or averages of tensors over the processes, by one message: end to end, and each."""
    flat = torch.cat([each.reshape(-1) for each in tensors])
    _collectives.all_reduce(flat, op, state.process_group)
    return flat, _cut(flat, [each.shape for each in tensors])


_logger = logging.getLogger(__name__)
_HALVES = (torch.float16, torch.bfloat16)
_SEEDS = 1_000_000_000  # from so many the seeds of factors are drawn, as in PyTorch


def _approximated(
    state: PowerSGDState, bucket: GradBucket, matrices: list[Tensor], rest: int, epsilon: float
) -> list[Tensor]:
    """The averages of matrices, approximated: two messages for all of them. ``rest``: elements sent besides."""
    if not matrices:
        state._count(bucket, bucket.buffer().numel(), rest)
        return []
    together = state._batches(matrices)
    batches = [torch.stack([matrices[number] for number in numbers]) for numbers in together]
    rights = state._right_factors(bucket.index(), batches, epsilon)
    _, lefts = _summed(state, [batch @ right for batch, right in zip(batches, rights, strict=True)], ReduceOp.SUM)
    lefts = [_orthogonalized(left, epsilon) for left in lefts]
    right, rights = _summed(state, [batch.mT @ left for batch, left in zip(batches, lefts, strict=True)], ReduceOp.AVG)
    left = torch.cat([each.reshape(-1) for each in lefts])
    state._remember(bucket.index(), left, right)
    state._count(bucket, bucket.buffer().numel(), rest + left.numel() + right.numel())
    found: dict[int, Tensor] = {}
    for numbers, one, other in zip(together, lefts, rights, strict=True):
        found.update(zip(numbers, one @ other.mT, strict=True))
    return [found[number] for number in range(len(matrices))]


def _compressed(state: PowerSGDState, bucket: GradBucket, matrices: list[Tensor], rest: list[Tensor]) -> None:
    """Average a bucket in place: matrices approximated, with what was lost before, and the rest as it is."""
    buffer = bucket.buffer()
    if state.use_error_feedback:
        error = state.error_dict.get(bucket.index())
        if error is not None and error.shape == buffer.shape:
            buffer.add_(error)
        before = buffer.clone()
    if rest:
        _collectives.all_reduce_coalesced(rest, ReduceOp.AVG, state.process_group)
    sent = sum(each.numel() for each in rest)
    found = _approximated(state, bucket, matrices, sent, state.orthogonalization_epsilon)
    for matrix, approximation in zip(matrices, found, strict=True):
        matrix.copy_(approximation)
    if state.use_error_feedback:
        # Only approximations lose something.
        lost = before.sub_(buffer)
        begin = 0
        for view in bucket.views:
            if not any(view.data_ptr() == matrix.data_ptr() for matrix in matrices):
                lost[begin : begin + view.numel()].zero_()
            begin += view.numel()
        state.error_dict[bucket.index()] = lost


def _done(bucket: GradBucket) -> Future[Tensor]:
    future: Future[Tensor] = Future()
    future.set_result(bucket.buffer())
    return future


def powerSGD_hook(state: PowerSGDState, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients of a bucket, those of weights approximated by matrices of low rank."""
    if state.iter < state.start_powerSGD_iter:
        state.maybe_increase_iter(bucket)
        return allreduce_hook(state.process_group, bucket)
    with torch.no_grad():
        matrices, rest = [], []
        for view in bucket.views:
            is_matrix = view.dim() > 0 and view.is_contiguous() and view.numel() > 0
            matrix = view.view(view.shape[0], -1) if is_matrix else None
            if matrix is not None and state._is_worth_it(matrix):
                matrices.append(matrix)
            else:
                rest.append(view)
        _compressed(state, bucket, matrices, rest)
    state.maybe_increase_iter(bucket)
    return _done(bucket)


def batched_powerSGD_hook(state: PowerSGDState, bucket: GradBucket) -> Future[Tensor]:
    """Average all gradients of a bucket as one square matrix, approximated by one of low rank: faster, less precise."""
    if state.iter < state.start_powerSGD_iter:
        state.maybe_increase_iter(bucket)
        return allreduce_hook(state.process_group, bucket)
    buffer, index = bucket.buffer(), bucket.index()
    side = math.isqrt(buffer.numel() - 1) + 1
    with torch.no_grad():
        square = torch.cat([buffer, buffer.new_zeros(side * side - buffer.numel())]).view(side, side)
        if state.use_error_feedback:
            error = state.error_dict.get(index)
            if error is not None and error.numel() == square.numel():
                square.add_(error.view_as(square))
        approximation = _approximated(state, bucket, [square], 0, 0)[0]
        if state.use_error_feedback:
            state.error_dict[index] = (square - approximation).view(-1)
        buffer.copy_(approximation.view(-1)[: buffer.numel()])
    state.maybe_increase_iter(bucket)
    return _done(bucket)
