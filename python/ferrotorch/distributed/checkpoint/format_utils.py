"""From checkpoints of several processes to files of `torch.save`, and back; one process does it."""

from __future__ import annotations

import json
import os
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._files import FileSystemReader
from ferrotorch.distributed.checkpoint._saving import save

__all__ = ["dcp_to_torch_save", "torch_save_to_dcp"]

Path = str | os.PathLike[str]


def dcp_to_torch_save(dcp_checkpoint_dir: Path, torch_save_path: Path) -> None:
    """Write the state in a checkpoint, with whole tensors, by `torch.save`.

    Raises:
        CheckpointException: there is no checkpoint.
    """
    reader = FileSystemReader(dcp_checkpoint_dir)
    state: dict[Any, Any] = {}
    for name in reader.names():
        place: Any = state
        path = json.loads(name)
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = reader.read(name)
    torch.save(_with_lists(state), torch_save_path)


def _with_lists(tree: Any) -> Any:
    """Dicts whose keys count from 0 were lists."""
    if not isinstance(tree, dict):
        return tree
    below = {key: _with_lists(value) for key, value in tree.items()}
    return list(below.values()) if below and list(below) == list(range(len(below))) else below


def torch_save_to_dcp(torch_save_path: Path, dcp_checkpoint_dir: Path) -> None:
    """Write the state in a file of `torch.save` as a checkpoint."""
    state = torch.load(torch_save_path, map_location="cpu", weights_only=False)
    save(state, checkpoint_id=dcp_checkpoint_dir, no_dist=True)
