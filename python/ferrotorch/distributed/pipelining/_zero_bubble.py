"""Schedules whose backward passes come in halves: gradients of weights fill the time in which a process would wait.

Source: Qi et al., "Zero bubble pipeline parallelism" (2024), for weights behind inputs of later micro-batches, and
"Pipeline parallelism with controllable memory" (2024), for stages that go back and forth over the processes.
"""

from __future__ import annotations

from typing import Any

from ferrotorch.distributed.pipelining.schedules import (
    Action,
    Kind,
    PipelineScheduleMulti,
    ScheduleInterleaved1F1B,
)
from ferrotorch.distributed.pipelining.stage import PipelineStage

__all__ = ["ScheduleInterleavedZeroBubble", "ScheduleZBVZeroBubble"]


class ScheduleInterleavedZeroBubble(ScheduleInterleaved1F1B):
    """As `ScheduleInterleaved1F1B`, with fewer micro-batches ahead: a process computes gradients of weights later."""

    def _actions(self, rank: int) -> list[Action]:
        total = self._n_microbatches * self._rounds
        ahead = min(total, (self._rounds - 1) * self.microbatches_per_round + self.pp_group_size - rank)
        actions = [self._at(Kind.FORWARD, rank, step) for step in range(ahead)]
        # Later processes begin backward passes earlier, and may keep as many gradients of weights waiting.
        for step in range(total + rank):
            if step < total:
                actions.append(self._at(Kind.BACKWARD_INPUT, rank, step))
            if step >= rank:
                actions.append(self._at(Kind.BACKWARD_WEIGHT, rank, step - rank))
            if ahead + step < total:
                actions.append(self._at(Kind.FORWARD, rank, ahead + step))
        return actions


class _Chunk:
    """One of the two stages of a process in a folded pipeline: hands out its actions, each kind in order."""

    def __init__(self, stage: int, actions: list[Action]) -> None:
        self.stage, self._actions = stage, actions
        self.done = dict.fromkeys(Kind, 0)

    def do(self, *kinds: Kind) -> None:
        """The next micro-batch of each kind."""
        for kind in kinds:
            self._actions.append(Action(kind, self.stage, self.done[kind]))
            self.done[kind] += 1


_F, _I, _W = Kind.FORWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT


class ScheduleZBVZeroBubble(PipelineScheduleMulti):
    """Two stages in each process: the first process has the first and the last one, the last the two in the middle.

    Gradients of weights follow at once while micro-batches flow, and fill the end. All processes keep about the same
    amount of activations.

    Raises:
        ValueError: another number of stages.
    """

    def __init__(self, stages: list[PipelineStage], n_microbatches: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(stages, n_microbatches, *args, **kwargs)
        if len(stages) != 2:
            raise ValueError(f"ZBV requires exactly 2 stages per rank, but got {len(stages)}")
        for stage in stages:
            stage.is_folded = True

    def _actions(self, rank: int) -> list[Action]:
        size = self.pp_group_size
        # As many as a full pipeline needs; those that there are not are left out.
        count = max(2 * size - 1, self._n_microbatches)
        actions: list[Action] = []
        down, up = _Chunk(rank, actions), _Chunk(2 * size - 1 - rank, actions)
        _fill(down, up, size, rank)
        while up.done[_F] < count:
            if down.done[_F] < count:
                down.do(_F)
            down.do(_I, _W)
            up.do(_F, _I, _W)
        _drain(down, up, size, rank, count)
        return [action for action in actions if action.number < self._n_microbatches]


def _fill(down: _Chunk, up: _Chunk, size: int, rank: int) -> None:
    """Until the first gradient of the first chunk is there."""
    for _ in range(2 * (size - rank) - 1):
        down.do(_F)
    for _ in range(rank):
        up.do(_F)
        down.do(_F)
    for _ in range(size - rank):
        up.do(_F, _I, _W)


def _drain(down: _Chunk, up: _Chunk, size: int, rank: int, count: int) -> None:
    """What is left when all micro-batches have gone forward: inputs first, weights in the time that is left."""
    for _ in range(rank):
        down.do(_I)
        up.do(_I)
    for _ in range(size - rank):
        down.do(_I, _W)
    for chunk in (up, down):
        while chunk.done[_W] < count:
            chunk.do(_W)
