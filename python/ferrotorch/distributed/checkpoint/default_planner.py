"""Planners that programs use and derive their own from, and the plans that they make."""

from ferrotorch.distributed.checkpoint._load_planner import DefaultLoadPlanner, _EmptyStateDictLoadPlanner
from ferrotorch.distributed.checkpoint._plans import (
    _create_default_local_metadata,
    create_default_global_load_plan,
    create_default_global_save_plan,
    create_default_local_load_plan,
    create_default_local_save_plan,
)
from ferrotorch.distributed.checkpoint._save_planner import DefaultSavePlanner

__all__ = [
    "DefaultLoadPlanner",
    "DefaultSavePlanner",
    "_EmptyStateDictLoadPlanner",
    "_create_default_local_metadata",
    "create_default_global_load_plan",
    "create_default_global_save_plan",
    "create_default_local_load_plan",
    "create_default_local_save_plan",
]
