"""Averages of gradients that are sent as bytes: each process sends its own, and how they stand for numbers, to all.

A byte stands for ``scale * (byte - zero_point)``, with the scale and zero point that a quantized tensor would get.
"""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._buckets import GradBucket
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.futures import Future

__all__ = ["quantization_perchannel_hook", "quantization_pertensor_hook"]

Tensor = torch.Tensor


def _gathered(group: ProcessGroup, own: Tensor) -> list[Tensor]:
    everyones = [torch.empty_like(own) for _ in range(group.size())]
    _collectives.all_gather(everyones, own, group=group)
    return everyones


def _average(process_group: Any, rows: Tensor, scales: Tensor, zero_points: Tensor) -> Tensor:
    """The averages, in float32, of rows of numbers, each with a scale and a zero point."""
    group = member("all_gather", process_group)
    assert group is not None
    own = torch.stack([scales.float(), zero_points.float()]).to(rows.device)
    codes = _gathered(group, own)
    scale, zero_point = own.unsqueeze(-1)
    numbers = _gathered(group, ((rows / scale).round() + zero_point).clamp(0, 255).to(torch.uint8))
    total = torch.zeros(rows.shape, device=rows.device)
    for (scale, zero_point), row in zip((code.unsqueeze(-1) for code in codes), numbers, strict=True):
        total += scale * (row.float() - zero_point)
    return total / group.size()


def _done(average: Tensor, bucket: GradBucket) -> Future[Tensor]:
    future: Future[Tensor] = Future()
    future.set_result(average.view(-1)[: bucket.buffer().numel()])
    return future


def quantization_pertensor_hook(process_group: Any, bucket: GradBucket) -> Future[Tensor]:
    """Average the gradients of a bucket as bytes, with one scale for all of a process.

    Args:
        process_group: The processes; None means all.
        bucket: The gradients.
    """
    from ferrotorch.ao.quantization import MinMaxObserver

    observer = MinMaxObserver()
    observer(bucket.buffer())
    scale, zero_point = observer.calculate_qparams()
    rows = bucket.buffer().unsqueeze(0)
    return _done(_average(process_group, rows, scale.view(1), zero_point.view(1)), bucket)


def quantization_perchannel_hook(process_group: Any, bucket: GradBucket, bucket_size: int = 512) -> Future[Tensor]:
    """Average the gradients of a bucket as bytes, with a scale for every ``bucket_size`` of them: more precise.

    Args:
        process_group: The processes; None means all.
        bucket: The gradients.
        bucket_size: How many gradients in a row have one scale.
    """
    from ferrotorch.ao.quantization import PerChannelMinMaxObserver

    buffer = bucket.buffer()
    rows = torch.nn.functional.pad(buffer, (0, -buffer.numel() % bucket_size)).view(-1, bucket_size)
    observer = PerChannelMinMaxObserver()
    observer(rows)
    return _done(_average(process_group, rows, *observer.calculate_qparams()), bucket)
