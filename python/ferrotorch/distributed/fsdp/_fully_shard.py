"""``fully_shard``: modules whose parameters, gradients and optimizer states are spread over processes.

Source: Rajbhandari et al., "ZeRO: memory optimizations toward training trillion parameter models" (2020); Zhao et al.,
"PyTorch FSDP: experiences on scaling fully sharded data parallel" (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.fsdp._group import ParameterGroup
from ferrotorch.distributed.fsdp._parameter import ShardedParameter
from ferrotorch.distributed.fsdp._policies import CPUOffloadPolicy, MixedPrecisionPolicy, OffloadPolicy
from ferrotorch.distributed.fsdp._state import State, state_of
from ferrotorch.distributed.tensor._api import DTensor, _mesh_of_all
from ferrotorch.distributed.tensor.placement_types import Shard

__all__ = ["FSDPModule", "UnshardHandle", "fully_shard", "register_fsdp_forward_method"]

Tensor = torch.Tensor
Module = torch.nn.Module


class UnshardHandle:
    """Parameters that are being gathered."""

    def __init__(self, state: State) -> None:
        self._state = state

    def wait(self) -> None:
        """Wait until the module has its whole parameters."""
        self._state.unshard()


class FSDPModule:
    """What :func:`fully_shard` adds to the class of a module."""

    def _fsdp(self) -> State:
        state = state_of(self)  # type: ignore[arg-type]
        assert state is not None
        return state

    def _states(self, recurse: bool) -> Iterator[State]:
        modules: Iterable[Any] = self.modules() if recurse else [self]  # type: ignore[attr-defined]
        for module in modules:
            state = state_of(module)
            if state is not None:
                yield state

    def _groups(self, recurse: bool = True) -> Iterator[ParameterGroup]:
        for state in self._states(recurse):
            yield from state.groups

    def unshard(self, async_op: bool = False) -> UnshardHandle | None:
        """Gather the module's parameters, those of modules within it that are spread by themselves excepted.

        Args:
            async_op: Begin only: the next forward pass, or ``wait()`` of the handle, ends it.
        """
        state = self._fsdp()
        if async_op:
            state.begin_unshard()
            return UnshardHandle(state)
        state.unshard()
        return None

    def reshard(self) -> None:
        """Give the memory of the whole parameters back."""
        self._fsdp().reshard()

    def set_requires_gradient_sync(self, requires_gradient_sync: bool, *, recurse: bool = True) -> None:
        """False: gradients are summed up in this process, unaveraged and whole, until a pass with True."""
        for group in self._groups(recurse):
            group.averages = requires_gradient_sync

    def set_requires_all_reduce(self, requires_all_reduce: bool, *, recurse: bool = True) -> None:
        """False: gradients are averaged along the line of parts, and not over its copies."""
        for group in self._groups(recurse):
            group.averages_copies = requires_all_reduce

    def set_is_last_backward(self, is_last_backward: bool) -> None:
        """Accepted: the end of each backward pass waits for the averages that are under way."""

    def set_reshard_after_forward(self, reshard_after_forward: bool, recurse: bool = True) -> None:
        """Whether memory is given back after forward passes."""
        for state in self._states(recurse):
            state.reshards = reshard_after_forward

    def set_reshard_after_backward(self, reshard_after_backward: bool, *, recurse: bool = True) -> None:
        """Whether memory is given back after backward passes."""
        for group in self._groups(recurse):
            group.reshards_after_backward = reshard_after_backward

    def set_modules_to_forward_prefetch(self, modules: Sequence[FSDPModule]) -> None:
        """Modules whose parameters begin to be gathered with this module's forward pass."""
        self._fsdp().ahead_forward = [module._fsdp() for module in modules]

    def set_modules_to_backward_prefetch(self, modules: Sequence[FSDPModule]) -> None:
        """Modules whose parameters begin to be gathered with this module's backward pass."""
        self._fsdp().ahead_backward = [module._fsdp() for module in modules]

    def set_gradient_divide_factor(self, factor: float) -> None:
        """Divide the sums of gradients by ``factor`` instead of the number of processes."""
        for group in self._groups(recurse=False):
            group.divisor = float(factor)

    def set_reduce_scatter_divide_factor(self, factor: float) -> None:
        """The older name of :meth:`set_gradient_divide_factor`."""
        self.set_gradient_divide_factor(factor)


def _own_parameters(module: Module, ignored: set[Tensor]) -> dict[Tensor, list[tuple[Module, str]]]:
    """The parameters of a module, and where they stand, without those of modules within that are spread already."""
    found: dict[Tensor, list[tuple[Module, str]]] = {}
    stack = [module]
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if id(part) in seen or (part is not module and state_of(part) is not None):
            continue
        seen.add(id(part))
        for name, parameter in part._parameters.items():
            if parameter is not None and parameter not in ignored:
                found.setdefault(parameter, []).append((part, name))
        stack.extend(list(part.children())[::-1])
    return found


def _checked_mesh(mesh: DeviceMesh | None) -> DeviceMesh:
    mesh = mesh or _mesh_of_all()
    if mesh.ndim not in (1, 2):
        raise ValueError(f"fully_shard expects a 1D or 2D DeviceMesh but got {mesh}")
    return mesh


def fully_shard(
    module: Any,
    *,
    mesh: DeviceMesh | None = None,
    reshard_after_forward: bool | int | None = None,
    shard_placement_fn: Callable[[Tensor], Shard | None] | None = None,
    mp_policy: MixedPrecisionPolicy | None = None,
    offload_policy: OffloadPolicy | None = None,
    ignored_params: set[Tensor] | None = None,
) -> Any:
    """Spread the parameters of a module over processes; the module itself is changed, and returned.

    Each process keeps a part of each parameter, as a ``DTensor``; so are gradients, and the states of an optimizer that
    is made afterwards. Forward and backward passes gather the parameters of a module when it is its turn, and give
    them back. Apply it to the blocks of a model first, and then to the model: what is gathered at one time is
    what one call has spread.

    Args:
        module: The module, alike in all processes; or several, which are gathered together.
        mesh: The processes, by default all: a line, or rows whose lines are copies.
        reshard_after_forward: Whether memory is given back between forward and backward pass; by default it is, but
            for the outermost module. A number is taken as True.
        shard_placement_fn: By which dimension a parameter is cut, as ``Shard(dim)``; by default the first.
        mp_policy: Dtypes of passes.
        offload_policy: With :class:`CPUOffloadPolicy` parts stay in host memory.
        ignored_params: Parameters that are left as they are.

    Raises:
        ValueError: a mesh of other than one or two dimensions; a module that is spread already, or has no ``forward``.
    """
    modules: list[Module] = list(module) if isinstance(module, list | tuple) else [module]
    for each in modules:
        if isinstance(each, torch.nn.ModuleList | torch.nn.ModuleDict):
            raise ValueError(f"fully_shard does not support containers that do not implement forward: {each}")
        if state_of(each) is not None:
            raise ValueError(f"fully_shard has already been applied to {type(each).__name__}")
    mesh = _checked_mesh(mesh)
    policy = mp_policy or MixedPrecisionPolicy()
    device = torch.device(mesh.device_type)
    parameters: dict[Tensor, list[tuple[Module, str]]] = {}
    for each in modules:
        for parameter, places in _own_parameters(each, ignored_params or set()).items():
            parameters.setdefault(parameter, []).extend(places)
    _to_device(modules, set(parameters), set(), device, offload_policy)
    groups = _groups_of(parameters, mesh, policy, device, shard_placement_fn)
    reshards = None if reshard_after_forward is None else bool(reshard_after_forward)
    for number, each in enumerate(modules):
        each.__dict__["_fsdp_state"] = State(each, groups if number == 0 else [], policy, reshards)
        cls = type(each)
        each.__class__ = type(f"FSDP{cls.__name__}", (FSDPModule, cls), {"__module__": cls.__module__})
    return module


def _groups_of(
    parameters: dict[Tensor, list[tuple[Module, str]]],
    mesh: DeviceMesh,
    policy: MixedPrecisionPolicy,
    device: Any,
    shard_placement_fn: Callable[[Tensor], Shard | None] | None = None,
) -> list[ParameterGroup]:
    """Cut parameters. Those of one dtype are a group.

    Raises:
        ValueError: a parameter without dimensions.
    """
    kinds: dict[Any, list[ShardedParameter]] = {}
    for parameter, places in parameters.items():
        if not parameter.dim():
            raise ValueError("fully_shard doesn't support scalar parameters. Change the parameter to a 1-D tensor")
        chosen = shard_placement_fn(parameter) if shard_placement_fn else None
        dim = 0 if chosen is None else chosen.dim % parameter.dim()
        made = ShardedParameter(parameter, places, mesh, dim, device)
        kinds.setdefault((made.dtype, made.outer is None), []).append(made)
    return [ParameterGroup(kind, mesh, policy, device) for kind in kinds.values()]


def _to_device(
    modules: list[Module], own: set[Tensor], ignored_buffers: set[Tensor], device: Any, offload: OffloadPolicy | None
) -> None:
    """Move parameters and buffers to the device of the mesh; those without memory stay, and those of the host may."""
    stays = isinstance(offload, CPUOffloadPolicy)
    for module in modules:
        for part in module.modules():
            for name, buffer in part._buffers.items():
                if buffer is None or buffer in ignored_buffers:
                    continue
                if buffer.device.type not in ("meta", device.type):
                    part._buffers[name] = buffer.to(device)
    for parameter in own:
        if not stays and not isinstance(parameter, DTensor) and parameter.device.type not in ("meta", device.type):
            parameter.data = parameter.data.to(device)


def register_fsdp_forward_method(module: Module, method_name: str) -> None:
    """Let another method of a module be a forward pass, too, for which parameters are gathered.

    Raises:
        AttributeError: there is no such method.
    """
    method = getattr(module, method_name)
    state = state_of(module)
    if state is None:
        return

    def run(*args: Any, **kwargs: Any) -> Any:
        given = state._before_forward(module, args, kwargs)
        outputs = None
        try:
            outputs = method(*(args if given is None else given[0]), **(kwargs if given is None else given[1]))
        finally:
            changed = state._after_forward(module, args, outputs)
        return outputs if changed is None else changed

    setattr(module, method_name, run)
