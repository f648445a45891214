"""The planner of saving that is used where a call names none."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._dedup_save_plans import dedup_save_plans
from ferrotorch.distributed.checkpoint._nested_dict import FLATTEN_MAPPING, flatten_state_dict
from ferrotorch.distributed.checkpoint._plans import (
    create_default_global_save_plan,
    create_default_local_save_plan,
    problems,
)
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, Metadata, MetadataIndex, StorageMeta
from ferrotorch.distributed.checkpoint.planner import SavePlan, SavePlanner, WriteItem, WriteItemType
from ferrotorch.distributed.checkpoint.planner_helpers import _compare_save_plans, _merge_delta_local_plans
from ferrotorch.distributed.checkpoint.utils import find_state_dict_object

__all__ = ["DefaultSavePlanner"]

_LONGEST_SUMMARY = 500


class DefaultSavePlanner(SavePlanner):
    """Writes each leaf of a state once: pieces of tensors by who has them, other things by who has least to write.

    Args:
        flatten_state_dict: Leaves of nested dicts and lists are entries of the checkpoint. False: those of the
            outermost dict are.
        flatten_sharded_tensors: Accepted: no tensor here has pieces that are tensors over processes themselves.
        dedup_replicated_tensors: Accepted: what several processes have is written once.
        dedup_save_to_lowest_rank: The first of them writes it.
        enable_plan_caching: Plans are kept in the process: those that are as they were last time are not sent again.
    """

    mappings: FLATTEN_MAPPING

    def __init__(
        self,
        flatten_state_dict: bool = True,
        flatten_sharded_tensors: bool = True,
        dedup_replicated_tensors: bool | None = None,
        dedup_save_to_lowest_rank: bool = False,
        enable_plan_caching: bool = False,
    ) -> None:
        self.flatten_state_dict = flatten_state_dict
        self.flatten_sharded_tensors = flatten_sharded_tensors
        self.dedup_save_to_lowest_rank = dedup_save_to_lowest_rank
        self.mappings = {}
        self._cached_plans_key = type(self).__name__
        self._enable_plan_caching = enable_plan_caching
        self._pending: SavePlan | None = None

    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, storage_meta: StorageMeta | None = None, is_coordinator: bool = False
    ) -> None:
        """Keep the state, by names."""
        if self.flatten_state_dict:
            state_dict, self.mappings = flatten_state_dict(state_dict)
        self.state_dict = state_dict
        self.is_coordinator = is_coordinator

    def create_local_plan(self) -> SavePlan:
        """Everything that this process has, and the places where it was."""
        plan = create_default_local_save_plan(self.state_dict, self.is_coordinator)
        if self.flatten_state_dict:
            plan = dataclasses.replace(plan, planner_data=self.mappings)
        self.plan = plan
        if not self._enable_plan_caching:
            return plan
        known = SavePlanner._cached_save_plan.get(self._cached_plans_key)
        if known is not None and _compare_save_plans(plan, known):
            return SavePlan([], usable=False)
        # It is known only when the whole checkpoint has been planned: see `finish_plan`.
        self._pending = plan
        return plan

    def create_global_plan(self, all_plans: list[SavePlan]) -> tuple[list[SavePlan], Metadata]:
        """Plans in which everything is written once.

        Raises:
            ValueError: pieces of a tensor do not make the whole.
        """
        if self._enable_plan_caching:
            plans, self.global_plan, self.metadata = self._by_last_time(all_plans)
        else:
            self.global_plan, self.metadata = self._create_global_plan(all_plans)
            plans = self.global_plan
        return plans, self.metadata

    def _create_global_plan(self, all_plans: list[SavePlan]) -> tuple[list[SavePlan], Metadata]:
        plans, metadata = create_default_global_save_plan(self._dedup_save_plans(all_plans))
        if self.flatten_state_dict:
            places: FLATTEN_MAPPING = {}
            for plan in reversed(plans):
                places |= plan.planner_data
            metadata = dataclasses.replace(metadata, planner_data=places)
        found = "; ".join(problems(plans, metadata))
        if found:
            shown = found if len(found) <= _LONGEST_SUMMARY else found[:_LONGEST_SUMMARY] + "... (truncated)"
            raise ValueError(f"Failed to validate global plan: {shown}")
        return plans, metadata

    def _dedup_save_plans(self, all_plans: list[SavePlan]) -> list[SavePlan]:
        return dedup_save_plans(all_plans, self.dedup_save_to_lowest_rank)

    def _by_last_time(self, all_plans: list[SavePlan]) -> tuple[list[SavePlan], list[SavePlan], Metadata]:
        """Plans to send, with an empty one for each that is as it was; all plans; what is in the checkpoint."""
        key, unchanged = self._cached_plans_key, SavePlan([], usable=False)
        known = SavePlanner._cached_global_plan.get(key)
        if known is not None and not any(plan.usable for plan in all_plans):
            return [unchanged] * len(all_plans), known, SavePlanner._cached_metadata[key]
        if known is not None:
            all_plans = _merge_delta_local_plans(SavePlanner._cached_all_plans[key], all_plans)
        plans, metadata = self._create_global_plan(all_plans)
        SavePlanner._cached_all_plans[key] = all_plans
        SavePlanner._cached_global_plan[key] = plans
        SavePlanner._cached_metadata[key] = metadata
        if known is None:
            return plans, plans, metadata
        sent = [unchanged if _compare_save_plans(old, new) else new for old, new in zip(known, plans, strict=True)]
        return sent, plans, metadata

    def finish_plan(self, new_plan: SavePlan) -> SavePlan:
        """What was decided; where that is what it was last time, the plan of then."""
        if self._enable_plan_caching:
            key = self._cached_plans_key
            if new_plan.usable:
                SavePlanner._cached_final_save_plan[key] = new_plan
            else:
                new_plan = SavePlanner._cached_final_save_plan[key]
            if self._pending is not None:
                SavePlanner._cached_save_plan[key] = self._pending
                self._pending = None
        self.plan = new_plan
        return new_plan

    def resolve_data(self, write_item: WriteItem) -> torch.Tensor | io.BytesIO:
        """The tensor, or the bytes of another value."""
        found: torch.Tensor | io.BytesIO = self.transform_object(write_item, self.lookup_object(write_item.index))
        return found

    def lookup_object(self, index: MetadataIndex) -> Any:
        """What is in the state under a name; for derived classes to change."""
        return find_state_dict_object(self.state_dict, index)

    def transform_object(self, write_item: WriteItem, object: Any) -> Any:
        """What is written of it: of no tensors a file of `torch.save`. For derived classes to change."""
        if write_item.type is not WriteItemType.BYTE_IO:
            return object
        stream = io.BytesIO()
        torch.save(object, stream)
        return stream
