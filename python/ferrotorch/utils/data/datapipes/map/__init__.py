"""Pipes of samples that are reached by key."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import MapDataPipe, functional_datapipe

from .combining import BatcherMapDataPipe as Batcher
from .combining import ConcaterMapDataPipe as Concater
from .combining import ShufflerIterDataPipe as Shuffler
from .combining import ZipperMapDataPipe as Zipper

__all__ = ["Batcher", "Concater", "MapDataPipe", "Mapper", "SequenceWrapper", "Shuffler", "Zipper"]


class SequenceWrapperMapDataPipe(MapDataPipe[Any]):
    """The samples of a sequence or a dictionary.

    Args:
        sequence: where they come from.
        deepcopy: take a copy, so that later steps may change samples.
    """

    def __init__(self, sequence: Sequence[Any] | Mapping[Any, Any], deepcopy: bool = True) -> None:
        self.sequence = copy.deepcopy(sequence) if deepcopy else sequence

    def __getitem__(self, index: Any) -> Any:
        return self.sequence[index]

    def __len__(self) -> int:
        return len(self.sequence)


def default_fn(data: Any) -> Any:
    """The sample itself."""
    return data


@functional_datapipe("map")
class MapperMapDataPipe(MapDataPipe[Any]):
    """What a function makes of each sample.

    Args:
        datapipe: where samples come from.
        fn: the function; by default the sample stays as it is.
    """

    def __init__(self, datapipe: MapDataPipe[Any], fn: Callable[[Any], Any] = default_fn) -> None:
        self.datapipe = datapipe
        self.fn = fn

    def __getitem__(self, index: Any) -> Any:
        return self.fn(self.datapipe[index])

    def __len__(self) -> int:
        return len(self.datapipe)


SequenceWrapper = SequenceWrapperMapDataPipe
Mapper = MapperMapDataPipe
