"""Files of safetensors in a folder, and pieces of tensors in them."""

from __future__ import annotations

import json
import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ferrotorch as torch
from ferrotorch.utils.safetensors import entry_of, parsed, save_file

__all__ = ["CUSTOM_METADATA_KEY", "Archive", "file_name", "merged"]

CUSTOM_METADATA_KEY = "DCP_SHARDING_INFO"


def file_name(number: int, count: int, shard: int | None = None) -> str:
    """The name of a file: its number, how many there are, and whose it is if each process has its own."""
    name = f"model-{number:05}-of-{count:05}.safetensors"
    return name if shard is None else f"shard-{shard:05}-{name}"


class Archive:
    """A file of safetensors, mapped into memory within a ``with`` block.

    Args:
        path: The file.

    Raises:
        RuntimeError: it is damaged.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise RuntimeError(f"safetensors: {path} is empty")
            self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        header, self._data = parsed(memoryview(self._mapping), path)
        # Texts that were saved beside the tensors.
        self.about: dict[str, str] = header.pop("__metadata__", None) or {}
        self._header = header
        # By names of tensors, dtype and shape.
        self.entries = {name: entry_of(name, entry) for name, entry in header.items()}

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor over the memory of the file."""
        from ferrotorch.utils.safetensors import tensor_of

        return tensor_of(name, self._header[name], self._data)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """The mapping ends with the last tensor over it."""
        del self._data, self._mapping


def merged(source: str, target: str, numbers: dict[str, int], threads: int = 1) -> None:
    """Put the pieces in the files of one folder together, as whole tensors in files of another, with a list of them.

    Args:
        source: The folder with the pieces.
        target: The other one.
        numbers: By names of tensors, the number of the file, from 1.
        threads: So many files are written at once.
    """
    from ferrotorch.distributed.checkpoint.hf_storage import _INDEX, HuggingFaceStorageReader
    from ferrotorch.distributed.checkpoint.state_dict_loader import _load_state_dict

    reader = HuggingFaceStorageReader(source)
    entries = reader.read_metadata().state_dict_metadata
    count = max(numbers.values())

    def write(number: int) -> int:
        names = [name for name in entries if numbers[name] == number]
        state: dict[str, Any] = {
            name: torch.empty(entries[name].size, dtype=entries[name].properties.dtype)  # type: ignore[union-attr]
            for name in names
        }
        _load_state_dict(state, HuggingFaceStorageReader(source), no_dist=True)
        save_file(state, os.path.join(target, file_name(number, count)), {"format": "pt"})
        return sum(tensor.nbytes for tensor in state.values())

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        total = sum(pool.map(write, sorted({numbers[name] for name in entries})))
    index = {
        "metadata": {"total_size": total},
        "weight_map": {name: file_name(numbers[name], count) for name in entries},
    }
    with open(os.path.join(target, _INDEX), "w") as file:
        json.dump(index, file, indent=2)
