"""Averages of gradients by way of matrices of low rank, which are much smaller.

Source: Vogels, Karimireddy and Jaggi, "PowerSGD: practical low-rank gradient compression for distributed optimization"
(2019), algorithm 1, with error feedback and warm starts.
"""

from __future__ import annotations

import logging
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.distributed._groups import member
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
        self.error_dict: dict[int, Tensor] = {}
        self.q_memory_dict: dict[tuple[int, int], Tensor] = {}
        self._generator = torch.Generator().manual_seed(random_seed)

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
        kept = {name: value for name, value in self.__dict__.items() if name not in ("process_group", "_generator")}
        return {**kept, "generator_state": self._generator.get_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The processes are all of the job; set ``process_group`` for others."""
        self._generator = torch.Generator()
        self._generator.set_state(state.pop("generator_state"))
        self.__dict__.update(state)
        self.process_group = None

    def _first_factors(self, key: tuple[int, int], batch: Tensor) -> Tensor:
        """The matrices to begin with: of the step before, or the same random ones in all processes."""
        count, rows, columns = batch.shape
        shape = (count, columns, min(rows, columns, self.matrix_approximation_rank))
        known = self.q_memory_dict.get(key)
        if self.warm_start and known is not None and known.shape == shape:
            return known
        return torch.randn(shape, generator=self._generator, dtype=batch.dtype).to(batch.device)

    def _batches(self, matrices: list[Tensor]) -> list[list[int]]:
        """Which matrices are multiplied together: those of one shape, or each by itself."""
        if not self.batch_tensors_with_same_shape:
            return [[number] for number in range(len(matrices))]
        batches: dict[Any, list[int]] = {}
        for number, matrix in enumerate(matrices):
            batches.setdefault(matrix.shape, []).append(number)
        return list(batches.values())

    def _is_worth_it(self, matrix: Tensor) -> bool:
        rows, columns = matrix.shape
        rank = min(rows, columns, self.matrix_approximation_rank)
        return (rows + columns) * rank * self.min_compression_rate < matrix.numel()


def _orthogonalized(matrix: Tensor, epsilon: float) -> Tensor:
    """The same columns, made orthonormal, of each matrix of a batch."""
    if epsilon == 0:
        return torch.linalg.qr(matrix.float() if matrix.dtype in _HALVES else matrix)[0].to(matrix.dtype)
    columns: list[Tensor] = []
    for column in matrix.unbind(-1):
        for before in columns:
            column = column - (before * column).sum(-1, keepdim=True) * before
        columns.append(column / (column.norm(dim=-1, keepdim=True) + epsilon))
    return torch.stack(columns, -1)


_logger = logging.getLogger(__name__)
_HALVES = (torch.float16, torch.bfloat16)


def _average(state: PowerSGDState, tensors: list[Tensor]) -> None:
    """Average several tensors in one message."""
    if tensors:
        _collectives.all_reduce_coalesced(tensors, ReduceOp.AVG, state.process_group)


def _approximated(state: PowerSGDState, bucket: GradBucket, matrices: list[Tensor], rest: int) -> list[Tensor]:
    """The averages of matrices, approximated: two messages for all of them. ``rest``: elements sent besides."""
    epsilon, together = state.orthogonalization_epsilon, state._batches(matrices)
    batches = [torch.stack([matrices[number] for number in numbers]) for numbers in together]
    rights = [state._first_factors((bucket.index(), number), batch) for number, batch in enumerate(batches)]
    rights = [_orthogonalized(right, epsilon) for right in rights]
    lefts = [batch @ right for batch, right in zip(batches, rights, strict=True)]
    _average(state, lefts)
    lefts = [_orthogonalized(left, epsilon) for left in lefts]
    rights = [batch.mT @ left for batch, left in zip(batches, lefts, strict=True)]
    _average(state, rights)
    found = dict(enumerate(matrices))
    for number, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        state.q_memory_dict[bucket.index(), number] = right
        found.update(zip(together[number], left @ right.mT, strict=True))
    state._count(bucket, bucket.buffer().numel(), rest + sum(each.numel() for each in (*lefts, *rights)))
    return list(found.values())


def _compressed(state: PowerSGDState, bucket: GradBucket, matrices: list[Tensor], rest: list[Tensor]) -> None:
    """Average a bucket in place: matrices approximated, with what was lost before, and the rest as it is."""
    buffer = bucket.buffer()
    if state.use_error_feedback:
        error = state.error_dict.get(bucket.index())
        if error is not None and error.shape == buffer.shape:
            buffer.add_(error)
        before = buffer.clone()
    _average(state, rest)
    found = _approximated(state, bucket, matrices, sum(each.numel() for each in rest))
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
            matrix = view.view(view.shape[0], -1) if view.dim() > 1 and view.is_contiguous() else None
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
    found = member("powerSGD_hook", state.process_group)
    assert found is not None
    buffer = bucket.buffer()
    side = int(-(-(buffer.numel() ** 0.5) // 1))
    with torch.no_grad():
        if state.use_error_feedback:
            error = state.error_dict.get(bucket.index())
            if error is not None and error.shape == buffer.shape:
                buffer.add_(error)
        square = torch.cat([buffer, buffer.new_zeros(side * side - buffer.numel())]).view(side, side)
        approximation = _approximated(state, bucket, [square], 0)[0].view(-1)[: buffer.numel()]
        if state.use_error_feedback:
            state.error_dict[bucket.index()] = buffer - approximation
        buffer.copy_(approximation)
    state.maybe_increase_iter(bucket)
    return _done(bucket)
