"""A module that several processes train together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives, _objects
from ferrotorch.distributed._buckets import Hook, Reducer
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed.algorithms.join import Join, Joinable, JoinHook
from ferrotorch.nn.modules.module import Module
from ferrotorch.utils._pytree import tree_leaves, tree_map

__all__ = ["DistributedDataParallel"]

Tensor = torch.Tensor
_MEBIBYTE = 1024 * 1024


class DistributedDataParallel(Module, Joinable):
    """A module whose gradients are averaged over processes, each of which has its own batches.

    At first all processes get the parameters and buffers of the first one. In a backward pass gradients are collected
    in buckets, which are averaged while the pass goes on; where it ends, ``grad`` of each parameter is the mean over
    all processes. Names in ``state_dict`` begin with ``module.``.

    ``check_reduction`` is accepted.

    Args:
        module: The module, alike in all processes. Its parameters must not change their sizes.
        device_ids: None, or the one device of a module that is on a GPU; inputs are moved there.
        output_device: Accepted: results stay where they are.
        dim: Accepted.
        broadcast_buffers: Before each forward pass all processes get the buffers of the first one.
        init_sync: False: parameters and buffers are the same already.
        process_group: The processes; by default all.
        bucket_cap_mb: Size of buckets in MiB, by default 25. The first one has one at most.
        find_unused_parameters: Forward passes do not use all parameters: find, by the graph, those that they do.
        gradient_as_bucket_view: Gradients are views of the buckets, which saves a copy of them.
        static_graph: Which parameters are used never changes: they are found in the first pass.
        device_mesh: Instead of ``process_group``: a mesh of one dimension.

    Raises:
        ValueError: there is no group of processes; devices for a module that is not on a GPU.
        RuntimeError: no parameter needs gradients; parameters differ between processes.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        device_mesh: Any = None,
    ) -> None:
        super().__init__()
        group = member("DistributedDataParallel", device_mesh.get_group() if device_mesh else process_group)
        if group is None:
            raise ValueError("DistributedDataParallel: this process is not in the group")
        self.process_group: ProcessGroup = group
        self._join_context = None
        self.module = module
        parameters = [each for each in self._shared(module.named_parameters()) if each.requires_grad]
        self.device = _check(parameters, device_ids)
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim
        self.broadcast_buffers = broadcast_buffers
        self.find_unused_parameters = find_unused_parameters
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.static_graph = static_graph
        self.require_backward_grad_sync = self.require_forward_param_sync = True
        if init_sync:
            self._verify_parameters(parameters)
            self._broadcast(self._states(), 0)
        size = int((25 if bucket_cap_mb is None else bucket_cap_mb) * _MEBIBYTE)
        self.reducer = Reducer(
            parameters,
            group,
            min(size, _MEBIBYTE),
            size,
            gradient_as_bucket_view,
            find_unused_parameters,
            static_graph,
        )

    @staticmethod
    def _set_params_and_buffers_to_ignore_for_model(
        module: Module, params_and_buffers_to_ignore: Iterable[str]
    ) -> None:
        """Leave parameters and buffers of a module, by their names in it, to each process."""
        module._ddp_params_and_buffers_to_ignore = set(params_and_buffers_to_ignore)

    def _shared(self, named: Iterable[tuple[str, Tensor]]) -> list[Tensor]:
        """Those that are not left to each process."""
        ignored = getattr(self.module, "_ddp_params_and_buffers_to_ignore", ())
        return [each for name, each in named if name not in ignored]

    def _states(self) -> list[Tensor]:
        return self._shared([*self.module.named_parameters(), *self.module.named_buffers()])

    def _verify_parameters(self, parameters: Sequence[Tensor]) -> None:
        """Compare the shapes and dtypes of parameters between processes."""
        mine = [(list(each.shape), str(each.dtype)) for each in parameters]
        everyones: list[Any] = [None] * self.process_group.size()
        _objects.all_gather_object(everyones, mine, self.process_group)
        for rank, theirs in enumerate(everyones):
            if theirs != everyones[0]:
                raise RuntimeError(
                    f"DDP expects same model across all ranks, but Rank {self.process_group.ranks[rank]} has "
                    f"{len(theirs)} params {theirs[:3]}..., while rank {self.process_group.ranks[0]} has "
                    f"{len(everyones[0])} params {everyones[0][:3]}..."
                )

    def _broadcast(self, tensors: list[Tensor], source: int) -> None:
        """Give all processes the tensors of one, in few messages."""
        kinds: dict[Any, list[Tensor]] = {}
        for tensor in tensors:
            kinds.setdefault((tensor.dtype, str(tensor.device)), []).append(tensor.detach())
        for alike in kinds.values():
            flat = torch.cat([tensor.reshape(-1) for tensor in alike])
            _collectives.broadcast(flat, group=self.process_group, group_src=source)
            if self.process_group.rank() != source:
                for tensor, part in zip(alike, flat.split([each.numel() for each in alike]), strict=True):
                    tensor.copy_(part.view(tensor.shape))

    def _sync_buffers(self, source: int = 0) -> None:
        buffers = self._shared(self.module.named_buffers())
        if self.broadcast_buffers and self.require_forward_param_sync and buffers:
            self._broadcast(buffers, source)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module returns for this process's batch. All processes call it equally often."""
        is_synced = torch.is_grad_enabled() and self.require_backward_grad_sync
        self._begin_joined(is_synced)
        if is_synced:
            self.reducer.rebuild_buckets()
        if self._join_context is None:
            self._sync_buffers()
        if self.device.type != "cpu" and self.device_ids:
            inputs, kwargs = tree_map(self._moved, (inputs, kwargs))
        outputs = self.module(*inputs, **kwargs)
        self.require_forward_param_sync = is_synced
        if is_synced:
            self.reducer.prepare(leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor))
        return outputs

    def _moved(self, thing: Any) -> Any:
        return thing.to(self.device) if isinstance(thing, Tensor) else thing

    def _begin_joined(self, is_synced: bool) -> None:
        """In a context for uneven inputs: what those that have ended need to know of this iteration."""
        active = Join.notify_join_context(self)
        if active is None:
            return
        if not self._divides_by_all:
            self.reducer.divisor = active
        source = self._common_rank(True)
        self._sync_buffers(source)
        _collectives.all_reduce(torch.tensor([int(is_synced)]), ReduceOp.MAX, self.process_group)

    def _common_rank(self, is_candidate: bool) -> int:
        """The greatest number of a process that is a candidate."""
        rank = torch.tensor([self.process_group.rank() if is_candidate else -1])
        _collectives.all_reduce(rank, ReduceOp.MAX, self.process_group)
        return int(rank.item())

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """In this context gradients are summed up in this process alone; the next pass outside averages the sums."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    def register_comm_hook(self, state: Any, hook: Hook) -> None:
        """Let a function average the gradients of a bucket.

        Args:
            state: What the function gets first.
            hook: Takes the state and a :class:`~ferrotorch.distributed.GradBucket`, returns a future of its contents.

        Raises:
            TypeError: no function.
            RuntimeError: there is one already.
        """
        if not callable(hook):
            raise TypeError("Communication hook must be callable.")
        if self.reducer.hook is not None:
            raise RuntimeError("register_comm_hook or register_builtin_comm_hook can only be called once.")
        self.reducer.hook, self.reducer.hook_state = hook, state

    def _get_ddp_logging_data(self) -> dict[str, Any]:
        """What programs ask about the settings."""
        return {
            "world_size": self.process_group.size(),
            "module_name": type(self.module).__name__,
            "backend_name": self.process_group.name(),
            "find_unused_parameters": self.find_unused_parameters,
            "gradient_as_bucket_view": self.gradient_as_bucket_view,
            "static_graph": self.static_graph,
            "can_set_static_graph": False,
            "bucket_sizes": ", ".join(str(bucket.buffer().nbytes) for bucket in self.reducer.buckets),
        }

    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> Join:
        """A context for processes that have different numbers of batches.

        Args:
            divide_by_initial_world_size: Divide sums of gradients by the number of all processes, not by the number
                of those that still have batches.
            enable: False makes the context do nothing.
            throw_on_early_termination: Raise everywhere as soon as one process has ended.
        """
        return Join(
            [self], enable, throw_on_early_termination, divide_by_initial_world_size=divide_by_initial_world_size
        )

    def join_hook(self, **kwargs: Any) -> JoinHook:
        """What a process that has no more batches does for the others."""
        self._divides_by_all = kwargs.get("divide_by_initial_world_size", True)
        # A process without any batch has no order of its own to agree about.
        self.reducer.may_rebuild = False
        return _DDPJoinHook(self)

    @property
    def join_device(self) -> torch.device:
        """Where the module is."""
        return self.device

    @property
    def join_process_group(self) -> ProcessGroup:
        """The processes."""
        return self.process_group

    def _set_static_graph(self) -> None:
        """Say, after the fact, that which parameters are used never changes."""
        self.static_graph = self.reducer.is_static = True


class _DDPJoinHook(JoinHook):
    """Shadows the iterations of processes that still have batches."""

    def __init__(self, ddp: DistributedDataParallel) -> None:
        self._ddp = ddp

    def main_hook(self) -> None:
        ddp = self._ddp
        source = ddp._common_rank(False)
        ddp._sync_buffers(source)
        is_synced = torch.tensor([0])
        _collectives.all_reduce(is_synced, ReduceOp.MAX, ddp.process_group)
        ddp.require_forward_param_sync = bool(is_synced.item())
        if is_synced.item():
            ddp.reducer.shadow()

    def post_hook(self, is_last_joiner: bool) -> None:
        ddp = self._ddp
        source = ddp._common_rank(is_last_joiner)
        ddp._broadcast(ddp._states(), source)
        ddp.reducer.divisor = ddp.process_group.size()


def _check(parameters: Sequence[Tensor], device_ids: Sequence[Any] | None) -> torch.device:
    """The device of a module, which a process has one of.

    Raises:
        RuntimeError: nothing needs gradients; a parameter has no size yet.
        ValueError: several devices; devices for a module on the host.
    """
    if not parameters:
        raise RuntimeError(
            "DistributedDataParallel is not needed when a module doesn't have any parameters that require a gradient."
        )
    if any(isinstance(each, torch.nn.UninitializedParameter) for each in parameters):
        raise RuntimeError("Modules with uninitialized parameters can't be used with `DistributedDataParallel`.")
    kinds = {each.device.type for each in parameters}
    if len(kinds) > 1:
        raise ValueError(f"DistributedDataParallel's input module must be on the same type of devices, but has {kinds}")
    device = parameters[0].device
    if device_ids and (len(device_ids) > 1 or device.type == "cpu"):
        raise ValueError(
            "DistributedDataParallel device_ids and output_device arguments only work with single-device modules on a "
            f"GPU, but got device_ids {list(device_ids)} and module parameters on {device}"
        )
    return device
