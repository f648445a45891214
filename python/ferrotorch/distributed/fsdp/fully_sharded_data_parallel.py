"""The older interface of modules that are spread over processes: a wrapper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.fsdp import _full_states as states
from ferrotorch.distributed.fsdp._fully_shard import _groups_of, _own_parameters, _to_device
from ferrotorch.distributed.fsdp._policies import CPUOffloadPolicy, MixedPrecisionPolicy
from ferrotorch.distributed.fsdp._state import State, state_of
from ferrotorch.distributed.fsdp.api import (
    BackwardPrefetch,
    CPUOffload,
    FullOptimStateDictConfig,
    FullStateDictConfig,
    LocalOptimStateDictConfig,
    LocalStateDictConfig,
    MixedPrecision,
    OptimStateDictConfig,
    ShardedOptimStateDictConfig,
    ShardedStateDictConfig,
    ShardingStrategy,
    StateDictConfig,
    StateDictSettings,
    StateDictType,
)
from ferrotorch.distributed.fsdp.wrap import auto_wrap
from ferrotorch.distributed.tensor._api import DTensor, _mesh_of_all

__all__ = [
    "BackwardPrefetch",
    "CPUOffload",
    "FullOptimStateDictConfig",
    "FullStateDictConfig",
    "FullyShardedDataParallel",
    "LocalOptimStateDictConfig",
    "LocalStateDictConfig",
    "MixedPrecision",
    "OptimStateDictConfig",
    "OptimStateKeyType",
    "ShardedOptimStateDictConfig",
    "ShardedStateDictConfig",
    "ShardingStrategy",
    "StateDictConfig",
    "StateDictSettings",
    "StateDictType",
]

Tensor = torch.Tensor
Module = torch.nn.Module
FSDP_WRAPPED_MODULE = "_fsdp_wrapped_module"
_HYBRID = (ShardingStrategy.HYBRID_SHARD, ShardingStrategy._HYBRID_SHARD_ZERO2)
_KEEPS = (ShardingStrategy.SHARD_GRAD_OP, ShardingStrategy.NO_SHARD, ShardingStrategy._HYBRID_SHARD_ZERO2)


class OptimStateKeyType(Enum):
    """By what the states of an optimizer are named: parameters' names or their numbers."""

    PARAM_NAME = 1
    PARAM_ID = 2


class FullyShardedDataParallel(Module):
    """A module whose parameters, gradients and optimizer states are spread over processes.

    Parameters keep their shapes: each is a ``DTensor`` of which this process has a part. New programs rather use
    :func:`fully_shard`, which computes the same.

    Args:
        module: The module, alike in all processes.
        process_group: The processes; by default all. A mesh is made of them.
        sharding_strategy: What is spread; everything by default.
        cpu_offload: Keep parameters in host memory.
        auto_wrap_policy: Which parts of the module are wrapped by themselves; see `torch.distributed.fsdp.wrap`.
        backward_prefetch, forward_prefetch, limit_all_gathers, use_orig_params: Accepted.
        mixed_precision: Dtypes of passes.
        ignored_modules, ignored_states: Modules, or modules and parameters, that are left as they are.
        param_init_fn: Called with each module whose parameters have no memory; by default these get some, and
            ``reset_parameters()`` is called.
        device_id: Accepted: the mesh has a device.
        sync_module_states: Take parameters and buffers of the first process.
        device_mesh: Instead of ``process_group``.

    Raises:
        ValueError: a strategy of lines and copies without a mesh of two dimensions.
    """

    def __init__(
        self,
        module: Module,
        process_group: Any = None,
        sharding_strategy: ShardingStrategy | None = None,
        cpu_offload: CPUOffload | None = None,
        auto_wrap_policy: Any = None,
        backward_prefetch: BackwardPrefetch | None = BackwardPrefetch.BACKWARD_PRE,
        mixed_precision: MixedPrecision | None = None,
        ignored_modules: Iterable[Module] | None = None,
        param_init_fn: Callable[[Module], None] | None = None,
        device_id: Any = None,
        sync_module_states: bool = False,
        forward_prefetch: bool = False,
        limit_all_gathers: bool = True,
        use_orig_params: bool = False,
        ignored_states: Iterable[Any] | None = None,
        device_mesh: DeviceMesh | None = None,
    ) -> None:
        super().__init__()
        self.sharding_strategy = sharding_strategy or ShardingStrategy.FULL_SHARD
        self.mixed_precision = mixed_precision or MixedPrecision()
        self.cpu_offload = cpu_offload or CPUOffload()
        self._device_mesh = mesh = _mesh_for(device_mesh, process_group, self.sharding_strategy)
        modules, parameters = _ignored(ignored_modules, ignored_states)
        if auto_wrap_policy is not None:
            options: dict[str, Any] = {
                "sharding_strategy": self.sharding_strategy, "cpu_offload": cpu_offload,
                "mixed_precision": mixed_precision, "device_mesh": mesh, "ignored_states": [*modules, *parameters],
                "param_init_fn": param_init_fn, "sync_module_states": sync_module_states,
            }  # fmt: skip
            wrapper = lambda child, **own: FullyShardedDataParallel(child, **{**options, **own})  # noqa: E731
            auto_wrap(module, auto_wrap_policy, wrapper, modules)
        self._fsdp_wrapped_module = module
        ignored = parameters | {each for one in modules for each in (*one.parameters(), *one.buffers())}
        self._spread(mesh, ignored, param_init_fn, sync_module_states)
        self._settings = StateDictSettings(
            StateDictType.FULL_STATE_DICT, FullStateDictConfig(), FullOptimStateDictConfig()
        )
        self._register_state_dict_hook(states.after_state_dict)
        self.register_load_state_dict_pre_hook(states.before_load_state_dict)

    def _spread(
        self, mesh: DeviceMesh, ignored: set[Tensor], init: Callable[[Module], None] | None, syncs: bool
    ) -> None:
        device = torch.device(mesh.device_type)
        _fill(self._fsdp_wrapped_module, init, device)
        own = _own_parameters(self, ignored)
        offload = CPUOffloadPolicy() if self.cpu_offload.offload_params else None
        _to_device([self], set(own), ignored, device, offload)
        if syncs:
            for tensor in [*own, *self.buffers()]:
                if not isinstance(tensor, DTensor):
                    for group in mesh.get_all_groups():
                        _collectives.broadcast(tensor.detach(), group=group, group_src=0)
        precision = self.mixed_precision
        casts = precision.cast_forward_inputs or precision.cast_root_forward_inputs
        policy = MixedPrecisionPolicy(precision.param_dtype, precision.reduce_dtype, None, casts)
        if precision.buffer_dtype is not None:
            for part in self.modules():
                for name, buffer in part._buffers.items():
                    if buffer is not None and buffer.is_floating_point():
                        part._buffers[name] = buffer.to(precision.buffer_dtype)
        groups = _groups_of(own, mesh, policy, device)
        self.__dict__["_fsdp_state"] = State(self, groups, policy, False if self.sharding_strategy in _KEEPS else None)

    @property
    def module(self) -> Module:
        """The module that is wrapped."""
        return self._fsdp_wrapped_module

    def __getattr__(self, name: str) -> Any:
        """An attribute of the wrapper, or of the module in it."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__(FSDP_WRAPPED_MODULE), name)

    def __getitem__(self, key: Any) -> Any:
        return self._fsdp_wrapped_module[key]  # type: ignore[index]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        return self._fsdp_wrapped_module(*args, **kwargs)

    def named_parameters(self, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Any]]:
        """Parameters by the names that they have without wrappers."""
        for name, parameter in super().named_parameters(*args, **kwargs):
            yield states.plain(name), parameter

    def named_buffers(self, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Tensor]]:
        """Buffers by the names that they have without wrappers."""
        for name, buffer in super().named_buffers(*args, **kwargs):
            yield states.plain(name), buffer

    def apply(self, fn: Callable[[Module], None]) -> Any:
        """Call a function with each part of the module, while it has whole parameters."""
        with self.summon_full_params(self):
            return super().apply(fn)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """In this context gradients are summed up in this process alone; the next pass outside averages the sums."""
        groups = [group for each in self.fsdp_modules(self) for group in _state(each).groups]
        before = [group.averages for group in groups]
        for group in groups:
            group.averages = False
        try:
            yield
        finally:
            for group, averages in zip(groups, before, strict=True):
                group.averages = averages

    def clip_grad_norm_(self, max_norm: float, norm_type: float = 2.0) -> Tensor:
        """Scale all gradients so that their norm is at most ``max_norm``; returns the norm, the same everywhere."""
        total = torch.nn.utils.clip_grad_norm_(list(self.parameters()), max_norm, norm_type)
        return total.full_tensor() if isinstance(total, DTensor) else total

    def check_is_root(self) -> bool:
        """Is this the outermost wrapper?"""
        state = _state(self)
        state._find_root()
        return state.is_root

    @staticmethod
    def fsdp_modules(module: Module, root_only: bool = False) -> list[Any]:
        """The wrappers in a module, or the outermost ones."""
        found = [each for each in module.modules() if isinstance(each, FullyShardedDataParallel)]
        if not root_only:
            return found
        within = {id(part) for each in found for part in each.modules() if part is not each}
        return [each for each in found if id(each) not in within]

    @staticmethod
    @contextmanager
    def summon_full_params(
        module: Module,
        recurse: bool = True,
        writeback: bool = True,
        rank0_only: bool = False,
        offload_to_cpu: bool = False,
        with_grads: bool = False,
    ) -> Iterator[None]:
        """In this context modules have whole parameters, plain ones.

        Args:
            module: A module with wrappers.
            recurse: Those of all wrappers in it, not only of the outermost.
            writeback: What is written to the parameters stays, if all processes write the same.
            rank0_only: Only the first process of the group keeps them.
            offload_to_cpu: They are in host memory.
            with_grads: Parameters have whole gradients, too.

        Raises:
            ValueError: ``writeback`` of what only the first process has.
            NotImplementedError: ``with_grads`` of parameters that go to the host.
        """
        if writeback and rank0_only:
            raise ValueError(
                "writeback=True and rank0_only=True is not supported, as model parameter shapes will be different "
                "across ranks, and writing to them can lead to inconsistencies across ranks when the context is exited."
            )
        if offload_to_cpu and with_grads:
            raise NotImplementedError(f"with_grads={with_grads} offload_to_cpu={offload_to_cpu} is not supported yet")
        wrappers = FullyShardedDataParallel.fsdp_modules(module, root_only=not recurse)
        groups = [group for each in wrappers for group in _state(each).groups]
        is_shown = not rank0_only or not groups or groups[0].group.rank() == 0
        with states.summoned(groups, writeback, with_grads, is_shown, offload_to_cpu):
            yield

    @staticmethod
    def set_state_dict_type(
        module: Module,
        state_dict_type: StateDictType,
        state_dict_config: StateDictConfig | None = None,
        optim_state_dict_config: OptimStateDictConfig | None = None,
    ) -> StateDictSettings:
        """Set what states of a module hold, for all wrappers in it; returns what was set before."""
        wrappers = FullyShardedDataParallel.fsdp_modules(module)
        made = StateDictSettings(
            state_dict_type, *states.configs(state_dict_type, state_dict_config, optim_state_dict_config)
        )
        before = wrappers[0]._settings if wrappers else made
        for each in wrappers:
            each._settings = made
        return before

    @staticmethod
    def get_state_dict_type(module: Module) -> StateDictSettings:
        """What states of a module hold."""
        wrappers = FullyShardedDataParallel.fsdp_modules(module)
        if not wrappers:
            raise ValueError("get_state_dict_type: there is no FullyShardedDataParallel in the module")
        settings: StateDictSettings = wrappers[0]._settings
        return settings

    @staticmethod
    @contextmanager
    def state_dict_type(
        module: Module,
        state_dict_type: StateDictType,
        state_dict_config: StateDictConfig | None = None,
        optim_state_dict_config: OptimStateDictConfig | None = None,
    ) -> Iterator[None]:
        """In this context states of a module hold what ``state_dict_type`` says."""
        set_type = FullyShardedDataParallel.set_state_dict_type
        before = set_type(module, state_dict_type, state_dict_config, optim_state_dict_config)
        try:
            yield
        finally:
            set_type(module, before.state_dict_type, before.state_dict_config, before.optim_state_dict_config)

    @staticmethod
    def optim_state_dict(
        model: Module, optim: Any, optim_state_dict: dict[str, Any] | None = None, group: Any = None
    ) -> dict[str, Any]:
        """The state of an optimizer by names of parameters, holding what is set for states of the model.

        Args:
            model: The module.
            optim: Its optimizer.
            optim_state_dict: The state to take instead of the optimizer's own, in the form of its ``state_dict()``.
            group: The processes, by default all; the first one gets the state where ``rank0_only`` is set.
        """
        settings = FullyShardedDataParallel.get_state_dict_type(model)
        config = settings.optim_state_dict_config
        return states.optim_state(model, optim, settings.state_dict_type, config, optim_state_dict, group)

    @staticmethod
    def full_optim_state_dict(
        model: Module, optim: Any, optim_input: Any = None, rank0_only: bool = True, group: Any = None
    ) -> dict[str, Any]:
        """The state of an optimizer by names of parameters, in whole tensors; by default in the first process alone.

        ``optim_input`` is accepted: the optimizer knows its parameters.
        """
        config = FullOptimStateDictConfig(rank0_only=rank0_only)
        return states.optim_state(model, optim, StateDictType.FULL_STATE_DICT, config, group=group)

    @staticmethod
    def optim_state_dict_to_load(
        model: Module,
        optim: Any,
        optim_state_dict: dict[str, Any],
        is_named_optimizer: bool = False,
        load_directly: bool = False,
        group: Any = None,
    ) -> dict[str, Any]:
        """What ``load_state_dict`` of the optimizer takes, made of what :meth:`optim_state_dict` gives.

        ``is_named_optimizer`` and ``group`` are accepted: states go by the names of parameters, in the group of the
        module.
        """
        made = states.optim_state_to_load(model, optim, optim_state_dict)
        if load_directly:
            optim.load_state_dict(made)
        return made


def _state(module: Module) -> State:
    state = state_of(module)
    assert state is not None
    return state


def _mesh_for(mesh: DeviceMesh | None, process_group: Any, strategy: ShardingStrategy) -> DeviceMesh:
    """The processes as a line, or as copies of lines."""
    if mesh is None and isinstance(process_group, tuple):
        raise ValueError("FullyShardedDataParallel: give device_mesh instead of two process groups")
    if mesh is None:
        mesh = DeviceMesh("cpu", process_group.ranks) if process_group is not None else _mesh_of_all()
    if strategy in _HYBRID and mesh.ndim != 2:
        raise ValueError(f"{strategy}: give device_mesh=init_device_mesh(device, (copies, parts))")
    if strategy is ShardingStrategy.NO_SHARD and mesh.ndim == 1:
        return DeviceMesh(mesh.device_type, mesh.mesh.reshape(-1, 1))
    return mesh


def _ignored(modules: Any, ignored: Any) -> tuple[set[Module], set[Tensor]]:
    things = [*(modules or ()), *(ignored or ())]
    left = {part for each in things if isinstance(each, Module) for part in each.modules()}
    return left, {each for each in things if isinstance(each, Tensor)}


def _fill(module: Module, init: Callable[[Module], None] | None, device: Any) -> None:
    """Give memory, and values, to parameters that have none."""
    for part in module.modules():
        own = [*part.parameters(recurse=False), *part.buffers(recurse=False)]
        if not any(each.device.type == "meta" for each in own) or any(isinstance(each, DTensor) for each in own):
            continue
        if init is not None:
            init(part)
            continue
        part.to_empty(device=device, recurse=False)
        with torch.no_grad():
            part.reset_parameters()
