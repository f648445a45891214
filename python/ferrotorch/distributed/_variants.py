"""Collective operations in further forms: one tensor for what comes from all, several operations in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch.distributed._collectives import (
    _list_at_root,
    all_gather,
    all_gather_into_tensor,
    gather,
    reduce_scatter_tensor,
    root_of,
)
from ferrotorch.distributed._groups import member
from ferrotorch.distributed._work import Work
from ferrotorch.futures import Future

__all__ = ["all_gather_coalesced", "all_gather_single", "gather_into_tensor", "gather_single", "reduce_scatter_single"]

Tensor = _C.Tensor

all_gather_single = all_gather_into_tensor
reduce_scatter_single = reduce_scatter_tensor


def gather_single(
    tensor: Tensor,
    gather_tensor: Tensor | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Give the process ``dst`` the tensors of all, one after the other in ``gather_tensor``.

    Args:
        tensor: This process's, of the same size everywhere.
        gather_tensor: At ``dst`` a contiguous tensor of as many elements as all have together, elsewhere None.
        dst: The number of the process in the job; by default 0.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        group_dst: Instead of ``dst``: its number in the group.

    Raises:
        ValueError: a tensor of another size, or none, at ``dst``; one elsewhere.
    """
    found = member("gather_single", group)
    if found is None:
        return None
    root = 0 if dst is None and group_dst is None else root_of("gather_single", found, dst, group_dst)
    places = None
    if gather_tensor is not None:
        if gather_tensor.numel() != found.size() * tensor.numel() or not gather_tensor.is_contiguous():
            raise ValueError(
                f"gather_single: gather_tensor of shape {list(gather_tensor.shape)} is not a contiguous tensor for "
                f"{found.size()} of shape {list(tensor.shape)}"
            )
        rows = gather_tensor.detach().view(found.size(), tensor.numel())
        places = [row.view(tensor.shape) for row in rows]
    _list_at_root("gather_single", found, root, places, "gather_tensor", "destination")
    return gather(tensor, places, group=found, async_op=async_op, group_dst=root)


gather_into_tensor = gather_single


def all_gather_coalesced(
    output_tensor_lists: Sequence[list[Tensor]],
    input_tensor_list: Sequence[Tensor],
    group: Any = None,
    async_op: bool = False,
) -> Future[Any] | None:
    """:func:`all_gather` of several tensors.

    Args:
        output_tensor_lists: For each process a list of tensors, like the inputs.
        input_tensor_list: This process's tensors.
        group: The processes; by default all.
        async_op: Return a future at once.

    Raises:
        ValueError: lists that do not go together.
    """
    found = member("all_gather_coalesced", group)
    if found is None:
        return None
    lengths = {len(each) for each in output_tensor_lists} | {len(input_tensor_list)}
    if len(output_tensor_lists) != found.size() or len(lengths) != 1:
        raise ValueError(
            f"all_gather_coalesced: {len(input_tensor_list)} tensors of {found.size()} processes need a list of "
            f"{len(input_tensor_list)} places for each, got {[len(each) for each in output_tensor_lists]}"
        )
    works = [
        all_gather([theirs[number] for theirs in output_tensor_lists], tensor, found, async_op=True)
        for number, tensor in enumerate(input_tensor_list)
    ]
    futures = [work.get_future() for work in works if work is not None]
    if async_op and futures:
        return futures[-1].then(lambda last: [future.wait() for future in futures])
    for future in futures:
        future.wait()
    return None
