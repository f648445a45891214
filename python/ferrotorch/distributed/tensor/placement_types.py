"""How the parts of a tensor lie in the processes of a mesh, and the arithmetic of parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ferrotorch as torch

__all__ = ["Partial", "Placement", "Replicate", "Shard"]


class Placement:
    """How a tensor lies along a dimension of a mesh."""

    def is_shard(self, dim: int | None = None) -> bool:
        """Has every process a part, along a dimension of the tensor if one is given?"""
        return isinstance(self, Shard) and dim in (None, self.dim)

    def is_replicate(self) -> bool:
        """Has every process all of it?"""
        return isinstance(self, Replicate)

    def is_partial(self, reduce_op: str | None = None) -> bool:
        """Is it what comes of all processes together?"""
        return isinstance(self, Partial) and reduce_op in (None, self.reduce_op)


@dataclass(frozen=True)
class Shard(Placement):
    """Every process has a part along a dimension of the tensor: all parts but the last ones are equally long."""

    dim: int

    @staticmethod
    def local_shard_size_and_offset(curr_local_size: int, num_chunks: int, rank: int) -> tuple[int, int]:
        """How long the part of a process is along the dimension, and where it begins.

        Args:
            curr_local_size: the length of the whole.
            num_chunks: the number of processes.
            rank: the process.
        """
        length = -(-curr_local_size // num_chunks)
        begin = min(rank * length, curr_local_size)
        return min(length, curr_local_size - begin), begin

    def _split_tensor(
        self, tensor: Any, num_chunks: int, *, with_padding: bool = True, contiguous: bool = True
    ) -> tuple[list[Any], list[int]]:
        """The parts of all processes, and how many zeros each has at its end.

        Args:
            tensor: The whole.
            num_chunks: The number of processes.
            with_padding: Parts are made equally long by zeros.
            contiguous: Parts lie contiguously.
        """
        parts, pads = [], []
        longest, _ = self.local_shard_size_and_offset(tensor.size(self.dim), num_chunks, 0)
        for rank in range(num_chunks):
            size, begin = self.local_shard_size_and_offset(tensor.size(self.dim), num_chunks, rank)
            part = tensor.narrow(self.dim, begin, size)
            if with_padding:
                pads.append(longest - size)
                part = _padded(part, self.dim, longest - size)
            parts.append(part.contiguous() if contiguous else part)
        return parts, pads

    def __str__(self) -> str:
        return f"S({self.dim})"


def _padded(tensor: Any, dim: int, count: int) -> Any:
    """A tensor with zeros at its end along a dimension."""
    if not count:
        return tensor
    shape = list(tensor.shape)
    shape[dim] = count
    return torch.cat([tensor, tensor.new_zeros(shape)], dim)


@dataclass(frozen=True)
class _StridedShard(Shard):
    """A part of a part: along the dimension the tensor was cut by later dimensions of the mesh first.

    So lie the parameters of a module that was spread by columns or rows, and then by :func:`fully_shard`.
    """

    split_factor: int = 1

    def __str__(self) -> str:
        return f"_S({self.dim}, {self.split_factor})"


@dataclass(frozen=True)
class Replicate(Placement):
    """Every process has all of it."""

    def __str__(self) -> str:
        return "R"


@dataclass(frozen=True)
class Partial(Placement):
    """Every process has a summand, or whatever ``reduce_op`` makes the whole of: ``sum``, ``avg``, ``max``..."""

    reduce_op: str = "sum"

    def __str__(self) -> str:
        return f"P({self.reduce_op})"


@dataclass(frozen=True)
class _NormPartial(Partial):
    """Every process has the norm of its part; the norm of the whole is that of the norms."""

    reduce_op: str = "norm"
    norm_type: float = 2.0
