"""A checkpoint as a folder: parts, one for each process that wrote, and a list of what is in which part.

The list is what makes a checkpoint: it is replaced by renaming a file, which happens entirely or not at all, after all
parts are on the disk. Parts have names of their own in each checkpoint, so an old list finds its parts until the new
one is there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
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
        single_file_per_rank: Accepted: a process writes one file.
        sync_files: Wait until files are on the disk. Without it a checkpoint that a crash of the machine interrupts
            may be lost, the old one too.
        thread_count, per_thread_copy_ahead, cache_staged_state_dict: Accepted: they change no file.
        overwrite: Replace a checkpoint that is there.

    Raises:
        CheckpointException: there is one, and it is not to be replaced.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        single_file_per_rank: bool = True,
        sync_files: bool = True,
        thread_count: int = 1,
        per_thread_copy_ahead: int = 10_000_000,
        cache_staged_state_dict: bool = False,
        overwrite: bool = True,
    ) -> None:
        self.path, self._syncs = Path(path), sync_files
        if not overwrite and (self.path / _LIST).exists():
            raise CheckpointException(f"Checkpoint already exists in {self.path} and overwrite=False")

    def write_part(self, name: str, contents: dict[str, Any]) -> None:
        """Write what one process contributes; the checkpoint does not have it yet."""
        self.path.mkdir(parents=True, exist_ok=True)
        torch.save(contents, self.path / name)
        if self._syncs:
            _sync(self.path / name)

    def finish(self, places: dict[str, Any]) -> None:
        """Replace the checkpoint by the parts that have been written, and remove those of the old one.

        Args:
            places: The part that each entry is in; of a tensor that is spread over processes a dict with its ``shape``
                and its ``pieces``, of each the part, the name in it, and offset and shape in the whole.
        """
        new = self.path / f"{_LIST}.new"
        new.write_text(json.dumps({"version": 1, "places": places}))
        if self._syncs:
            _sync(new)
        new.replace(self.path / _LIST)
        if self._syncs:
            _sync(self.path)
        kept = {part for place in places.values() for part in _parts_of(place)}
        for part in self.path.glob("part-*.pt"):
            if part.name not in kept:
                part.unlink()


def _parts_of(place: Any) -> list[str]:
    """The parts that an entry is in."""
    return [place] if isinstance(place, str) else [piece[0] for piece in place["pieces"]]


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
            self._places: dict[str, Any] = json.loads((self.path / _LIST).read_text())["places"]
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
        place = self._place(name)
        if isinstance(place, str):
            return self._part(place)[name]
        return self.window(name, [0] * len(place["shape"]), place["shape"])

    def shape(self, name: str) -> list[int] | None:
        """The shape of an entry that is a tensor; None of other entries.

        Raises:
            CheckpointException: there is none of that name, or its part is missing.
        """
        place = self._place(name)
        if not isinstance(place, str):
            return list(place["shape"])
        value = self._part(place)[name]
        return list(value.shape) if isinstance(value, torch.Tensor) else None

    def window(self, name: str, offset: Sequence[int], shape: Sequence[int]) -> torch.Tensor:
        """A rectangle of a tensor, put together of the pieces that it meets; parts that it does not meet are not read.

        Args:
            name: The name of the entry.
            offset: Where the rectangle begins, in each dimension.
            shape: How long it is.

        Raises:
            CheckpointException: there is none of that name, or a part is missing.
        """
        place = self._place(name)
        if isinstance(place, str):
            whole: torch.Tensor = self._part(place)[name]
            return whole[tuple(slice(begin, begin + length) for begin, length in zip(offset, shape, strict=True))]
        result: torch.Tensor | None = None
        for part, key, begin, lengths in place["pieces"]:
            meets = _common(offset, shape, begin, lengths)
            if meets is not None or result is None:
                piece = self._part(part)[key]
                result = piece.new_empty(tuple(shape)) if result is None else result
            if meets is not None:
                result[meets[0]] = piece[meets[1]]
        if result is None:
            raise CheckpointException(f"{name} has no pieces in {self.path}")
        return result

    def _place(self, name: str) -> Any:
        if name not in self._places:
            raise CheckpointException(f"Missing key in checkpoint state_dict: {name}.")
        return self._places[name]

    def _part(self, part: str) -> dict[str, Any]:
        if part not in self._parts:
            try:
                self._parts[part] = torch.load(self.path / part, map_location="cpu", weights_only=True)
            except OSError as error:
                raise CheckpointException(f"{self.path / part} cannot be read: {error}") from error
        return self._parts[part]


Window = tuple[slice, ...]


def _common(
    offset: Sequence[int], shape: Sequence[int], other: Sequence[int], lengths: Sequence[int]
) -> tuple[Window, Window] | None:
    """What two rectangles have in common, as windows of the one and of the other; None if nothing."""
    mine: list[slice] = []
    its: list[slice] = []
    for begin, length, other_begin, other_length in zip(offset, shape, other, lengths, strict=True):
        first, last = max(begin, other_begin), min(begin + length, other_begin + other_length)
        if first >= last:
            return None
        mine.append(slice(first - begin, last - begin))
        its.append(slice(first - other_begin, last - other_begin))
    return tuple(mine), tuple(its)
