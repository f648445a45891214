"""Pipes by key that are made of several, of several samples, or of another order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import DataChunk, IterDataPipe, MapDataPipe, functional_datapipe
from ferrotorch.utils.data.sampler import draw_seed

__all__ = ["BatcherMapDataPipe", "ConcaterMapDataPipe", "ShufflerIterDataPipe", "ZipperMapDataPipe"]


@functional_datapipe("batch")
class BatcherMapDataPipe(MapDataPipe[Any]):
    """Lists of samples.

    Args:
        datapipe: where samples come from.
        batch_size: samples in a list.
        drop_last: leave out a last list that is shorter.
        wrapper_class: the class of the lists.

    Raises:
        AssertionError: lists of no samples.
        IndexError: there is no such list, when it is asked for.
    """

    def __init__(
        self, datapipe: MapDataPipe[Any], batch_size: int, drop_last: bool = False,
        wrapper_class: type[Any] = DataChunk,
    ) -> None:  # fmt: skip
        if batch_size <= 0:
            raise AssertionError("Batch size is required to be larger than 0!")
        self.datapipe = datapipe
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.wrapper_class = wrapper_class

    def __getitem__(self, index: Any) -> Any:
        batch: list[Any] = []
        try:
            batch.extend(self.datapipe[index * self.batch_size + place] for place in range(self.batch_size))
        except IndexError as error:
            if self.drop_last or not batch:
                raise IndexError(f"Index {index} is out of bound.") from error
        return self.wrapper_class(batch)

    def __len__(self) -> int:
        length: int = len(self.datapipe)
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


class _Combined(MapDataPipe[Any]):
    """Several pipes.

    Raises:
        ValueError: none.
        TypeError: one is no pipe.
    """

    def __init__(self, *datapipes: MapDataPipe[Any]) -> None:
        if not datapipes:
            raise ValueError("Expected at least one DataPipe, but got nothing")
        if not all(isinstance(pipe, MapDataPipe) for pipe in datapipes):
            raise TypeError("Expected all inputs to be `MapDataPipe`")
        self.datapipes = datapipes


@functional_datapipe("concat")
class ConcaterMapDataPipe(_Combined):
    """The samples of one pipe after those of the other, by their places from 0 on."""

    def __getitem__(self, index: Any) -> Any:
        rest = index
        for pipe in self.datapipes:
            if rest < len(pipe):
                return pipe[rest]
            rest -= len(pipe)
        raise IndexError(f"Index {index} is out of range.")

    def __len__(self) -> int:
        return sum(len(pipe) for pipe in self.datapipes)


@functional_datapipe("zip")
class ZipperMapDataPipe(_Combined):
    """Tuples of a sample of each pipe."""

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        samples = []
        for pipe in self.datapipes:
            try:
                samples.append(pipe[index])
            except IndexError as error:
                raise IndexError(f"Index {index} is out of range for one of the input MapDataPipes {pipe}.") from error
        return tuple(samples)

    def __len__(self) -> int:
        return min(len(pipe) for pipe in self.datapipes)


class ShufflerIterDataPipe(IterDataPipe[Any]):
    """The samples of a pipe by key, one after the other, in another order.

    The order follows from :meth:`set_seed`, or from a seed that is drawn at each pass from the generator of this
    library.

    Args:
        datapipe: where samples come from.
        indices: the keys; those from 0 on by default.
    """

    def __init__(self, datapipe: MapDataPipe[Any], *, indices: list[Any] | None = None) -> None:
        self.datapipe = datapipe
        self.indices = list(range(len(datapipe))) if indices is None else indices
        self._enabled = True
        self._seed: int | None = None

    def set_shuffle(self, shuffle: bool = True) -> ShufflerIterDataPipe:
        """Say whether the order changes at all."""
        self._enabled = shuffle
        return self

    def set_seed(self, seed: int) -> ShufflerIterDataPipe:
        """Say what the order of the next pass follows from."""
        self._seed = seed
        return self

    def __iter__(self) -> Iterator[Any]:
        keys = self.indices
        if self._enabled:
            rng = random.Random(draw_seed() if self._seed is None else self._seed)
            keys = rng.sample(keys, len(keys))[::-1]
        self._seed = None
        return (self.datapipe[key] for key in keys)

    def __len__(self) -> int:
        return len(self.datapipe)


MapDataPipe.register_datapipe_as_function("shuffle", ShufflerIterDataPipe)
