"""What changes the bytes of a checkpoint on their way to files and back: compression, encryption."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import IO, Any

__all__ = ["Extension", "ExtensionRegistry", "StreamTransformExtension"]


class Extension(ABC):
    """Something that a reader has to know of, by a text that the checkpoint keeps."""

    @staticmethod
    @abstractmethod
    def registry_name() -> str:
        """The name by which readers look for it."""

    @staticmethod
    @abstractmethod
    def from_descriptor(version: str) -> Extension:
        """What undoes this, given the part of the text behind the name."""

    @abstractmethod
    def get_descriptor(self) -> str:
        """The text: the name, and a version behind a slash if there are several."""


class StreamTransformExtension(Extension):
    """Changes a stream of bytes."""

    @abstractmethod
    def transform_to(self, output: IO[bytes]) -> IO[bytes]:
        """A file whose bytes go to ``output``, changed. Closing it closes that."""

    @abstractmethod
    def transform_from(self, input: IO[bytes]) -> IO[bytes]:
        """A file with what was written, given one with what came of it."""


class ExtensionRegistry:
    """The extensions that a reader knows."""

    def __init__(self) -> None:
        self.extensions: dict[str, type[Extension]] = {}

    def register(self, cls: type[Extension]) -> None:
        """Make an extension known."""
        self.extensions[cls.registry_name()] = cls

    def from_descriptor_list(self, descriptors: Sequence[str]) -> Sequence[Extension]:
        """The extensions of texts.

        Raises:
            ValueError: one that is not known.
        """
        return [self._of(descriptor) for descriptor in descriptors]

    def _of(self, descriptor: str) -> Extension:
        name, _, version = descriptor.partition("/")
        if name not in self.extensions:
            raise ValueError(f"Unknown extension {descriptor!r}: register it in the reader's ExtensionRegistry")
        return self.extensions[name].from_descriptor(version)


class _KeepsOpen:
    """A file that is written to by what will close it, and stays open."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Write to the file."""
        return int(self._file.write(data))

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()

    def close(self) -> None:
        """Flush the file."""
        self._file.flush()


def changed_output(extensions: Sequence[StreamTransformExtension], file: Any) -> tuple[Any, list[str] | None]:
    """A file that goes through extensions to another, and the texts by which readers find them."""
    stream: Any = _KeepsOpen(file)
    for each in extensions:
        stream = each.transform_to(stream)
    return stream, [each.get_descriptor() for each in reversed(extensions)] or None


def changed_input(registry: ExtensionRegistry, descriptors: Sequence[str] | None, file: Any) -> Any:
    """A file with what was written, given one with what extensions made of it."""
    for each in registry.from_descriptor_list(descriptors or ()):
        assert isinstance(each, StreamTransformExtension)
        file = each.transform_from(file)
    return file
