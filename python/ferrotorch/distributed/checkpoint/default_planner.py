"""How states are saved and loaded: what programs may choose of it.

PyTorch's planners decide item by item which process writes what. Here that is decided in one place, so that planners
are their options, and classes that are derived to decide otherwise are refused.
"""

from __future__ import annotations

from typing import Any

__all__ = ["DefaultLoadPlanner", "DefaultSavePlanner", "LoadPlanner", "SavePlanner", "load_planner", "save_planner"]


class SavePlanner:
    """What chooses how states are saved: :class:`DefaultSavePlanner`."""


class LoadPlanner:
    """What chooses how states are loaded: :class:`DefaultLoadPlanner`."""


class DefaultSavePlanner(SavePlanner):
    """The options of saving.

    Args:
        flatten_state_dict: True: each leaf of nested dicts and lists is an entry.
        flatten_sharded_tensors: True: pieces of tensors are entries.
        dedup_replicated_tensors: Accepted: each tensor is written once.
        dedup_save_to_lowest_rank: Of processes that have the same tensor the first writes it, rather than that with
            least to write.
        enable_plan_caching: Accepted: plans are made anew, which changes no file.

    Raises:
        ValueError: states are to be saved without their leaves being entries.
    """

    def __init__(
        self,
        flatten_state_dict: bool = True,
        flatten_sharded_tensors: bool = True,
        dedup_replicated_tensors: bool | None = None,
        dedup_save_to_lowest_rank: bool = False,
        enable_plan_caching: bool = False,
    ) -> None:
        _require_flat(self, flatten_state_dict, flatten_sharded_tensors)
        self.flatten_state_dict, self.flatten_sharded_tensors = flatten_state_dict, flatten_sharded_tensors
        self.dedup_save_to_lowest_rank = dedup_save_to_lowest_rank


class DefaultLoadPlanner(LoadPlanner):
    """The options of loading.

    Args:
        flatten_state_dict: True: each leaf of nested dicts and lists is an entry.
        flatten_sharded_tensors: True: pieces of tensors are entries.
        allow_partial_load: What the checkpoint does not have stays as it is.

    Raises:
        ValueError: states are to be loaded without their leaves being entries.
    """

    def __init__(
        self, flatten_state_dict: bool = True, flatten_sharded_tensors: bool = True, allow_partial_load: bool = False
    ) -> None:
        _require_flat(self, flatten_state_dict, flatten_sharded_tensors)
        self.flatten_state_dict, self.flatten_sharded_tensors = flatten_state_dict, flatten_sharded_tensors
        self.allow_partial_load = allow_partial_load


def _require_flat(planner: Any, *flat: bool) -> None:
    if not all(flat):
        raise ValueError(f"{type(planner).__name__}: entries of a checkpoint are leaves: leave flatten_*=True")


def save_planner(planner: Any) -> DefaultSavePlanner:
    """The options of a call that saves.

    Raises:
        TypeError: a planner of another class.
    """
    if planner is not None and type(planner) is not DefaultSavePlanner:
        raise TypeError(f"save: planner must be a DefaultSavePlanner, got {type(planner).__name__}")
    return planner or DefaultSavePlanner()


def load_planner(planner: Any) -> DefaultLoadPlanner:
    """The options of a call that loads.

    Raises:
        TypeError: a planner of another class.
    """
    if planner is not None and type(planner) is not DefaultLoadPlanner:
        raise TypeError(f"load: planner must be a DefaultLoadPlanner, got {type(planner).__name__}")
    return planner or DefaultLoadPlanner()
