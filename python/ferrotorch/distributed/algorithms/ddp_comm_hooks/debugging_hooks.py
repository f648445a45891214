"""A hook that sends nothing, by which to measure how long a step takes without communication."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.futures import Future

__all__ = ["noop_hook"]


def noop_hook(_: Any, bucket: GradBucket) -> Future[torch.Tensor]:
    """Leave each process its own gradients."""
    future: Future[torch.Tensor] = Future()
    future.set_result(bucket.buffer())
    return future
