"""The file that says what is in a checkpoint: a pickle, read without running anything of its choosing."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferrotorch.distributed.checkpoint import metadata as nouns
from ferrotorch.distributed.checkpoint.metadata import Metadata

__all__ = ["StorageInfo", "read_metadata", "write_metadata"]


@dataclass
class StorageInfo:
    """Where a piece is: the file, by its name in the folder, the place and the length in it, and how it was changed."""

    relative_path: str
    offset: int
    length: int
    transform_descriptors: list[str] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


# As PyTorch's pickles name it.
StorageInfo.__module__ = "ferrotorch.distributed.checkpoint.filesystem"
StorageInfo.__name__ = StorageInfo.__qualname__ = "_StorageInfo"

_CLASSES = (
    nouns.BytesStorageMetadata, nouns.ChunkStorageMetadata, nouns.Metadata, nouns.MetadataIndex, nouns.StorageMeta,
    nouns.TensorProperties, nouns.TensorStorageMetadata,
)  # fmt: skip
_HOME = "torch.distributed.checkpoint"


def _path(*parts: str) -> str:
    """The path of a folder, of whichever system."""
    return os.path.join(*parts) if parts else "."


def write_metadata(metadata: Metadata, file: Any) -> None:
    """Write what is in a checkpoint, under PyTorch's names.

    Raises:
        TypeError: planner or writer added something that refers to a storage.
    """
    from ferrotorch._pickling.pickler import Storages, make_pickler

    stream, storages = io.BytesIO(), Storages()
    make_pickler(stream, 4, pickle, storages).dump(metadata)
    if storages.items:
        raise TypeError("the metadata of a checkpoint cannot have tensors in them: put them into the state")
    file.write(stream.getvalue())


def read_metadata(file: Any) -> Metadata:
    """Read what is in a checkpoint.

    The pickle may name the classes of this format, and what `torch.serialization.add_safe_globals` allows.

    Raises:
        pickle.UnpicklingError: it names something else, or is damaged.
    """
    from ferrotorch._pickling.names import known_callables, known_globals
    from ferrotorch._pickling.unpickler import RestrictedUnpickler
    from ferrotorch.serialization import _named_safe_globals

    allowed = _named_safe_globals()
    paths = {f"{module}.{kind}Path": _path for module in ("pathlib", "pathlib._local") for kind in _KINDS}
    known = {
        **known_globals(),
        **{f"{_HOME}.metadata.{kind.__name__}": kind for kind in _CLASSES},
        f"{_HOME}.metadata._MEM_FORMAT_ENCODING": nouns._MEM_FORMAT_ENCODING,
        f"{_HOME}.filesystem._StorageInfo": StorageInfo,
        **paths,
        **allowed,
    }
    data = file.read()
    source = io.BytesIO(data)
    trusted = {*_CLASSES, StorageInfo, *(each for each in allowed.values() if isinstance(each, type))}
    callables = [*known_callables(), nouns._MEM_FORMAT_ENCODING, _path, *allowed.values()]
    found = RestrictedUnpickler(source, len(data), known, callables, trusted, _no_storages).load()
    if not isinstance(found, Metadata):
        raise pickle.UnpicklingError(f"the metadata of a checkpoint are a {type(found).__name__}")
    return found


_KINDS = ("Posix", "Windows", "PurePosix", "PureWindows")


def _no_storages(reference: Any) -> Any:
    raise pickle.UnpicklingError("the metadata of a checkpoint refer to a storage")


def is_inside(name: str) -> bool:
    """Does a name lead to a file in the folder, and not out of it?"""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts
