"""States of modules and optimizers with names of parameters that do not depend on how they are trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _groups, _objects
from ferrotorch.distributed.tensor._api import DTensor

__all__ = [
    "StateDictOptions",
    "get_model_state_dict",
    "get_optimizer_state_dict",
    "get_state_dict",
    "set_model_state_dict",
    "set_optimizer_state_dict",
    "set_state_dict",
]

Module = torch.nn.Module
Optimizer = torch.optim.Optimizer


# What wrappers of modules put into names.
_WRAPPERS = frozenset(["module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_orig_mod"])


@dataclass
class StateDictOptions:
    """How states are given and taken.

    Args:
        full_state_dict: Tensors that are spread over processes are whole ones in the state.
        cpu_offload: Tensors are in host memory; of whole ones the first process alone has the state.
        ignore_frozen_params: Parameters that need no gradients are left out.
        keep_submodule_prefixes: Accepted: names are those of the whole model.
        strict: All names of the module have to be in a state that is loaded, and no others.
        broadcast_from_rank0: The first process alone has the state that is loaded, in whole tensors.
        flatten_optimizer_state_dict: The state of an optimizer is one dict, ``state.<parameter>.<name>`` and
            ``param_groups.<parameter>.<option>``.
    """

    full_state_dict: bool = False
    cpu_offload: bool = False
    ignore_frozen_params: bool = False
    keep_submodule_prefixes: bool = True
    strict: bool = True
    broadcast_from_rank0: bool = False
    flatten_optimizer_state_dict: bool = False


def _plain(name: str) -> str:
    """A name without what wrappers of modules put in."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _given(value: Any, options: StateDictOptions) -> Any:
    """A value of a state as the options ask for it."""
    if not isinstance(value, torch.Tensor):
        return value
    if options.full_state_dict and isinstance(value, DTensor):
        value = value.full_tensor()
    return value.cpu() if options.cpu_offload else value


def _is_given(options: StateDictOptions) -> bool:
    """Does this process get the state? Whole tensors in host memory are for the first one."""
    is_first = not _groups.is_initialized() or _groups.member("state_dict", None).rank() == 0  # type: ignore[union-attr]
    return is_first or not (options.full_state_dict and options.cpu_offload)


def _taken(value: Any, like: Any) -> Any:
    """A value of a state as a parameter takes it: the part of a whole tensor that this process has."""
    from ferrotorch.distributed.fsdp._full_states import part_of

    is_whole = isinstance(value, torch.Tensor) and not isinstance(value, DTensor) and isinstance(like, DTensor)
    return part_of(value, like) if is_whole and value.shape == like.shape else value


def _from_first(state: dict[str, Any], options: StateDictOptions) -> dict[str, Any]:
    """The state that the first process has."""
    if not options.broadcast_from_rank0 or not _groups.is_initialized():
        return state
    box = [state]
    _objects.broadcast_object_list(box, src=0)
    return box[0]


def get_model_state_dict(
    model: Module, *, submodules: set[Module] | None = None, options: StateDictOptions | None = None
) -> dict[str, Any]:
    """The state of a module, by the names that it has without wrappers.

    Args:
        model: The module.
        submodules: Only of these parts of it.
        options: How the state is given.
    """
    options = options or StateDictOptions()
    frozen = {_plain(name) for name, each in model.named_parameters() if not each.requires_grad}
    inside = None if submodules is None else _names_within(model, submodules)
    state = {}
    for name, value in _spread_state(model).items():
        if (options.ignore_frozen_params and name in frozen) or not (inside is None or name in inside):
            continue
        state[name] = _given(value, options)
    return state if _is_given(options) else {}


def _spread_state(model: Module) -> dict[str, Any]:
    """The state of a module with tensors as they are spread, whatever wrappers in it are set to show."""
    from ferrotorch.distributed.fsdp.api import StateDictType
    from ferrotorch.distributed.fsdp.fully_sharded_data_parallel import FullyShardedDataParallel

    with FullyShardedDataParallel.state_dict_type(model, StateDictType.SHARDED_STATE_DICT):
        return {_plain(name): value for name, value in model.state_dict().items()}


def _names_within(model: Module, submodules: set[Module]) -> set[str]:
    prefixes = [name for name, part in model.named_modules() if part in submodules]
    return {_plain(f"{prefix}.{name}") for prefix in prefixes for name in model.get_submodule(prefix).state_dict()}


def set_model_state_dict(
    model: Module, model_state_dict: dict[str, Any], *, options: StateDictOptions | None = None
) -> Any:
    """Load a state into a module, wrapped or not, spread over processes or not.

    Args:
        model: The module.
        model_state_dict: What :func:`get_model_state_dict` gives, with any options.
        options: How the state is taken.
    """
    options = options or StateDictOptions()
    given = _from_first(model_state_dict, options)
    present = model.state_dict()
    names = {_plain(name): name for name in present}
    parameters = {_plain(name): each for name, each in model.named_parameters(remove_duplicate=False)}
    state = {names.get(name, name): _taken(value, parameters.get(name)) for name, value in given.items()}
    return model.load_state_dict(state, strict=options.strict)


def _names(model: Module) -> dict[int, str]:
    return {id(parameter): _plain(name) for name, parameter in model.named_parameters()}


def _fill_state(optimizer: Optimizer) -> None:
    """Let an optimizer that has not made a step have the state of one, so that there are tensors to load into."""
    if optimizer.state:
        return
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    gradients = [parameter.grad for parameter in parameters]
    rates = [group["lr"] for group in optimizer.param_groups]
    values = [parameter.detach().clone() for parameter in parameters]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    for parameter in parameters:
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    with torch.no_grad():
        for parameter, gradient, value in zip(parameters, gradients, values, strict=True):
            parameter.copy_(value)
            parameter.grad = gradient
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def _list(optimizers: Optimizer | Iterable[Optimizer]) -> list[Optimizer]:
    return [optimizers] if isinstance(optimizers, Optimizer) else list(optimizers)


def get_optimizer_state_dict(
    model: Module,
    optimizers: Optimizer | Iterable[Optimizer],
    *,
    submodules: set[Module] | None = None,
    options: StateDictOptions | None = None,
) -> dict[str, Any]:
    """The states of optimizers of a module's parameters, by the names of these.

    Args:
        model: The module.
        optimizers: Its optimizers.
        submodules: Accepted.
        options: How the state is given.
    """
    options = options or StateDictOptions()
    names = _names(model)
    state: dict[str, Any] = {}
    groups: list[dict[str, Any]] = []
    for optimizer in _list(optimizers):
        _fill_state(optimizer)
        for parameter, values in optimizer.state.items():
            state[names[id(parameter)]] = {key: _given(value, options) for key, value in values.items()}
        groups += [
            {**group, "params": [names[id(parameter)] for parameter in group["params"]]}
            for group in optimizer.param_groups
        ]
    if not _is_given(options):
        return {}
    return _flat(state, groups) if options.flatten_optimizer_state_dict else {"state": state, "param_groups": groups}


def _flat(state: dict[str, Any], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """States of optimizers as one dict, which does not depend on how parameters are grouped."""
    flat = {f"state.{name}.{key}": value for name, values in state.items() for key, value in values.items()}
    for group in groups:
        for name in group["params"]:
            flat |= {f"param_groups.{name}.{key}": value for key, value in group.items() if key != "params"}
    return flat


def _nested(flat: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What :func:`_flat` was made of; each parameter is a group of its own."""
    if "state" in flat:
        return flat
    state: dict[str, Any] = {}
    groups = []
    for name in names:
        of_state, of_group = f"state.{name}.", f"param_groups.{name}."
        own = {key[len(of_state) :]: value for key, value in flat.items() if key.startswith(of_state)}
        options = {key[len(of_group) :]: value for key, value in flat.items() if key.startswith(of_group)}
        if own:
            state[name] = own
        groups.append({**options, "params": [name]})
    return {"state": state, "param_groups": groups}


def set_optimizer_state_dict(
    model: Module,
    optimizers: Optimizer | Iterable[Optimizer],
    optim_state_dict: dict[str, Any],
    *,
    options: StateDictOptions | None = None,
) -> None:
    """Load the states that :func:`get_optimizer_state_dict` gives.

    Args:
        model: The module.
        optimizers: Its optimizers.
        optim_state_dict: The states.
        options: How they are taken.

    Raises:
        KeyError: a parameter without a group in the state.
    """
    names = _names(model)
    optim_state_dict = _nested(_from_first(optim_state_dict, options or StateDictOptions()), names.values())
    groups = {name: group for group in optim_state_dict["param_groups"] for name in group["params"]}
    for optimizer in _list(optimizers):
        numbers = [
            (number, names[id(parameter)])
            for number, parameter in enumerate(each for group in optimizer.param_groups for each in group["params"])
        ]
        plain = optimizer.state_dict()
        for group, mine in zip(plain["param_groups"], optimizer.param_groups, strict=True):
            saved = groups[names[id(mine["params"][0])]]
            group.update({key: value for key, value in saved.items() if key != "params"})
        states = optim_state_dict["state"]
        parameters = [each for group in optimizer.param_groups for each in group["params"]]
        plain["state"] = {
            number: {key: _taken(value, parameters[number]) for key, value in states[name].items()}
            for number, name in numbers
            if name in states
        }
        optimizer.load_state_dict(plain)


def get_state_dict(
    model: Module,
    optimizers: Optimizer | Iterable[Optimizer],
    *,
    submodules: set[Module] | None = None,
    options: StateDictOptions | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The states of a module and of its optimizers."""
    of_model = get_model_state_dict(model, submodules=submodules, options=options)
    return of_model, get_optimizer_state_dict(model, optimizers, options=options)


def set_state_dict(
    model: Module,
    optimizers: Optimizer | Iterable[Optimizer],
    *,
    model_state_dict: dict[str, Any],
    optim_state_dict: dict[str, Any],
    options: StateDictOptions | None = None,
) -> Any:
    """Load the states of a module and of its optimizers."""
    set_optimizer_state_dict(model, optimizers, optim_state_dict, options=options)
    return set_model_state_dict(model, model_state_dict, options=options)
