"""States of modules and optimizers that are spread over processes: whole, in parts, or spread as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _queries
from ferrotorch.distributed.fsdp._group import ParameterGroup
from ferrotorch.distributed.fsdp.api import (
    FullOptimStateDictConfig,
    FullStateDictConfig,
    LocalOptimStateDictConfig,
    LocalStateDictConfig,
    OptimStateDictConfig,
    ShardedOptimStateDictConfig,
    ShardedStateDictConfig,
    StateDictConfig,
    StateDictType,
)
from ferrotorch.distributed.tensor._api import DTensor, unwrap, wrap
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec
from ferrotorch.distributed.tensor._redistribute import redistribute
from ferrotorch.distributed.tensor.placement_types import Replicate

__all__ = [
    "after_state_dict", "before_load_state_dict", "configs", "optim_state", "optim_state_to_load", "part_of", "plain",
    "summoned",
]  # fmt: skip

Tensor = torch.Tensor
Module = torch.nn.Module
_PREFIX = "_fsdp_wrapped_module."
_CONFIGS: dict[StateDictType, tuple[Callable[[], StateDictConfig], Callable[[], OptimStateDictConfig]]] = {
    StateDictType.FULL_STATE_DICT: (FullStateDictConfig, FullOptimStateDictConfig),
    StateDictType.SHARDED_STATE_DICT: (ShardedStateDictConfig, ShardedOptimStateDictConfig),
    StateDictType.LOCAL_STATE_DICT: (LocalStateDictConfig, LocalOptimStateDictConfig),
}


def plain(name: str) -> str:
    """A name without what wrappers put in."""
    return name.replace(_PREFIX, "")


def configs(
    kind: StateDictType, config: StateDictConfig | None, of_optimizer: OptimStateDictConfig | None
) -> tuple[StateDictConfig, OptimStateDictConfig]:
    """The settings that go with a kind of state, where none are given."""
    of_module, of_optimizers = _CONFIGS[kind]
    return config or of_module(), of_optimizer or of_optimizers()


def part_of(value: Tensor, like: DTensor) -> DTensor:
    """This process's part of a whole tensor, spread as another one is; every process has the whole."""
    copies = DTensorSpec(like.device_mesh, (Replicate(),) * like.device_mesh.ndim, torch.Size(value.shape))
    local = redistribute(value.detach().to(like.device), copies, like.placements)
    return wrap(local.view_as(local), like._spec)


def _shown(value: Any, kind: StateDictType, offload: bool) -> Any:
    if not isinstance(value, Tensor):
        return value
    if isinstance(value, DTensor) and kind is not StateDictType.SHARDED_STATE_DICT:
        value = value.full_tensor() if kind is StateDictType.FULL_STATE_DICT else value.to_local()
    return value.cpu() if offload else value


def _is_shown(config: Any, group: Any = None) -> bool:
    return not getattr(config, "rank0_only", False) or _queries.get_rank(group) == 0


def after_state_dict(module: Any, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    """Let the state of a wrapper hold what is set, by the names of the module in it."""
    settings = module._settings
    inner = prefix + _PREFIX
    for key in [key for key in state if key.startswith(inner)]:
        value = state.pop(key)
        state[prefix + key[len(inner) :]] = _shown(
            value, settings.state_dict_type, settings.state_dict_config.offload_to_cpu
        )
    if not _is_shown(settings.state_dict_config):
        for key in [key for key in state if key.startswith(prefix)]:
            del state[key]


def before_load_state_dict(module: Any, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Let a state have the names, and the parts of tensors, that a wrapper loads."""
    for each in module.modules():
        own = each.__dict__.get("_fsdp_state")
        if own is not None:
            own.reshard()
    targets = dict(Module.named_parameters(module, remove_duplicate=False))
    targets = {plain(name): parameter for name, parameter in targets.items()}
    for key in [key for key in state if key.startswith(prefix) and not key.startswith(prefix + _PREFIX)]:
        name, value = key[len(prefix) :], state.pop(key)
        like = targets.get(name)
        if isinstance(like, DTensor) and not isinstance(value, DTensor):
            value = part_of(value, like) if value.shape == like.shape else wrap(value.view_as(value), like._spec)
        state[prefix + _PREFIX + name] = value


def _show_gradients(group: ParameterGroup) -> None:
    """Let whole parameters have whole gradients."""
    for each in group.parameters:
        gradient: Any = each.part.grad
        if gradient is not None:
            each.leaf.grad = gradient.full_tensor()


@contextmanager
def summoned(
    groups: Sequence[ParameterGroup], writes: bool, with_grads: bool, is_shown: bool, offload: bool
) -> Iterator[None]:
    """Let modules have whole parameters, and afterwards the parts of what these are then.

    Args:
        groups: The parameters.
        writes: What is written to them stays.
        with_grads: Show gradients, too.
        is_shown: Whether this process keeps what all have gathered.
        offload: Keep it in host memory.
    """
    for group in groups:
        group.unshard()
        if with_grads:
            _show_gradients(group)
        if not is_shown:
            group.reshard()
        elif offload:
            for each in group.parameters:
                each.leaf.data = each.leaf.data.cpu()
    try:
        yield
    finally:
        with torch.no_grad():
            for group in groups:
                for each in group.parameters:
                    each.leaf.grad = None
                    if writes and each.outer is None:
                        unwrap(each.part).copy_(unwrap(part_of(each.leaf, each.part)))
                group.reshard()


def _names(model: Module) -> dict[int, str]:
    return {id(parameter): plain(name) for name, parameter in model.named_parameters()}


def optim_state(
    model: Module,
    optim: Any,
    kind: StateDictType,
    config: OptimStateDictConfig,
    given: dict[str, Any] | None = None,
    group: Any = None,
) -> dict[str, Any]:
    """The state of an optimizer by names of parameters.

    Args:
        model: The module.
        optim: The optimizer.
        kind: What tensors become.
        config: Whether they go to the host, and who gets them.
        given: The state, as ``state_dict()`` of the optimizer gives it; by default that.
        group: The processes, whose first one is meant by ``rank0_only``.
    """
    given = optim.state_dict() if given is None else given
    by_parameter = _names(model)
    names: dict[Any, str] = {}
    for own, numbered in zip(optim.param_groups, given["param_groups"], strict=True):
        names |= {
            number: by_parameter[id(each)] for number, each in zip(numbered["params"], own["params"], strict=True)
        }
    state = {
        names[number]: {key: _shown(value, kind, config.offload_to_cpu) for key, value in values.items()}
        for number, values in given["state"].items()
    }
    groups = [{**each, "params": [names[number] for number in each["params"]]} for each in given["param_groups"]]
    return {"state": state, "param_groups": groups} if _is_shown(config, group) else {}


def optim_state_to_load(model: Module, optim: Any, saved: dict[str, Any]) -> dict[str, Any]:
    """The state of an optimizer by numbers of parameters, spread as these are.

    Raises:
        KeyError: the state has no group of a parameter.
    """
    names = _names(model)
    numbered = [parameter for group in optim.param_groups for parameter in group["params"]]
    state = {}
    for number, parameter in enumerate(numbered):
        values = saved["state"].get(names[id(parameter)])
        if values is not None:
            state[number] = {key: _spread_like(value, parameter) for key, value in values.items()}
    of_names = {name: group for group in saved["param_groups"] for name in group["params"]}
    numbers = {id(parameter): number for number, parameter in enumerate(numbered)}
    groups = [
        {**of_names[names[id(group["params"][0])]], "params": [numbers[id(each)] for each in group["params"]]}
        for group in optim.param_groups
    ]
    return {"state": state, "param_groups": groups}


def _spread_like(value: Any, parameter: Any) -> Any:
    is_part = isinstance(value, Tensor) and isinstance(parameter, DTensor) and not isinstance(value, DTensor)
    return part_of(value, parameter) if is_part and value.shape == parameter.shape else value
