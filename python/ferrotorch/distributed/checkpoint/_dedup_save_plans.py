"""One process for what several have."""

from __future__ import annotations

from dataclasses import replace

from ferrotorch.distributed.checkpoint.metadata import MetadataIndex
from ferrotorch.distributed.checkpoint.planner import SavePlan, WriteItem

__all__ = ["dedup_save_plans"]


def dedup_save_plans(all_plans: list[SavePlan], save_to_lowest_rank: bool = False) -> list[SavePlan]:
    """Plans in which each item is in one of those that had it.

    Args:
        all_plans: The plans of all processes.
        save_to_lowest_rank: It is the first one; by default the one that has least to write so far.
    """
    holders: dict[MetadataIndex, list[int]] = {}
    items: dict[MetadataIndex, WriteItem] = {}
    for rank, plan in enumerate(all_plans):
        for item in plan.items:
            ranks = holders.setdefault(item.index, [])
            if rank not in ranks[-1:]:
                ranks.append(rank)
            items[item.index] = item
    written = [0] * len(all_plans)
    writer: dict[MetadataIndex, int] = {}
    for index, ranks in holders.items():
        chosen = ranks[0] if save_to_lowest_rank else min(ranks, key=lambda rank: written[rank])
        writer[index] = chosen
        # How long other values are is not known.
        written[chosen] += items[index].tensor_storage_size() or 1
    return [
        replace(plan, items=[item for item in plan.items if writer[item.index] == rank])
        for rank, plan in enumerate(all_plans)
    ]
