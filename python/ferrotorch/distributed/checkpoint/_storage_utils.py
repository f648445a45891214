"""The reader or writer of a call that names a checkpoint only."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["storage_for"]


def storage_for(storage: Any, checkpoint_id: str | os.PathLike[str] | None, *, reads: bool) -> Any:
    """What a call reads or writes with: ``storage``, told the name of the checkpoint, or what suits that name.

    Raises:
        RuntimeError: a call with neither.
    """
    if storage is not None:
        if checkpoint_id is not None:
            storage.reset(checkpoint_id)
        return storage
    if not checkpoint_id:
        raise RuntimeError("`checkpoint_id` must be specified if storage_reader/storage_writer is None.")
    from ferrotorch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
    from ferrotorch.distributed.checkpoint.fsspec_filesystem import FsspecReader, FsspecWriter

    for kind in (FileSystemReader, FsspecReader) if reads else (FileSystemWriter, FsspecWriter):
        if kind.validate_checkpoint_id(checkpoint_id):
            return kind(checkpoint_id)
    raise RuntimeError(
        f"Cannot detect which StorageReader or StorageWriter to use for {checkpoint_id!r}: give storage_reader or "
        "storage_writer (URLs need the package fsspec)"
    )
