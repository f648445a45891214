"""From the tensors of a call to memory that MPI may read and write, and back.

Contiguous tensors in host memory are such memory themselves. Others, on a GPU or strided, are copied before the call,
and what was written is copied back after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.autograd.graph import increment_version

__all__ = ["Staging", "check_tensors"]

Tensor = torch.Tensor


def check_tensors(name: str, *tensors: Any) -> None:
    """Refuse what is no tensor, has no memory, and tensors that do not go together.

    Raises:
        TypeError: no tensor.
        ValueError: tensors of several dtypes, or on several devices.
        RuntimeError: a sparse tensor, or one on ``meta``.
    """
    for tensor in tensors:
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"Invalid function argument. Expected parameter of {name} of type torch.Tensor\n"
                f"             but got {type(tensor)} instead."
            )
    for tensor in tensors[1:]:
        if tensor.dtype != tensors[0].dtype:
            raise ValueError(
                f"Invalid usage of tensors with different dtypes. Found {tensors[0].dtype} and {tensor.dtype} in {name}"
            )
        if tensor.device != tensors[0].device:
            raise ValueError(f"{name}: tensors are on different devices, {tensors[0].device} and {tensor.device}")
    for tensor in tensors:
        if tensor.layout is not torch.strided:
            raise RuntimeError(f"{name}: tensors of layout {tensor.layout} are not exchanged: use to_dense()")
    if tensors and tensors[0].device.type == "meta":
        raise RuntimeError(f"{name}: tensors on device 'meta' have no memory to exchange")


def _is_memory(tensor: Tensor) -> bool:
    """Can MPI read and write the tensor as it is?"""
    return tensor.device.type == "cpu" and tensor.is_contiguous() and not (tensor.is_conj() or tensor.is_neg())


def _loaded(tensor: Tensor) -> Tensor:
    """A contiguous copy in host memory."""
    return tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()


class Staging:
    """The memory that stands for the tensors of one call."""

    def __init__(self) -> None:
        self._written: list[Tensor] = []
        self._copies: list[tuple[Tensor, Tensor]] = []

    def read(self, tensor: Tensor) -> Tensor:
        """Memory with the elements of a tensor."""
        return tensor if _is_memory(tensor) else _loaded(tensor)

    def write(self, tensor: Tensor, is_loaded: bool = False) -> Tensor:
        """Memory for what a tensor shall become; ``is_loaded``: with its elements."""
        if _is_memory(tensor):
            self._written.append(tensor)
            return tensor
        memory = _loaded(tensor) if is_loaded else torch.empty(tensor.shape, dtype=tensor.dtype)
        self._copies.append((tensor, memory))
        return memory

    def read_all(self, tensors: Sequence[Tensor]) -> Tensor:
        """Memory with the elements of tensors, one after the other."""
        if len(tensors) == 1:
            return self.read(tensors[0])
        return torch.cat([_loaded(tensor).view(-1) for tensor in tensors])

    def write_all(self, tensors: Sequence[Tensor]) -> Tensor:
        """Memory for what tensors shall become, one after the other."""
        if len(tensors) == 1:
            return self.write(tensors[0])
        memory = torch.empty(sum(tensor.numel() for tensor in tensors), dtype=tensors[0].dtype)
        parts = memory.split([tensor.numel() for tensor in tensors])
        self._copies += [(tensor, part.view(tensor.shape)) for tensor, part in zip(tensors, parts, strict=True)]
        return memory

    def finish(self) -> None:
        """Bring what was written to where it belongs."""
        with torch.no_grad():
            for tensor, memory in self._copies:
                tensor.detach().copy_(memory)
        if self._written:
            increment_version(self._written)
