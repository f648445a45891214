"""A checkpoint as a folder: parts, one for each process that wrote, and a list of what is in which part.

The list is what makes a checkpoint: it is replaced by renaming a file, which happens entirely or not at all, after all
parts are on the disk. Parts have names of their own in each checkpoint, so an old list finds its parts until the new
one is there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import ferrotorch as torch

__all__ = ["CheckpointException", "FileSystemReader", "FileSystemWriter"]

_LIST = "checkpoint.json"


class CheckpointException(Exception):
    """A checkpoint cannot be written or read."""


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class FileSystemWriter:
    """Writes checkpoints into a folder.

    Args:
        path: The folder; is made if it is not there.
    """

    def __init__(self, path: str | os.PathLike[str], **options: Any) -> None:
        self.path = Path(path)

    def write_part(self, name: str, contents: dict[str, Any]) -> None:
        """Write what one process contributes; the checkpoint does not have it yet."""
        self.path.mkdir(parents=True, exist_ok=True)
        torch.save(contents, self.path / name)
        _sync(self.path / name)

    def finish(self, places: dict[str, str]) -> None:
        """Replace the checkpoint by the parts that have been written, and remove those of the old one.

        Args:
            places: The part that each entry is in.
        """
        new = self.path / f"{_LIST}.new"
        new.write_text(json.dumps({"version": 1, "places": places}))
        _sync(new)
        new.replace(self.path / _LIST)
        _sync(self.path)
        for part in self.path.glob("part-*.pt"):
            if part.name not in places.values():
                part.unlink()


class FileSystemReader:
    """Reads a checkpoint from a folder.

    Args:
        path: The folder.

    Raises:
        CheckpointException: there is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._parts: dict[str, dict[str, Any]] = {}
        try:
            self._places: dict[str, str] = json.loads((self.path / _LIST).read_text())["places"]
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointException(f"there is no checkpoint in {self.path}: {error}") from error

    def names(self) -> list[str]:
        """The names of all entries."""
        return list(self._places)

    def read(self, name: str) -> Any:
        """An entry.

        Raises:
            CheckpointException: there is none of that name, or its part is missing.
        """
        if name not in self._places:
            raise CheckpointException(f"Missing key in checkpoint state_dict: {name}.")
        part = self._places[name]
        if part not in self._parts:
            try:
                self._parts[part] = torch.load(self.path / part, map_location="cpu", weights_only=True)
            except OSError as error:
                raise CheckpointException(f"{self.path / part} cannot be read: {error}") from error
        return self._parts[part][name]
