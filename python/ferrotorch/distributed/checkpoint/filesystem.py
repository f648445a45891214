"""Checkpoints as folders, under PyTorch's name of the module."""

from ferrotorch.distributed.checkpoint._files import FileSystemReader, FileSystemWriter

__all__ = ["FileSystemReader", "FileSystemWriter"]
