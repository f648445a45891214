"""Pipes that several others flow into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe

__all__ = ["ConcaterIterDataPipe", "MultiplexerIterDataPipe", "ZipperIterDataPipe"]


class _Combined(IterDataPipe[Any]):
    """Several pipes.

    Raises:
        TypeError: one is no pipe.
    """

    def __init__(self, *datapipes: IterDataPipe[Any]) -> None:
        if not all(isinstance(pipe, IterDataPipe) for pipe in datapipes):
            raise TypeError(f"All inputs are required to be `IterDataPipe` for {type(self).__name__}.")
        self.datapipes = datapipes

    def _lengths(self) -> list[int]:
        return [len(pipe) for pipe in self.datapipes]


@functional_datapipe("concat")
class ConcaterIterDataPipe(_Combined):
    """The samples of one pipe after those of the other."""

    def __iter__(self) -> Iterator[Any]:
        for pipe in self.datapipes:
            yield from pipe

    def __len__(self) -> int:
        return sum(self._lengths())


@functional_datapipe("zip")
class ZipperIterDataPipe(_Combined):
    """Tuples of a sample of each pipe, until one of them ends."""

    def __iter__(self) -> Iterator[Any]:
        return zip(*self.datapipes, strict=False)

    def __len__(self) -> int:
        return min(self._lengths())


@functional_datapipe("mux")
class MultiplexerIterDataPipe(_Combined):
    """A sample of each pipe in turn, until one of them ends: no pipe is ahead of another in the end."""

    def __iter__(self) -> Iterator[Any]:
        for samples in zip(*self.datapipes, strict=False):
            yield from samples

    def __len__(self) -> int:
        return min(self._lengths()) * len(self.datapipes)
