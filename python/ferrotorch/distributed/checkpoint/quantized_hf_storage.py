"""Folders of safetensors with quantized weights, read as floats."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._hf_files import Archive
from ferrotorch.distributed.checkpoint.filesystem import put
from ferrotorch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
from ferrotorch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import LoadPlanner, ReadItem

__all__ = ["QuantizedHuggingFaceStorageReader"]

# The floats of four bits (a sign, two bits of exponent, one of mantissa), by their bits.
_FP4 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)
_BIAS = 127


class QuantizedHuggingFaceStorageReader(HuggingFaceStorageReader):
    """Reads weights that are small numbers and factors of blocks of them, each whole in one file.

    A matrix ``x.weight`` with ``x.weight_scale_inv`` has a factor for each square of ``block_size`` rows and columns.
    A tensor ``x_blocks`` of shape [a, b, groups, bytes] with ``x_scales`` of shape [a, b, groups] has two floats of
    four bits in each byte, the lower bits first, and for each group the power of two of a factor, plus 127 (MXFP4); it
    is read as [a, b, groups * bytes * 2].

    Args:
        path: The folder.
        thread_count: So many threads read, each a file.
        target_dtype: The dtype in which weights are computed.
        block_size: The side of the squares.
    """

    def __init__(
        self, path: str, thread_count: int = 1, target_dtype: Any = torch.float32, block_size: int = 128
    ) -> None:
        super().__init__(path=path, thread_count=thread_count)
        self.target_dtype, self.block_size = target_dtype, block_size
        self._scales: dict[str, str] = {}

    def read_metadata(self) -> Metadata:
        """What is in the files: of weights in blocks the shape that they are read with."""
        metadata = super().read_metadata()
        entries, places = metadata.state_dict_metadata, metadata.storage_data
        for name, entry in entries.items():
            scales = _name_of_scales(name)
            if scales not in entries or not isinstance(entry, TensorStorageMetadata):
                continue
            self._scales[name] = scales
            if name.endswith("_blocks"):
                *outer, groups, count = entry.size
                size = torch.Size([*outer, groups * count * 2])
                info = places.pop(MetadataIndex(name, [0] * len(entry.size)))
                entry.size, begin = size, torch.Size([0] * len(size))
                entry.chunks[:] = [ChunkStorageMetadata(begin, size)]
                places[MetadataIndex(name, begin)] = info
        return metadata

    def _process_read_request(self, archive: Archive, item: ReadItem, planner: LoadPlanner) -> None:
        name = item.storage_index.fqn
        if name not in self._scales:
            super()._process_read_request(archive, item, planner)
            return
        scales, weight = self._tensor_anywhere(self._scales[name], archive), archive.tensor(name)
        read = self._from_groups if name.endswith("_blocks") else self._from_squares
        put(planner, item, read(weight, scales, item))

    def _tensor_anywhere(self, name: str, archive: Archive) -> torch.Tensor:
        """A tensor in this file or in another one."""
        if name in archive.entries:
            return archive.tensor(name)
        path = next(info.relative_path for index, info in self.storage_data.items() if index.fqn == name)
        with Archive(path) as other:
            return other.tensor(name)

    def _from_squares(self, weight: torch.Tensor, scales: torch.Tensor, item: ReadItem) -> torch.Tensor:
        (top, left), (rows, columns) = item.storage_offsets, item.lengths
        factors = scales.to(torch.float32)
        factors = factors[torch.arange(top, top + rows) // self.block_size]
        factors = factors[:, torch.arange(left, left + columns) // self.block_size]
        part = weight[top : top + rows, left : left + columns].to(torch.float32)
        return (part * factors).to(self.target_dtype)

    def _from_groups(self, blocks: torch.Tensor, scales: torch.Tensor, item: ReadItem) -> torch.Tensor:
        (i, j, begin), (rows, columns, length) = item.storage_offsets, item.lengths
        in_group = blocks.shape[-1] * 2
        first, last = begin // in_group, -(-(begin + length) // in_group)
        part = blocks[i : i + rows, j : j + columns, first:last].to(torch.int64)
        bits = torch.stack([part & 15, part >> 4], -1)
        powers = scales[i : i + rows, j : j + columns, first:last].to(torch.int32) - _BIAS
        values = torch.tensor(_FP4, dtype=self.target_dtype)[bits].flatten(-2)
        values = torch.ldexp(values, powers.unsqueeze(-1)).to(self.target_dtype).flatten(-2)
        return values[..., begin - first * in_group :][..., :length]


def _name_of_scales(name: str) -> str:
    """The name of the factors of a quantized weight."""
    if name.endswith("_blocks"):
        return name.removesuffix("_blocks") + "_scales"
    return name + "_scale_inv" if name.endswith(".weight") else ""
