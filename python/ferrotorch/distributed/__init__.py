"""Programs of several processes: groups of them, collective operations on tensors, messages.

MPI carries the messages, through mpi4py (``pip install 'ferrotorch[mpi]'``), or sockets between processes that no
``mpiexec`` started. A program written for ``torchrun`` runs by ``mpiexec -n 4 python -m ferrotorch script.py``. See
docs/distributed.md.
"""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch.distributed import _environment
from ferrotorch.distributed._barriers import barrier, monitored_barrier
from ferrotorch.distributed._collectives import (
    all_gather,
    all_gather_into_tensor,
    all_reduce,
    all_reduce_coalesced,
    all_to_all,
    all_to_all_single,
    broadcast,
    gather,
    reduce,
    reduce_scatter,
    reduce_scatter_tensor,
    scatter,
)
from ferrotorch.distributed._debug import DebugLevel, get_debug_level, set_debug_level, set_debug_level_from_env
from ferrotorch.distributed._groups import (
    GroupMember,
    ProcessGroup,
    default_pg_timeout,
    destroy_process_group,
    group,
    init_process_group,
    is_initialized,
    is_mpi_available,
    new_group,
)
from ferrotorch.distributed._objects import (
    all_gather_object,
    broadcast_object_list,
    gather_object,
    recv_object_list,
    scatter_object_list,
    send_object_list,
)
from ferrotorch.distributed._point_to_point import P2POp, batch_isend_irecv, irecv, isend, recv, send
from ferrotorch.distributed._queries import (
    Backend,
    get_backend,
    get_backend_config,
    get_default_backend_for_device,
    get_global_rank,
    get_group_rank,
    get_node_local_rank,
    get_pg_count,
    get_process_group_ranks,
    get_rank,
    get_world_size,
    is_available,
    is_backend_available,
    is_gloo_available,
    is_nccl_available,
    is_torchelastic_launched,
    is_ucc_available,
    is_xccl_available,
    set_timeout,
)
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._subgroups import new_subgroups, new_subgroups_by_enumeration, split_group
from ferrotorch.distributed._variants import (
    all_gather_coalesced,
    all_gather_single,
    gather_into_tensor,
    gather_single,
    reduce_scatter_single,
)
from ferrotorch.distributed._work import DistBackendError, DistError, Work

# The function, not the module of its name, is what PyTorch's package has: so the module is loaded before it.
from ferrotorch.distributed.rendezvous import register_rendezvous_handler, rendezvous

# Programs ask for their rank by `torchrun`'s variables before they make a group.
_environment.fill()

# Parts that are loaded at their first use, and names that live in them.
_PARTS = ("_composable", "_tensor", "algorithms", "autograd", "checkpoint", "constants", "device_mesh",
          "distributed_c10d", "elastic", "fsdp", "launch", "nn", "optim", "pipelining", "rpc", "run", "tensor",
          "utils")  # fmt: skip
_STORES = ("DistNetworkError", "DistStoreError", "FileStore", "HashStore", "PrefixStore", "QueueEmptyError", "Store",
           "TCPStore")  # fmt: skip
_ELSEWHERE = {
    "DeviceMesh": "device_mesh", "init_device_mesh": "device_mesh", "GradBucket": "_buckets",
    **dict.fromkeys(_STORES, "_stores"),
}  # fmt: skip

__all__ = [
    "Backend",
    "DebugLevel",
    "DeviceMesh",
    "DistBackendError",
    "DistError",
    "DistNetworkError",
    "DistStoreError",
    "FileStore",
    "GradBucket",
    "GroupMember",
    "HashStore",
    "P2POp",
    "PrefixStore",
    "ProcessGroup",
    "QueueEmptyError",
    "ReduceOp",
    "Store",
    "TCPStore",
    "Work",
    "all_gather",
    "all_gather_coalesced",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_gather_single",
    "all_reduce",
    "all_reduce_coalesced",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "batch_isend_irecv",
    "broadcast",
    "broadcast_object_list",
    "default_pg_timeout",
    "destroy_process_group",
    "gather",
    "gather_into_tensor",
    "gather_object",
    "gather_single",
    "get_backend",
    "get_backend_config",
    "get_debug_level",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_pg_count",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_device_mesh",
    "init_process_group",
    "irecv",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "isend",
    "monitored_barrier",
    "new_group",
    "new_subgroups",
    "new_subgroups_by_enumeration",
    "recv",
    "recv_object_list",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_single",
    "reduce_scatter_tensor",
    "register_rendezvous_handler",
    "rendezvous",
    "scatter",
    "scatter_object_list",
    "send",
    "send_object_list",
    "set_debug_level",
    "set_debug_level_from_env",
    "set_timeout",
    "split_group",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(f"ferrotorch.distributed.{_ELSEWHERE[name]}"), name)
    if name in _PARTS:
        try:
            return importlib.import_module(f"ferrotorch.distributed.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"ferrotorch.distributed.{name}":
                raise
    raise AttributeError(f"module 'torch.distributed' has no attribute {name!r}")
