"""Checkpoints that the processes of a job write and read together, in PyTorch's format.

Each tensor is written by one process, in shares of about equal size, and each piece of a tensor over processes by who
has it; any number of processes may read them again. A checkpoint is replaced as a whole: whatever happens while one is
written, the old one stays as it is.
"""

from ferrotorch.distributed.checkpoint.api import CheckpointException
from ferrotorch.distributed.checkpoint.default_planner import DefaultLoadPlanner, DefaultSavePlanner
from ferrotorch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from ferrotorch.distributed.checkpoint.fsspec_filesystem import FsspecReader, FsspecWriter
from ferrotorch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter
from ferrotorch.distributed.checkpoint.metadata import (
    BytesStorageMetadata,
    ChunkStorageMetadata,
    Metadata,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.optimizer import load_sharded_optimizer_state_dict
from ferrotorch.distributed.checkpoint.planner import (
    LoadPlan,
    LoadPlanner,
    ReadItem,
    SavePlan,
    SavePlanner,
    WriteItem,
)
from ferrotorch.distributed.checkpoint.protocol import CheckpointableTensor
from ferrotorch.distributed.checkpoint.quantized_hf_storage import QuantizedHuggingFaceStorageReader
from ferrotorch.distributed.checkpoint.state_dict_loader import load, load_state_dict
from ferrotorch.distributed.checkpoint.state_dict_saver import async_save, save, save_state_dict
from ferrotorch.distributed.checkpoint.storage import StorageReader, StorageWriter

__all__ = [
    "BytesStorageMetadata",
    "CheckpointException",
    "CheckpointableTensor",
    "ChunkStorageMetadata",
    "DefaultLoadPlanner",
    "DefaultSavePlanner",
    "FileSystemReader",
    "FileSystemWriter",
    "FsspecReader",
    "FsspecWriter",
    "HuggingFaceStorageReader",
    "HuggingFaceStorageWriter",
    "LoadPlan",
    "LoadPlanner",
    "Metadata",
    "QuantizedHuggingFaceStorageReader",
    "ReadItem",
    "SavePlan",
    "SavePlanner",
    "StorageReader",
    "StorageWriter",
    "TensorStorageMetadata",
    "WriteItem",
    "async_save",
    "load",
    "load_sharded_optimizer_state_dict",
    "load_state_dict",
    "save",
    "save_state_dict",
]
