"""Sequences of different lengths, padded or packed.

A packed batch holds its sequences, sorted by decreasing length, step by step: first all first elements, then all second
ones... ``batch_sizes[t]`` sequences are longer than t.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import ferrotorch as torch
from ferrotorch._C import Tensor


class _PackedFields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_PackedFields):
    """A packed batch: ``data``, ``batch_sizes``, and how sequences were reordered and can be put back."""

    __slots__ = ()

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:
            raise ValueError("batch_sizes must not be None in PackedSequence constructor")
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                f"batch_sizes should always be on CPU, but got a tensor on {batch_sizes.device}: it is read by the host"
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move or convert the data, as :meth:`Tensor.to`; the indices follow. Itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        order, back = (
            None if index is None else index.to(data.device) for index in (self.sorted_indices, self.unsorted_indices)
        )
        return type(self)(data, self.batch_sizes, order, back)

    def cpu(self) -> Self:
        """Move the data to the host."""
        return self.to("cpu")

    def float(self) -> Self:
        """Convert the data to float32."""
        return self.to(torch.float32)

    def double(self) -> Self:
        """Convert the data to float64."""
        return self.to(torch.float64)

    def half(self) -> Self:
        """Convert the data to float16."""
        return self.to(torch.float16)

    def long(self) -> Self:
        """Convert the data to int64."""
        return self.to(torch.int64)

    def int(self) -> Self:
        """Convert the data to int32."""
        return self.to(torch.int32)

    def short(self) -> Self:
        """Convert the data to int16."""
        return self.to(torch.int16)

    def char(self) -> Self:
        """Convert the data to int8."""
        return self.to(torch.int8)

    def byte(self) -> Self:
        """Convert the data to uint8."""
        return self.to(torch.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a CUDA device."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data are in page-locked memory."""
        return self.data.is_pinned()

    def pin_memory(self) -> Self:
        """The batch itself: host memory needs no pinning here."""
        return self


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another."""
    if permutation is None:
        return None
    identity = torch.arange(permutation.numel(), device=permutation.device)
    return torch.empty_like(permutation).scatter_(0, permutation, identity)


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack ``input`` (T, N, *), or (N, T, *) with ``batch_first``, whose sequences have these lengths.

    With ``enforce_sorted`` they must come in order of decreasing length; otherwise they are sorted here.

    Raises:
        RuntimeError: lengths that do not fit or are not sorted.
    """
    lengths = torch.as_tensor(lengths, dtype=torch.int64, device="cpu")
    padded = input.transpose(0, 1) if batch_first else input
    sorted_indices = None
    if not enforce_sorted:
        lengths, order = torch.sort(lengths, descending=True)
        sorted_indices = order.to(input.device)
        padded = padded.index_select(1, sorted_indices)
    sizes = lengths.tolist()
    if padded.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if len(sizes) != padded.size(1):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={padded.size(1)})"
        )
    if not sizes or min(sizes) <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if any(a < b for a, b in itertools.pairwise(sizes)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement "
            "if you do not need ONNX exportability."
        )
    if sizes[0] > padded.size(0):
        raise RuntimeError(f"Expected lengths of at most {padded.size(0)}, the padded length, but got {sizes[0]}")
    running = [sum(size > step for size in sizes) for step in range(sizes[0])]
    data = torch.cat([padded[step, :count] for step, count in enumerate(running)])
    return PackedSequence(data, torch.tensor(running, dtype=torch.int64), sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Undo :func:`pack_padded_sequence`: the padded batch, and the lengths.

    ``total_length`` pads to more than the longest sequence.

    Raises:
        ValueError: ``total_length`` is less than the longest sequence.
    """
    sizes = sequence.batch_sizes.tolist()
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    data = sequence.data
    step_index = torch.cat([torch.full((n,), step, dtype=torch.int64) for step, n in enumerate(sizes)]).to(data.device)
    row_index = torch.cat([torch.arange(n) for n in sizes]).to(data.device)
    padded = torch.full((steps, sizes[0], *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device)
    padded = padded.index_put((step_index, row_index), data)
    lengths = (sequence.batch_sizes.unsqueeze(1) > torch.arange(sizes[0])).sum(0)
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices.cpu()]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences (L, *) of different lengths as (longest, N, *), or (N, longest, *) with ``batch_first``.

    Raises:
        RuntimeError: nothing to pad, trailing dimensions that differ, or a side other than ``"right"`` and ``"left"``.
    """
    if not isinstance(sequences, (Tensor, Iterable)):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    items = list(sequences)
    if not items:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    trailing = items[0].shape[1:]
    if any(item.shape[1:] != trailing for item in items):
        raise RuntimeError(
            f"pad_sequence: expected trailing dimensions {list(trailing)} of all sequences, "
            f"but got shapes {[list(item.shape) for item in items]}"
        )
    longest = max(item.size(0) for item in items)
    padded = []
    for item in items:
        fill = torch.full((longest - item.size(0), *trailing), padding_value, dtype=item.dtype, device=item.device)
        padded.append(torch.cat([fill, item] if padding_side == "left" else [item, fill]))
    return torch.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Undo :func:`pad_sequence`."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(length)] for row, length in zip(rows.unbind(0), lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L, *) of different lengths."""
    lengths = torch.as_tensor([item.size(0) for item in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo :func:`pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
