"""In which order the stages of a process compute micro-batches, forward and backward.

Source: Huang et al., "GPipe: efficient training of giant neural networks using pipeline parallelism" (2019); Narayanan
et al., "PipeDream: generalized pipeline parallelism for DNN training" (2019) and "Efficient large-scale language model
training on GPU clusters using Megatron-LM" (2021), for one forward and one backward pass in turn, and for several
stages in a process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.distributed.pipelining.microbatch import merge_chunks, split_args_kwargs_into_chunks
from ferrotorch.distributed.pipelining.stage import PipelineStage

__all__ = [
    "PipelineScheduleMulti",
    "PipelineScheduleSingle",
    "Schedule1F1B",
    "ScheduleGPipe",
    "ScheduleInterleaved1F1B",
    "ScheduleLoopedBFS",
    "get_schedule_class",
]

Tensor = torch.Tensor
Loss = Callable[..., Tensor]


class Kind(StrEnum):
    """What a stage does with a micro-batch: a pass forward or backward, or half of one backward."""

    FORWARD = "F"
    BACKWARD = "B"
    BACKWARD_INPUT = "I"
    BACKWARD_WEIGHT = "W"


class Action(NamedTuple):
    """A stage computes a micro-batch."""

    kind: Kind
    stage: int
    number: int

    def __str__(self) -> str:
        return f"{self.stage}{self.kind}{self.number}"


class _Schedule(ABC):
    """Runs the stages of this process.

    Args:
        stages: The stages, in order.
        n_microbatches: In how many parts a batch is cut.
        loss_fn: ``loss_fn(output, target)``; without one there are forward passes only.
        args_chunk_spec, kwargs_chunk_spec: By which dimensions inputs are cut.
        output_merge_spec: By which dimensions outputs are joined.
        scale_grads: Divide gradients by the number of micro-batches, for losses that are means.
    """

    def __init__(
        self,
        stages: Sequence[PipelineStage],
        n_microbatches: int,
        loss_fn: Loss | None = None,
        args_chunk_spec: Any = None,
        kwargs_chunk_spec: Any = None,
        output_merge_spec: Any = None,
        scale_grads: bool = True,
    ) -> None:
        if n_microbatches < 1:
            raise ValueError(f"{type(self).__name__}: n_microbatches must be positive, got {n_microbatches}")
        self._stages = {stage.stage_index: stage for stage in stages}
        for stage in stages:
            stage.siblings = self._stages
        first = stages[0]
        self._num_stages, self.pp_group_size, self.rank = first.num_stages, first.group_size, first.group_rank
        self._n_microbatches, self._loss_fn, self.scale_grads = n_microbatches, loss_fn, scale_grads
        self._args_chunk_spec, self._kwargs_chunk_spec = args_chunk_spec, kwargs_chunk_spec
        self._output_merge_spec = output_merge_spec
        self._has_backward = loss_fn is not None

    @abstractmethod
    def _actions(self, rank: int) -> list[Action]:
        """What a process does, in order."""

    def step(
        self,
        *args: Any,
        target: Any = None,
        losses: list[Tensor] | None = None,
        return_outputs: bool = True,
        loss_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Compute a batch: forward, and backward if there is a loss. Gradients are added to those that are there.

        Args:
            args: Inputs, in the process of the first stage.
            target: What the outputs should be, in the process of the last stage.
            losses: A list that gets the loss of each micro-batch, there.
            return_outputs: Return the joined outputs, there.
            loss_kwargs: More arguments of the loss.
            kwargs: Inputs by name, of any stage.

        Returns:
            The outputs in the process of the last stage; None elsewhere.

        Raises:
            RuntimeError: there is a loss, and no target.
        """
        return self._run(args, kwargs, target, losses, self._has_backward, return_outputs, loss_kwargs or {})

    def eval(self, *args: Any, target: Any = None, losses: list[Tensor] | None = None, **kwargs: Any) -> Any:
        """Compute a batch forward alone; see :meth:`step`."""
        with torch.no_grad():
            return self._run(args, kwargs, target, losses, False, True, {})

    def _run(
        self,
        args: Any,
        kwargs: Any,
        target: Any,
        losses: list[Tensor] | None,
        trains: bool,
        returns: bool,
        options: Any,
    ) -> Any:
        count = self._n_microbatches
        has_first, last = 0 in self._stages, self._stages.get(self._num_stages - 1)
        rows, named = split_args_kwargs_into_chunks(
            args if has_first else (), kwargs, count, self._args_chunk_spec if has_first else None,
            self._kwargs_chunk_spec,
        )  # fmt: skip
        targets: list[Any] = [None] * count
        if target is not None:
            targets = [each[0] for each in split_args_kwargs_into_chunks((target,), None, count)[0]]
        elif trains and last is not None:
            raise RuntimeError(f"{type(self).__name__}.step: the last stage needs target= for its loss")
        outputs: list[Any] = [None] * count
        each_loss: list[Tensor] = []
        for action in self._actions(self.rank):
            stage, number = self._stages[action.stage], action.number
            if action.kind is not Kind.FORWARD:
                if trains:
                    self._go_backward(action)
                continue
            output = stage.forward_one_chunk(number, rows[number], named[number], trains)
            if stage is last:
                outputs[number] = output
                if self._loss_fn is not None and targets[number] is not None:
                    each_loss.append(self._loss_fn(output, targets[number], **options))
                    if trains:
                        stage.set_loss(number, each_loss[-1])
        for stage in self._stages.values():
            stage.finish(count if trains and self.scale_grads else 1)
        if losses is not None:
            losses[:] = [loss.detach() for loss in each_loss]
        return merge_chunks(outputs, self._output_merge_spec) if last is not None and returns else None

    def _go_backward(self, action: Action) -> None:
        stage, number = self._stages[action.stage], action.number
        if action.kind is Kind.BACKWARD_INPUT:
            stage.backward_input_one_chunk(number, action == self._last_of(action.stage))
        elif action.kind is Kind.BACKWARD_WEIGHT:
            stage.backward_weight_one_chunk(number)
        else:
            stage.backward_one_chunk(number, action == self._last_of(action.stage))

    def _last_of(self, stage: int) -> Action:
        """The last pass of a stage that may need what other processes have of its parameters."""
        ways = (Kind.BACKWARD, Kind.BACKWARD_INPUT)
        return [each for each in self._actions(self.rank) if each.stage == stage and each.kind in ways][-1]


class PipelineScheduleSingle(_Schedule):
    """A schedule of processes that have one stage each."""

    def __init__(
        self,
        stage: PipelineStage,
        n_microbatches: int,
        loss_fn: Loss | None = None,
        args_chunk_spec: Any = None,
        kwargs_chunk_spec: Any = None,
        output_merge_spec: Any = None,
        scale_grads: bool = True,
    ) -> None:
        super().__init__(
            [stage], n_microbatches, loss_fn, args_chunk_spec, kwargs_chunk_spec, output_merge_spec, scale_grads
        )
        if stage.num_stages != stage.group_size:
            raise ValueError(
                f"{type(self).__name__} takes one stage of each process: {stage.num_stages} stages for "
                f"{stage.group_size} processes"
            )


class ScheduleGPipe(PipelineScheduleSingle):
    """All micro-batches forward, then all backward."""

    def _actions(self, rank: int) -> list[Action]:
        numbers = range(self._n_microbatches)
        return [Action(kind, rank, number) for kind in (Kind.FORWARD, Kind.BACKWARD) for number in numbers]


class Schedule1F1B(PipelineScheduleSingle):
    """One micro-batch forward and one backward in turn: a stage keeps the activations of few of them."""

    def _actions(self, rank: int) -> list[Action]:
        count = self._n_microbatches
        ahead = min(count, self._num_stages - rank)
        actions = [Action(Kind.FORWARD, rank, number) for number in range(ahead)]
        for number in range(count):
            actions.append(Action(Kind.BACKWARD, rank, number))
            if ahead + number < count:
                actions.append(Action(Kind.FORWARD, rank, ahead + number))
        return actions


class PipelineScheduleMulti(_Schedule):
    """A schedule of processes that have several stages each."""

    def __init__(
        self,
        stages: list[PipelineStage],
        n_microbatches: int,
        loss_fn: Loss | None = None,
        args_chunk_spec: Any = None,
        kwargs_chunk_spec: Any = None,
        output_merge_spec: Any = None,
        scale_grads: bool = True,
    ) -> None:
        if not stages:
            raise ValueError(f"{type(self).__name__}: a process needs at least one stage")
        super().__init__(
            stages, n_microbatches, loss_fn, args_chunk_spec, kwargs_chunk_spec, output_merge_spec, scale_grads
        )
        if self._num_stages % self.pp_group_size or len(stages) != self._num_stages // self.pp_group_size:
            raise ValueError(
                f"{type(self).__name__}: {self._num_stages} stages for {self.pp_group_size} processes, of which this "
                f"one has {len(stages)}"
            )

    @property
    def _rounds(self) -> int:
        """How many stages a process has."""
        return self._num_stages // self.pp_group_size


class ScheduleLoopedBFS(PipelineScheduleMulti):
    """All micro-batches forward through one stage after the other, then all backward."""

    def _actions(self, rank: int) -> list[Action]:
        numbers = range(self._n_microbatches)
        stages = [rank + self.pp_group_size * turn for turn in range(self._rounds)]
        ahead = [Action(Kind.FORWARD, stage, number) for stage in stages for number in numbers]
        return ahead + [Action(Kind.BACKWARD, stage, number) for stage in stages[::-1] for number in numbers]


class ScheduleInterleaved1F1B(PipelineScheduleMulti):
    """One forward and one backward pass in turn, with several stages in each process: they wait less.

    Raises:
        ValueError: micro-batches that cannot be divided into rounds.
    """

    def __init__(self, stages: list[PipelineStage], n_microbatches: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(stages, n_microbatches, *args, **kwargs)
        self.number_of_rounds = max(1, n_microbatches // self.pp_group_size)
        if n_microbatches % self.number_of_rounds:
            raise ValueError(
                f"Interleaved 1F1B requires the number of microbatches to be a multiple of the number of rounds "
                f"({self.number_of_rounds}), but got {n_microbatches}."
            )
        self.microbatches_per_round = n_microbatches // self.number_of_rounds

    def _at(self, kind: Kind, rank: int, step: int) -> Action:
        """The pass that comes at a place among a process's forward, or backward, ones."""
        width = self.microbatches_per_round
        turn, place = divmod(step, width * self._rounds)
        local, number = divmod(place, width)
        local = local if kind is Kind.FORWARD else self._rounds - 1 - local
        return Action(kind, rank + self.pp_group_size * local, turn * width + number)

    def _actions(self, rank: int) -> list[Action]:
        total = self._n_microbatches * self._rounds
        ahead = (self._rounds - 1) * self.microbatches_per_round + 2 * (self.pp_group_size - 1 - rank) + 1
        ahead = min(ahead, total)
        actions = [self._at(Kind.FORWARD, rank, step) for step in range(ahead)]
        for step in range(total):
            actions.append(self._at(Kind.BACKWARD, rank, step))
            if ahead + step < total:
                actions.append(self._at(Kind.FORWARD, rank, ahead + step))
        return actions


def __getattr__(name: str) -> Any:
    """A schedule of backward passes in halves, loaded at its first use."""
    if name in ("ScheduleInterleavedZeroBubble", "ScheduleZBVZeroBubble"):
        from ferrotorch.distributed.pipelining import _zero_bubble

        return getattr(_zero_bubble, name)
    raise AttributeError(f"module 'torch.distributed.pipelining.schedules' has no attribute {name!r}")


def get_schedule_class(schedule_name: str) -> type[_Schedule]:
    """The schedule of a name, such as ``"1F1B"`` or ``"GPipe"``.

    Raises:
        ValueError: there is none of that name.
    """
    from ferrotorch.distributed.pipelining._zero_bubble import ScheduleInterleavedZeroBubble, ScheduleZBVZeroBubble

    kinds: tuple[type[_Schedule], ...] = (
        ScheduleGPipe, Schedule1F1B, ScheduleLoopedBFS, ScheduleInterleaved1F1B, ScheduleInterleavedZeroBubble,
        ScheduleZBVZeroBubble,
    )  # fmt: skip
    classes = {each.__name__.lower().removeprefix("schedule"): each for each in kinds}
    found = classes.get(schedule_name.lower().removeprefix("schedule"))
    if found is None:
        raise ValueError(f"Unknown schedule name {schedule_name!r}: there are {sorted(classes)}")
    return found
