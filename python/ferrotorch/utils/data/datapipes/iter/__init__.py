"""Pipes of samples that come one after the other."""

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe

from .callable import CollatorIterDataPipe as Collator
from .callable import MapperIterDataPipe as Mapper
from .combining import ConcaterIterDataPipe as Concater
from .combining import MultiplexerIterDataPipe as Multiplexer
from .combining import ZipperIterDataPipe as Zipper
from .grouping import BatcherIterDataPipe as Batcher
from .grouping import ShardingFilterIterDataPipe as ShardingFilter
from .grouping import UnBatcherIterDataPipe as UnBatcher
from .selecting import FilterIterDataPipe as Filter
from .selecting import ShufflerIterDataPipe as Shuffler
from .utils import IterableWrapperIterDataPipe as IterableWrapper

__all__ = [
    "Batcher", "Collator", "Concater", "Filter", "IterDataPipe", "IterableWrapper", "Mapper", "Multiplexer",
    "ShardingFilter", "Shuffler", "UnBatcher", "Zipper",
]  # fmt: skip
