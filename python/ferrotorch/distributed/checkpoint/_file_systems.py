"""Where files of checkpoints are: folders of this machine, and what other classes make look like them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

__all__ = ["FileSystem", "FileSystemBase"]

PathLike = str | os.PathLike[str]


class FileSystemBase(ABC):
    """Folders and files. :attr:`FileSystemWriter.fs` may be one of another class."""

    @abstractmethod
    def create_stream(self, path: PathLike, mode: str) -> AbstractContextManager[Any]:
        """A file, open within a ``with`` block."""

    @abstractmethod
    def concat_path(self, path: PathLike, suffix: str) -> PathLike:
        """The path of a file in a folder."""

    @abstractmethod
    def rename(self, path: PathLike, new_path: PathLike) -> None:
        """Give a file another name, in the place of what has that name."""

    @abstractmethod
    def init_path(self, path: PathLike) -> PathLike:
        """A path as the other methods take it."""

    @abstractmethod
    def mkdir(self, path: PathLike) -> None:
        """Make a folder, and those above it, unless it is there."""

    @classmethod
    @abstractmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Can checkpoints of this name be here?"""

    @abstractmethod
    def exists(self, path: PathLike) -> bool:
        """Is there something?"""

    @abstractmethod
    def rm_file(self, path: PathLike) -> None:
        """Remove a file."""

    def ls(self, path: PathLike) -> list[str]:
        """The paths of what is in a folder; none where that is not known."""
        return []

    def settle(self, path: PathLike) -> None:
        """Wait until the names in a folder are on the disk, where that can be waited for."""
        return


class FileSystem(FileSystemBase):
    """The folders of this machine."""

    @contextmanager
    def create_stream(self, path: PathLike, mode: str) -> Iterator[Any]:
        """An open file."""
        with Path(path).open(mode) as stream:
            yield stream

    def concat_path(self, path: PathLike, suffix: str) -> PathLike:
        """The path of a file in a folder."""
        return Path(path) / suffix

    def init_path(self, path: PathLike) -> PathLike:
        """A `pathlib.Path`."""
        return Path(path)

    def rename(self, path: PathLike, new_path: PathLike) -> None:
        """Give a file another name; whoever looks sees the old file of that name or this one."""
        Path(path).replace(new_path)

    def mkdir(self, path: PathLike) -> None:
        """Make a folder, and those above it, unless it is there."""
        Path(path).mkdir(parents=True, exist_ok=True)

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Is it a path, of which some folder above lets itself be written to?"""
        if isinstance(checkpoint_id, Path):
            return True
        if "://" in str(checkpoint_id):
            return False
        return any(each.exists() and os.access(each, os.W_OK) for each in Path(checkpoint_id).parents)

    def exists(self, path: PathLike) -> bool:
        """Is there something?"""
        return Path(path).exists()

    def rm_file(self, path: PathLike) -> None:
        """Remove a file."""
        Path(path).unlink()

    def ls(self, path: PathLike) -> list[str]:
        """The paths of what is in a folder."""
        return [str(each) for each in Path(path).iterdir()]

    def settle(self, path: PathLike) -> None:
        """Wait until the names in a folder are on the disk."""
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
