"""Pipes of files: their names, themselves, what is in them."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe

from .utils import IterableWrapperIterDataPipe

__all__ = ["FileListerIterDataPipe", "FileOpenerIterDataPipe", "StreamReaderIterDataPipe"]


class _OfLength(IterDataPipe[Any]):
    """A pipe that is said to have a length."""

    length: int

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length


@functional_datapipe("list_files")
class FileListerIterDataPipe(_OfLength):
    """Paths of files.

    Args:
        root: a folder, or several, in a list or a pipe. A file stands for itself.
        masks: patterns such as ``"*.txt"``, one of which a file's name has to have; all names by default.
        recursive: look into folders within, too.
        abspath: give absolute paths.
        non_deterministic: leave files in the order in which the system has them; by default they are sorted.
        length: what ``len`` answers.
    """

    def __init__(
        self, root: str | Sequence[str] | IterDataPipe[Any] = ".", masks: str | list[str] = "", *,
        recursive: bool = False, abspath: bool = False, non_deterministic: bool = False, length: int = -1,
    ) -> None:  # fmt: skip
        roots: Any = [root] if isinstance(root, str) else root
        self.datapipe = roots if isinstance(roots, IterDataPipe) else IterableWrapperIterDataPipe(roots)
        self.masks = masks
        self.recursive, self.abspath, self.non_deterministic = recursive, abspath, non_deterministic
        self.length = length

    def _is_wanted(self, name: str) -> bool:
        masks = [self.masks] if isinstance(self.masks, str) else self.masks
        return not self.masks or any(fnmatch.fnmatch(name, mask) for mask in masks)

    def __iter__(self) -> Iterator[str]:
        for root in self.datapipe:
            path = os.path.abspath(root) if self.abspath else root
            if os.path.isfile(root):
                if self._is_wanted(os.path.basename(root)):
                    yield path
                continue
            for folder, folders, files in os.walk(path, onerror=_raise):
                for file in files if self.non_deterministic else sorted(files):
                    if self._is_wanted(file):
                        yield os.path.join(folder, file)
                if not self.recursive:
                    break
                if not self.non_deterministic:
                    folders.sort()


def _raise(error: OSError) -> None:
    raise error


class StreamWrapper:
    """An open file that is closed when nobody has it any more; it has the methods of the file.

    ``parent_stream`` is accepted: a file keeps itself what it is read from.
    """

    def __init__(self, file_obj: Any, parent_stream: Any = None, name: str | None = None) -> None:
        self.file_obj = file_obj
        self.name = name
        self.closed = False

    @classmethod
    def close_streams(cls, v: Any, depth: int = 0) -> None:
        """Close those within lists, tuples and dictionaries."""
        if isinstance(v, StreamWrapper):
            v.close()
        elif depth <= 10 and isinstance(v, dict | list | tuple):
            for item in v.values() if isinstance(v, dict) else v:
                cls.close_streams(item, depth + 1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["file_obj"], name)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self.closed = True
            self.file_obj.close()

    autoclose = close

    def __iter__(self) -> Iterator[Any]:
        yield from self.file_obj

    def __next__(self) -> Any:
        return next(self.file_obj)

    def __repr__(self) -> str:
        return f"StreamWrapper<{'' if self.name is None else f'{self.name},'}{self.file_obj!r}>"

    def __getstate__(self) -> Any:
        return self.file_obj

    def __setstate__(self, state: Any) -> None:
        self.__init__(state)  # type: ignore[misc]

    def __del__(self) -> None:
        if "file_obj" in self.__dict__:
            self.close()


@functional_datapipe("open_files")
class FileOpenerIterDataPipe(_OfLength):
    """Tuples of a path and the open file.

    Args:
        datapipe: where paths come from.
        mode: ``"r"``, ``"rt"`` or ``"t"`` for text, ``"rb"`` or ``"b"`` for bytes.
        encoding: of text.
        length: what ``len`` answers.

    Raises:
        ValueError: another mode; an encoding for bytes.
        TypeError: a path that is no text, noticed on the way.
    """

    def __init__(self, datapipe: Iterable[str], mode: str = "r", encoding: str | None = None, length: int = -1) -> None:
        if mode not in ("b", "t", "rb", "rt", "r"):
            raise ValueError(f"Invalid mode {mode}")
        if "b" in mode and encoding is not None:
            raise ValueError("binary mode doesn't take an encoding argument")
        self.datapipe, self.mode, self.encoding, self.length = datapipe, mode, encoding, length

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        mode = self.mode if self.mode.startswith("r") else f"r{self.mode}"
        for path in [self.datapipe] if isinstance(self.datapipe, str) else self.datapipe:
            if not isinstance(path, str):
                raise TypeError(f"Expected string type for pathname, but got {type(path)}")
            yield path, StreamWrapper(open(path, mode, encoding=self.encoding))  # noqa: SIM115


@functional_datapipe("read_from_stream")
class StreamReaderIterDataPipe(IterDataPipe[Any]):
    """Tuples of a name and what is in an open file.

    Args:
        datapipe: where tuples of a name and an open file come from.
        chunk: how much to read at a time; all by default.
    """

    def __init__(self, datapipe: IterDataPipe[Any], chunk: int | None = None) -> None:
        self.datapipe = datapipe
        self.chunk = chunk

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name, stream in self.datapipe:
            while content := stream.read(self.chunk):
                yield name, content
            stream.close()
