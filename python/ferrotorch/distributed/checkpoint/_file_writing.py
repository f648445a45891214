"""The files that one process writes: values one behind the other, each as `torch.save` writes it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._extension import StreamTransformExtension, changed_output
from ferrotorch.distributed.checkpoint._file_systems import FileSystemBase, PathLike
from ferrotorch.distributed.checkpoint._metadata_file import StorageInfo
from ferrotorch.distributed.checkpoint.planner import SavePlanner, WriteItem, WriteItemType
from ferrotorch.distributed.checkpoint.storage import WriteResult

__all__ = ["FileOptions", "SerializationFormat", "shared_out", "synced", "write_file"]


class SerializationFormat(Enum):
    """What files hold: values as `torch.save` writes them, or one archive of safetensors."""

    TORCH_SAVE = "torch_save"
    SAFETENSORS = "safetensors"


@dataclass(frozen=True)
class FileOptions:
    """How files are written."""

    syncs: bool
    format: SerializationFormat
    extensions: Sequence[StreamTransformExtension]


def shared_out(count: int, items: list[WriteItem]) -> list[list[WriteItem]]:
    """Items for a number of files, in shares of about equal size."""
    if count == 1:
        return [items]
    shares: list[list[WriteItem]] = [[] for _ in range(count)]
    sizes = [0] * count
    tensors = [item for item in items if item.type is not WriteItemType.BYTE_IO]
    others = [item for item in items if item.type is WriteItemType.BYTE_IO]
    for number, item in enumerate(others):
        shares[number % count].append(item)
    for item in sorted(tensors, key=_nbytes, reverse=True):
        least = min(range(count), key=lambda number: sizes[number])
        shares[least].append(item)
        sizes[least] += _nbytes(item)
    return shares


def _nbytes(item: WriteItem) -> int:
    """The bytes of the piece."""
    assert item.tensor_data is not None
    data = item.tensor_data
    return data.chunk.sizes.numel() * int(data.properties.dtype.itemsize)


def synced(stream: Any) -> None:
    """Wait until a file is on the disk, if it is one of this machine's."""
    stream.flush()
    with suppress(AttributeError, io.UnsupportedOperation):
        os.fsync(stream.fileno())


def write_file(
    fs: FileSystemBase, path: PathLike, name: str, items: list[WriteItem], planner: SavePlanner, options: FileOptions
) -> list[WriteResult]:
    """Write items into a file.

    Args:
        fs: Where it is.
        path: Its path.
        name: Its name in the checkpoint.
        items: What is written: of values that are no tensors the bytes, first.
        planner: Who has the values.
        options: How they are written.
    """
    others = [item for item in items if item.type is WriteItemType.BYTE_IO]
    tensors = [item for item in items if item.type is not WriteItemType.BYTE_IO]
    with fs.create_stream(path, "wb") as stream:
        results = [_write_bytes(stream, item, planner, name, options) for item in others]
        if options.format is SerializationFormat.SAFETENSORS:
            results += _write_archive(stream, tensors, planner, name)
        else:
            results += [_write_tensor(stream, item, planner, name, options) for item in tensors]
        if options.syncs:
            synced(stream)
    return results


def _write_bytes(stream: Any, item: WriteItem, planner: SavePlanner, name: str, options: FileOptions) -> WriteResult:
    data = planner.resolve_data(item)
    if not isinstance(data, io.BytesIO):
        raise TypeError(f"resolve_data: {item.index.fqn} is no tensor: expected io.BytesIO, got {type(data).__name__}")
    begin = stream.tell()
    output, descriptors = changed_output(options.extensions, stream)
    output.write(data.getvalue())
    output.close()
    return _result(item, name, begin, stream.tell() - begin, descriptors)


def _host_tensor(item: WriteItem, planner: SavePlanner) -> torch.Tensor:
    """A tensor as it is written: in host memory, of its own size."""
    data = planner.resolve_data(item)
    if not isinstance(data, torch.Tensor):
        raise TypeError(f"resolve_data: {item.index.fqn} is a tensor, got {type(data).__name__}")
    plain = data.detach().cpu()
    return plain if plain.untyped_storage().nbytes() == plain.nbytes else plain.clone()


def _write_tensor(stream: Any, item: WriteItem, planner: SavePlanner, name: str, options: FileOptions) -> WriteResult:
    tensor, begin = _host_tensor(item, planner), stream.tell()
    output, descriptors = changed_output(options.extensions, stream)
    torch.save(tensor, output)
    output.close()
    return _result(item, name, begin, stream.tell() - begin, descriptors)


def _write_archive(stream: Any, items: list[WriteItem], planner: SavePlanner, name: str) -> list[WriteResult]:
    """All tensors of a file as safetensors, with the places of pieces beside them, as PyTorch's readers want them."""
    from ferrotorch.utils.safetensors import to_bytes

    tensors = {item.index.fqn: _host_tensor(item, planner) for item in items}
    places = {
        item.index.fqn: {"saved_offsets": list(item.tensor_data.chunk.offsets)} for item in items if item.tensor_data
    }
    about = {"DCP_SHARDING_INFO": json.dumps(places), "DCP_VERSION": "1.0", "format": "pt"}
    begin = stream.tell()
    stream.writelines(to_bytes(tensors, about))
    return [_result(item, name, begin, tensors[item.index.fqn].nbytes, None) for item in items]


def _result(item: WriteItem, name: str, begin: int, length: int, descriptors: list[str] | None) -> WriteResult:
    return WriteResult(item.index, length, StorageInfo(name, begin, length, descriptors))
