"""Pipes of samples that come one after the other."""

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe

from .branching import DemultiplexerIterDataPipe as Demultiplexer
from .branching import ForkerIterDataPipe as Forker
from .callable import CollatorIterDataPipe as Collator
from .callable import MapperIterDataPipe as Mapper
from .combining import ConcaterIterDataPipe as Concater
from .combining import MultiplexerIterDataPipe as Multiplexer
from .combining import ZipperIterDataPipe as Zipper
from .files import FileListerIterDataPipe as FileLister
from .files import FileOpenerIterDataPipe as FileOpener
from .files import StreamReaderIterDataPipe as StreamReader
from .gathering import GrouperIterDataPipe as Grouper
from .gathering import SamplerIterDataPipe as Sampler
from .grouping import BatcherIterDataPipe as Batcher
from .grouping import ShardingFilterIterDataPipe as ShardingFilter
from .grouping import UnBatcherIterDataPipe as UnBatcher
from .selecting import FilterIterDataPipe as Filter
from .selecting import ShufflerIterDataPipe as Shuffler
from .utils import IterableWrapperIterDataPipe as IterableWrapper

__all__ = [
    "Batcher", "Collator", "Concater", "Demultiplexer", "FileLister", "FileOpener", "Filter", "Forker", "Grouper",
    "IterDataPipe", "IterableWrapper", "Mapper", "Multiplexer", "Sampler", "ShardingFilter", "Shuffler",
    "StreamReader", "UnBatcher", "Zipper",
]  # fmt: skip
