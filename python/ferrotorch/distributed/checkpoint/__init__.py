"""Checkpoints that the processes of a job write and read together.

Each tensor is written by one process, in shares of about equal size; any number of processes may read them again. A
checkpoint is replaced as a whole: whatever happens while one is written, the old one stays as it is.
"""

from ferrotorch.distributed.checkpoint._files import CheckpointException, FileSystemReader, FileSystemWriter
from ferrotorch.distributed.checkpoint._saving import async_save, load, load_state_dict, save, save_state_dict
from ferrotorch.distributed.checkpoint.default_planner import (
    DefaultLoadPlanner,
    DefaultSavePlanner,
    LoadPlanner,
    SavePlanner,
)

__all__ = [
    "CheckpointException",
    "DefaultLoadPlanner",
    "DefaultSavePlanner",
    "FileSystemReader",
    "FileSystemWriter",
    "LoadPlanner",
    "SavePlanner",
    "async_save",
    "load",
    "load_state_dict",
    "save",
    "save_state_dict",
]
