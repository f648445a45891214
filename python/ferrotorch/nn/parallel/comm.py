"""Tensors sent to several devices, and put together again. All of it can be differentiated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ferrotorch as torch

__all__ = ["broadcast", "broadcast_coalesced", "gather", "reduce_add", "reduce_add_coalesced", "scatter"]

Tensor = torch.Tensor
Device = torch.device | str | int


def broadcast(
    tensor: Tensor, devices: Iterable[Device] | None = None, *, out: Sequence[Tensor] | None = None
) -> tuple[Tensor, ...]:
    """The tensor on each device, or copied into each of ``out``.

    Raises:
        RuntimeError: both or none of ``devices`` and ``out`` are given.
    """
    if (devices is None) == (out is None):
        raise RuntimeError(
            f"Exactly one of 'devices' and 'out' must be specified, but got devices={devices} and out={out}"
        )
    if out is not None:
        return tuple(target.copy_(tensor) for target in out)
    return tuple(tensor.to(device) for device in devices or ())


def broadcast_coalesced(
    tensors: Sequence[Tensor], devices: Iterable[Device], buffer_size: int = 10485760
) -> list[tuple[Tensor, ...]]:
    """For each device all tensors; ``buffer_size`` is accepted."""
    return [tuple(tensor.to(device) for tensor in tensors) for device in devices]


def reduce_add(inputs: Sequence[Tensor], destination: Device | None = None) -> Tensor:
    """The sum of tensors of one shape, on ``destination`` or where the first one is.

    Raises:
        ValueError: shapes differ.
    """
    first = inputs[0]
    for i, tensor in enumerate(inputs):
        if tensor.shape != first.shape:
            got, expected = "x".join(map(str, tensor.shape)), "x".join(map(str, first.shape))
            raise ValueError(f"input {i} has invalid size: got {got}, but expected {expected}")
    device = first.device if destination is None else destination
    total = first.to(device)
    for tensor in inputs[1:]:
        total = total + tensor.to(device)
    return total


def reduce_add_coalesced(
    inputs: Sequence[Sequence[Tensor]], destination: Device | None = None, buffer_size: int = 10485760
) -> tuple[Tensor, ...]:
    """For each position in the sequences the sum of the tensors there; ``buffer_size`` is accepted."""
    return tuple(reduce_add(tensors, destination) for tensors in zip(*inputs, strict=True))


def scatter(
    tensor: Tensor,
    devices: Sequence[Device] | None = None,
    chunk_sizes: Sequence[int] | None = None,
    dim: int = 0,
    streams: object = None,
    *,
    out: Sequence[Tensor] | None = None,
) -> tuple[Tensor, ...]:
    """A share of the tensor for each device, or for each of ``out``: equal ones or of ``chunk_sizes``.

    ``streams`` is accepted: work on a device is done in order.

    Raises:
        RuntimeError: ``out`` is given with ``devices`` or ``chunk_sizes``, or neither it nor ``devices``.
    """
    if out is not None:
        if devices is not None:
            raise RuntimeError(f"'devices' must not be specified when 'out' is specified, but got devices={devices}")
        if chunk_sizes is not None:
            raise RuntimeError(
                f"'chunk_sizes' must not be specified when 'out' is specified, but got chunk_sizes={chunk_sizes}"
            )
        parts = tensor.split([target.size(dim) for target in out], dim)
        return tuple(target.copy_(part) for target, part in zip(out, parts, strict=True))
    if devices is None:
        raise RuntimeError("Exactly one of 'devices' and 'out' must be specified, but got devices=None and out=None")
    parts = tensor.chunk(len(devices), dim) if chunk_sizes is None else tensor.split(list(chunk_sizes), dim)
    return tuple(part.to(device) for part, device in zip(parts, devices, strict=False))


def gather(
    tensors: Sequence[Tensor], dim: int = 0, destination: Device | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The tensors joined along a dimension, on ``destination`` or where the first one is, or in ``out``.

    Raises:
        RuntimeError: ``out`` and ``destination`` are both given.
    """
    if out is not None and destination is not None:
        raise RuntimeError(f"'destination' must not be specified when 'out' is specified, but got {destination=}")
    if out is not None:
        return out.copy_(torch.cat([tensor.to(out.device) for tensor in tensors], dim))
    device = tensors[0].device if destination is None else destination
    return torch.cat([tensor.to(device) for tensor in tensors], dim)
