"""The parameters that one call of ``fully_shard`` spreads: gathered together, their gradients averaged together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._work import Work, progress
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.fsdp._parameter import ShardedParameter
from ferrotorch.distributed.fsdp._policies import MixedPrecisionPolicy
from ferrotorch.distributed.tensor._api import DTensor, unwrap

__all__ = ["ParameterGroup", "saved_as_handle", "saved_from_handle"]

Tensor = torch.Tensor

# The wholes that are in memory, by the address of it.
_present: dict[int, tuple[ParameterGroup, ShardedParameter]] = {}


class _Handle:
    """What autograd keeps in the place of a whole parameter, or of a view of it."""

    def __init__(self, group: ParameterGroup, parameter: ShardedParameter, tensor: Tensor, is_leaf: bool) -> None:
        self.group, self.parameter, self.is_leaf = group, parameter, is_leaf
        self.window = tuple(tensor.shape), tensor.stride(), tensor.storage_offset()


def saved_as_handle(tensor: Tensor) -> Any:
    """A handle of a parameter's whole, which needs no memory between the passes; other tensors as they are."""
    found = _present.get(tensor.untyped_storage().data_ptr()) if tensor.device.type != "meta" else None
    if found is None:
        return tensor
    group, parameter = found
    return _Handle(group, parameter, tensor, tensor is parameter.leaf)


def saved_from_handle(kept: Any) -> Any:
    """What a handle stands for; gathers the parameters again if need be."""
    if not isinstance(kept, _Handle):
        return kept
    kept.group.unshard()
    leaf: Tensor = kept.parameter.leaf
    if kept.is_leaf:
        return leaf
    plain = unwrap(leaf) if isinstance(leaf, DTensor) else leaf
    return plain.as_strided(*kept.window)


class ParameterGroup:
    """Parameters of a module that are in memory as a whole at the same time.

    Args:
        parameters: The parameters, of one dtype and device.
        mesh: The processes: a line along which parameters are cut, or rows of copies of one.
        policy: Dtypes of passes.
        device: Where passes need the parameters.
    """

    def __init__(
        self, parameters: Sequence[ShardedParameter], mesh: DeviceMesh, policy: MixedPrecisionPolicy, device: Any
    ) -> None:
        self.parameters, self.mesh, self.policy, self.device = list(parameters), mesh, policy, device
        self.group = mesh.get_group(mesh.ndim - 1)
        self.is_whole = False
        self.averages = self.averages_copies = True
        self.reshards_after_backward = True
        self.divisor: float | None = None
        self._gathering: tuple[Work | None, Tensor, Tensor] | None = None
        self._reducing: tuple[Work | None, Tensor, Tensor, list[ShardedParameter]] | None = None
        self._arrived: set[int] = set()

    @property
    def dtype(self) -> Any:
        """The dtype of the parameters in a pass."""
        return self.policy.param_dtype or self.parameters[0].dtype

    @property
    def length(self) -> int:
        """The number of elements of a process's parts, filled up."""
        return sum(each.part_length for each in self.parameters)

    def begin_unshard(self) -> None:
        """Begin to gather the parameters."""
        if self.is_whole or self._gathering is not None:
            return
        for each in self.parameters:
            each.refresh()
        own = torch.zeros(self.length, dtype=self.dtype, device=self.device)
        begin = 0
        with torch.no_grad():
            for each in self.parameters:
                each.write_part(own[begin : begin + each.part_length])
                begin += each.part_length
            gathered = torch.empty(self.group.size() * self.length, dtype=own.dtype, device=own.device)
            work = _collectives.all_gather_into_tensor(gathered, own, self.group, async_op=True)
        self._gathering = work, gathered, own

    def unshard(self) -> None:
        """Let modules have the whole parameters."""
        if self.is_whole:
            return
        self.begin_unshard()
        assert self._gathering is not None
        work, gathered, _ = self._gathering
        if work is not None:
            work.wait()
        rows, begin = gathered.view(self.group.size(), -1), 0
        with torch.no_grad():
            for each in self.parameters:
                each.show_whole(rows[:, begin : begin + each.part_length], self._count)
                begin += each.part_length
                if each.shape.numel():
                    _present[each.leaf.untyped_storage().data_ptr()] = self, each
        self._gathering = None
        self.is_whole = True

    def reshard(self) -> None:
        """Let modules have this process's parts, and give the memory of the wholes back."""
        if not self.is_whole:
            return
        for each in self.parameters:
            _present.pop(each.leaf.untyped_storage().data_ptr(), None)
            each.take_gradient()
            each.show_part()
        self.is_whole = False

    def _count(self, parameter: ShardedParameter) -> None:
        """The gradient of a whole parameter is there; with the last one they are averaged."""
        self._arrived.add(id(parameter))
        if all(id(each) in self._arrived for each in self.parameters if each.requires_grad):
            self.finish_backward()
        progress()

    def finish_backward(self) -> None:
        """After the group's part of a backward pass: give back memory, begin to average gradients."""
        self._arrived.clear()
        for each in self.parameters:
            each.take_gradient()
        if self.reshards_after_backward:
            self.reshard()
        if self.averages:
            self._begin_reduction()

    def _begin_reduction(self) -> None:
        """Begin to average the gradients; each process gets those of its parts."""
        waiting = [each for each in self.parameters if each.requires_grad]
        if all(each.gradient is None for each in waiting):
            return
        finish_reductions()
        dtype = self.policy.reduce_dtype or self.dtype
        lengths = [each.part_length for each in waiting]
        sent = torch.empty((self.group.size(), sum(lengths)), dtype=dtype, device=self.device)
        with torch.no_grad():
            for each, columns in zip(waiting, sent.split(lengths, 1), strict=True):
                each.write_gradient(columns)
                each.gradient = None
            received = torch.empty(sum(lengths), dtype=dtype, device=self.device)
            work = _collectives.reduce_scatter_tensor(
                received, sent.view(-1), self._operation(), self.group, async_op=True
            )
        self._reducing = work, received, sent, waiting
        _reducing.append(self)

    def _operation(self) -> ReduceOp:
        return ReduceOp.AVG if self.divisor is None else ReduceOp.SUM

    def finish_reduction(self) -> None:
        """Wait for the averages, and add them to the gradients of the parts."""
        if self._reducing is None:
            return
        work, received, _, waiting = self._reducing
        if work is not None:
            work.wait()
        self._reducing = None
        with torch.no_grad():
            if self.mesh.ndim > 1 and self.averages_copies:
                _collectives.all_reduce(received, self._operation(), self.mesh.get_group(0))
            if self.divisor is not None:
                received.div_(self.divisor)
            begin = 0
            for each in waiting:
                each.add_gradient(received[begin : begin + each.part_length])
                begin += each.part_length


_reducing: list[ParameterGroup] = []


def finish_reductions() -> None:
    """Wait for all averages that are under way."""
    while _reducing:
        _reducing.pop().finish_reduction()
