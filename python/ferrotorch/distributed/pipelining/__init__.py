"""Models whose stages are in different processes: micro-batches go through them one behind the other."""

from __future__ import annotations

from ferrotorch.distributed.pipelining import microbatch, schedules, stage
from ferrotorch.distributed.pipelining._partition import Pipe, SplitPoint, build_stage, pipe_split, pipeline
from ferrotorch.distributed.pipelining._zero_bubble import ScheduleInterleavedZeroBubble, ScheduleZBVZeroBubble
from ferrotorch.distributed.pipelining.schedules import (
    Schedule1F1B,
    ScheduleGPipe,
    ScheduleInterleaved1F1B,
    ScheduleLoopedBFS,
)
from ferrotorch.distributed.pipelining.stage import PipelineStage

__all__ = [
    "Pipe",
    "PipelineStage",
    "Schedule1F1B",
    "ScheduleGPipe",
    "ScheduleInterleaved1F1B",
    "ScheduleInterleavedZeroBubble",
    "ScheduleLoopedBFS",
    "ScheduleZBVZeroBubble",
    "SplitPoint",
    "build_stage",
    "microbatch",
    "pipe_split",
    "pipeline",
    "schedules",
    "stage",
]
