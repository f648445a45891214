"""Pipes that put samples together, take them apart, or share them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import DataChunk, IterDataPipe, functional_datapipe

__all__ = ["BatcherIterDataPipe", "ShardingFilterIterDataPipe", "UnBatcherIterDataPipe"]


@functional_datapipe("batch")
class BatcherIterDataPipe(IterDataPipe[Any]):
    """Lists of samples.

    Args:
        datapipe: where samples come from.
        batch_size: samples in a list.
        drop_last: leave out a last list that is shorter.
        wrapper_class: the class of the lists.

    Raises:
        AssertionError: lists of no samples.
    """

    def __init__(
        self, datapipe: IterDataPipe[Any], batch_size: int, drop_last: bool = False,
        wrapper_class: type[Any] = DataChunk,
    ) -> None:  # fmt: skip
        if batch_size <= 0:
            raise AssertionError("Batch size is required to be larger than 0!")
        self.datapipe = datapipe
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.wrapper_class = wrapper_class

    def __iter__(self) -> Iterator[Any]:
        batch = []
        for sample in self.datapipe:
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield self.wrapper_class(batch)
                batch = []
        if batch and not self.drop_last:
            yield self.wrapper_class(batch)

    def __len__(self) -> int:
        length: int = len(self.datapipe)
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


@functional_datapipe("unbatch")
class UnBatcherIterDataPipe(IterDataPipe[Any]):
    """The samples of lists.

    Args:
        datapipe: where lists come from.
        unbatch_level: how many levels of lists are taken apart; -1 for all.

    Raises:
        ValueError: a level below -1.
        IndexError: there are fewer levels, noticed on the way.
    """

    def __init__(self, datapipe: IterDataPipe[Any], unbatch_level: int = 1) -> None:
        if unbatch_level < -1:
            raise ValueError("unbatch_level must be -1 or >= 0")
        self.datapipe = datapipe
        self.unbatch_level = unbatch_level

    def __iter__(self) -> Iterator[Any]:
        for sample in self.datapipe:
            yield from self._samples(sample, self.unbatch_level)

    def _samples(self, sample: Any, level: int) -> Iterator[Any]:
        if level == 0 or (level == -1 and not isinstance(sample, list)):
            yield sample
            return
        if not isinstance(sample, list):
            raise IndexError(f"unbatch_level {self.unbatch_level} exceeds the depth of the DataPipe")
        for part in sample:
            yield from self._samples(part, level if level == -1 else level - 1)


@functional_datapipe("sharding_filter")
class ShardingFilterIterDataPipe(IterDataPipe[Any]):
    """A part of the samples: every ``num_of_instances``-th, from ``instance_id`` on; all until a loader says which."""

    def __init__(self, source_datapipe: IterDataPipe[Any]) -> None:
        self.source_datapipe = source_datapipe
        self.num_of_instances, self.instance_id = 1, 0

    def apply_sharding(self, num_of_instances: int, instance_id: int) -> None:
        """Say which part.

        Raises:
            ValueError: there is no such part.
        """
        if instance_id >= num_of_instances:
            raise ValueError(f"instance_id({instance_id}) should be smaller than num_of_instances({num_of_instances})")
        self.num_of_instances, self.instance_id = num_of_instances, instance_id

    def is_shardable(self) -> bool:
        """True: it can be shared out."""
        return True

    def __iter__(self) -> Iterator[Any]:
        for number, sample in enumerate(self.source_datapipe):
            if number % self.num_of_instances == self.instance_id:
                yield sample

    def __len__(self) -> int:
        length: int = len(self.source_datapipe)
        return length // self.num_of_instances + (self.instance_id < length % self.num_of_instances)
