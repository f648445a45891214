"""What is in a checkpoint: its tensors, the pieces that they lie in, and its other values.

Files of checkpoints are pickles of these classes, so names and attributes are those of PyTorch's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import ferrotorch as torch

__all__ = [
    "BytesStorageMetadata",
    "ChunkStorageMetadata",
    "Metadata",
    "MetadataIndex",
    "StorageMeta",
    "TensorProperties",
    "TensorStorageMetadata",
]


@dataclass
class ChunkStorageMetadata:
    """A rectangle of a tensor: where it begins in each dimension, and how long it is."""

    offsets: torch.Size
    sizes: torch.Size


class _MEM_FORMAT_ENCODING(Enum):
    """A memory format as files have it."""

    TORCH_CONTIGUOUS_FORMAT = 0
    TORCH_CHANNELS_LAST = 1
    TORCH_PRESERVE_FORMAT = 2


_FORMATS = {
    _MEM_FORMAT_ENCODING.TORCH_CONTIGUOUS_FORMAT: torch.contiguous_format,
    _MEM_FORMAT_ENCODING.TORCH_CHANNELS_LAST: torch.channels_last,
    _MEM_FORMAT_ENCODING.TORCH_PRESERVE_FORMAT: torch.preserve_format,
}


@dataclass
class TensorProperties:
    """What a tensor is besides its shape. Only the dtype matters to who reads it."""

    dtype: Any = field(default_factory=torch.get_default_dtype)
    layout: Any = field(default=torch.strided)
    requires_grad: bool = False
    memory_format: Any = field(default=torch.contiguous_format)
    pin_memory: bool = False
    strides: tuple[int, ...] | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        for encoding, memory_format in _FORMATS.items():
            if memory_format == self.memory_format:
                state = self.dtype, self.layout, self.requires_grad, encoding, self.pin_memory, self.strides
                return state
        raise RuntimeError(f"Invalid torch.memory_format: {self.memory_format}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        # Older files have no strides.
        self.dtype, self.layout, self.requires_grad, encoding, self.pin_memory, *rest = state
        self.strides = rest[0] if rest else None
        if encoding not in _FORMATS:
            raise RuntimeError(f"Invalid torch.memory_format encoding: {encoding}")
        self.memory_format = _FORMATS[encoding]

    @staticmethod
    def create_from_tensor(tensor: torch.Tensor) -> TensorProperties:
        """The properties of a tensor."""
        return TensorProperties(
            dtype=tensor.dtype,
            layout=tensor.layout,
            requires_grad=tensor.requires_grad,
            pin_memory=tensor.is_pinned(),
            strides=tuple(tensor.stride()),
        )


@dataclass
class TensorStorageMetadata:
    """A tensor: its shape, and the pieces of it that the checkpoint has."""

    properties: TensorProperties
    size: torch.Size
    chunks: list[ChunkStorageMetadata]


@dataclass
class BytesStorageMetadata:
    """A value that is no tensor."""


STORAGE_TYPES = TensorStorageMetadata | BytesStorageMetadata
STATE_DICT_TYPE = dict[str, Any]


@dataclass
class StorageMeta:
    """Where a checkpoint is, and which call wrote or read it."""

    checkpoint_id: str | os.PathLike[str] | None = None
    save_id: str | None = None
    load_id: str | None = None
    modules: list[str] = field(default_factory=list)


@dataclass
class Metadata:
    """What is in a checkpoint.

    Args:
        state_dict_metadata: By name, what each entry is.
        planner_data: Whatever who planned the saving wants to know again: by default, by name, the keys in nested dicts
            and lists at which the entry was.
        storage_data: Whatever who wrote it wants to know again: for files, where each piece is.
        storage_meta: Where the checkpoint is.
        version: Of the files.
    """

    state_dict_metadata: dict[str, STORAGE_TYPES]
    planner_data: Any = None
    storage_data: Any = None
    storage_meta: StorageMeta | None = None
    version: str | None = None


@dataclass(frozen=True, init=False)
class MetadataIndex:
    """The name of something in a checkpoint: of an entry, and of tensors also where a piece begins.

    Args:
        fqn: The name of the entry.
        offset: Where the piece begins.
        index: A hint: the number of the piece. Indices that differ in it are equal.
    """

    fqn: str
    offset: torch.Size | None = None
    index: int | None = field(hash=False, compare=False, default=None)

    def __init__(self, fqn: str, offset: Sequence[int] | None = None, index: int | None = None) -> None:
        # Objects do not change once they are made: only so are the attributes set.
        object.__setattr__(self, "fqn", fqn)
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "offset", None if offset is None else torch.Size(offset))
