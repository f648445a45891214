"""Averages over all processes at first, and over few of them later, while parameters are averaged now and then.

Source: Lin et al., "Don't use large mini-batches, use local SGD" (2018).
"""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from ferrotorch.futures import Future

__all__ = ["PostLocalSGDState", "post_localSGD_hook"]

Tensor = torch.Tensor


class PostLocalSGDState:
    """What the hook remembers.

    Args:
        process_group: The processes of the first steps; None means all.
        subgroup: Those of later ones; None means this process and its neighbours on the machine.
        start_localSGD_iter: How many the first steps are.
        post_local_gradient_allreduce: Whether later steps average gradients at all.
    """

    def __init__(
        self, process_group: Any, subgroup: Any, start_localSGD_iter: int, post_local_gradient_allreduce: bool = True
    ) -> None:
        self.process_group, self.subgroup = process_group, subgroup
        self.start_localSGD_iter = start_localSGD_iter
        self.post_local_gradient_allreduce = post_local_gradient_allreduce
        self.iter = 0

    def maybe_increase_iter(self, bucket: GradBucket) -> None:
        """Count a step with its last bucket."""
        self.iter += bucket.is_last()


def post_localSGD_hook(state: PostLocalSGDState, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients of a bucket, over the processes whose turn it is."""
    is_first = state.iter < state.start_localSGD_iter
    state.maybe_increase_iter(bucket)
    if is_first:
        return allreduce_hook(state.process_group, bucket)
    if not state.post_local_gradient_allreduce:
        future: Future[Tensor] = Future()
        future.set_result(bucket.buffer())
        return future
    if state.subgroup is None:
        from ferrotorch.distributed._subgroups import new_subgroups

        state.subgroup, _ = new_subgroups()
    return allreduce_hook(state.subgroup, bucket)
