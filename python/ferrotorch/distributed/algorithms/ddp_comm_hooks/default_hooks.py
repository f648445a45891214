"""Averages of gradients, as they are or in a half type, which halves what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.distributed._groups import member
from ferrotorch.futures import Future

__all__ = [
    "allreduce_hook",
    "bf16_compress_hook",
    "bf16_compress_wrapper",
    "fp16_compress_hook",
    "fp16_compress_wrapper",
]

Tensor = torch.Tensor
CommHook = Callable[[Any, GradBucket], "Future[Tensor]"]


def _average(group: Any, tensor: Tensor) -> Future[Tensor]:
    found = member("all_reduce", group)
    assert found is not None
    work = _collectives.all_reduce(tensor.div_(found.size()), group=found, async_op=True)
    assert work is not None
    return work.get_future().then(lambda future: future.value()[0])


def allreduce_hook(process_group: Any, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients over the processes of a group; None means all."""
    return _average(process_group, bucket.buffer())


def _compressed(dtype: torch.dtype, group: Any, bucket: GradBucket) -> Future[Tensor]:
    buffer = bucket.buffer()

    def decompress(future: Future[Tensor]) -> Tensor:
        return buffer.copy_(future.value())

    return _average(group, buffer.to(dtype)).then(decompress)


def fp16_compress_hook(process_group: Any, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients in float16."""
    return _compressed(torch.float16, process_group, bucket)


def bf16_compress_hook(process_group: Any, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients in bfloat16."""
    return _compressed(torch.bfloat16, process_group, bucket)


class _Cast(GradBucket):
    """A bucket in another dtype, for a hook inside of another."""

    def __init__(self, bucket: GradBucket, dtype: torch.dtype) -> None:
        self._parameters, self._index, self._is_last = bucket.parameters(), bucket.index(), bucket.is_last()
        self._buffer = bucket.buffer().to(dtype)
        sizes = [view.numel() for view in bucket.views]
        parts = zip(self._buffer.split(sizes), bucket.views, strict=True)
        self.views = [part.view(view.shape) for part, view in parts]


def _wrapper(hook: CommHook, dtype: torch.dtype) -> CommHook:
    def wrapped(state: Any, bucket: GradBucket) -> Future[Tensor]:
        buffer = bucket.buffer()
        return hook(state, _Cast(bucket, dtype)).then(lambda future: buffer.copy_(future.value()))

    return wrapped


def fp16_compress_wrapper(hook: CommHook) -> CommHook:
    """A hook that hands gradients in float16 to another one."""
    return _wrapper(hook, torch.float16)


def bf16_compress_wrapper(hook: CommHook) -> CommHook:
    """A hook that hands gradients in bfloat16 to another one."""
    return _wrapper(hook, torch.bfloat16)
