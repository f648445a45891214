"""Checkpoints at URLs that the package fsspec knows: object stores, archives, memory."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ferrotorch.distributed.checkpoint._file_systems import FileSystemBase, PathLike
from ferrotorch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter

__all__ = ["FsspecReader", "FsspecWriter"]


class _FileSystem(FileSystemBase):
    """What fsspec has at a URL.

    Raises:
        ModuleNotFoundError: fsspec is not installed, when a URL is to be opened.
    """

    def __init__(self) -> None:
        self.fs: Any = None

    @contextmanager
    def create_stream(self, path: PathLike, mode: str) -> Iterator[Any]:
        """An open file; one that is being written is removed if the block fails."""
        with self.fs.open(os.fspath(path), mode) as stream:
            try:
                yield stream
            except BaseException:
                if any(letter in mode for letter in "wa+"):
                    with suppress(Exception):
                        self.rm_file(path)
                raise

    def concat_path(self, path: PathLike, suffix: str) -> PathLike:
        """The URL of a file in a folder."""
        return os.path.join(path, suffix)

    def init_path(self, path: PathLike, **kwargs: Any) -> PathLike:
        """The URL, of which from now on everything is."""
        from fsspec.core import url_to_fs

        self.fs, _ = url_to_fs(path, **kwargs)
        return path

    def rename(self, path: PathLike, new_path: PathLike) -> None:
        """Give a file another name."""
        self.fs.rename(path, new_path)

    def mkdir(self, path: PathLike) -> None:
        """Make a folder, unless it is there."""
        self.fs.makedirs(path, exist_ok=True)

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Is it a URL that fsspec knows?"""
        if isinstance(checkpoint_id, Path) or importlib.util.find_spec("fsspec") is None:
            return False
        from fsspec.core import url_to_fs

        try:
            url_to_fs(checkpoint_id)
        except (ValueError, ImportError):
            return False
        return True

    def exists(self, path: PathLike) -> bool:
        """Is there something?"""
        return bool(self.fs.exists(path))

    def rm_file(self, path: PathLike) -> None:
        """Remove a file."""
        self.fs.rm(path)

    def ls(self, path: PathLike) -> list[str]:
        """The paths of what is in a folder."""
        return list(self.fs.ls(path, detail=False))


class FsspecWriter(FileSystemWriter):
    """Writes checkpoints to a URL; see :class:`FileSystemWriter`. What is whole when depends on what is there.

    Args:
        path: The URL.
        args: As for :class:`FileSystemWriter`.
        kwargs: As for it, and what the file system takes.
    """

    def __init__(
        self,
        path: PathLike,
        single_file_per_rank: bool = True,
        sync_files: bool = True,
        thread_count: int = 1,
        per_thread_copy_ahead: int = 10_000_000,
        cache_staged_state_dict: bool = False,
        overwrite: bool = True,
        _extensions: Any = None,
        serialization_format: Any = None,
        **kwargs: Any,
    ) -> None:
        chosen = {} if serialization_format is None else {"serialization_format": serialization_format}
        super().__init__(
            path,
            single_file_per_rank,
            sync_files,
            thread_count,
            per_thread_copy_ahead,
            cache_staged_state_dict,
            overwrite,
            _extensions,
            **chosen,
        )
        self.fs = _FileSystem()
        self.path = self.fs.init_path(path, **kwargs)

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Is it a URL that fsspec knows?"""
        return _FileSystem.validate_checkpoint_id(checkpoint_id)


class FsspecReader(FileSystemReader):
    """Reads a checkpoint from a URL; see :class:`FileSystemReader`.

    Args:
        path: The URL.
        kwargs: What the file system takes.
    """

    def __init__(self, path: PathLike, **kwargs: Any) -> None:
        super().__init__(path)
        self.fs = _FileSystem()
        self.path = self.fs.init_path(path, **kwargs)

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Is it a URL that fsspec knows?"""
        return _FileSystem.validate_checkpoint_id(checkpoint_id)
