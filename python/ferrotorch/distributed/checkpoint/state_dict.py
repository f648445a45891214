"""States of modules and optimizers with names of parameters that do not depend on how they are trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ferrotorch as torch

__all__ = [
    "get_model_state_dict",
    "get_optimizer_state_dict",
    "get_state_dict",
    "set_model_state_dict",
    "set_optimizer_state_dict",
    "set_state_dict",
]

Module = torch.nn.Module
Optimizer = torch.optim.Optimizer


def _plain(name: str) -> str:
    """A name without what wrappers of modules put in."""
    return ".".join(part for part in name.split(".") if part != "module")


def get_model_state_dict(model: Module) -> dict[str, Any]:
    """The state of a module, by the names that it has without `DistributedDataParallel`."""
    return {_plain(name): value for name, value in model.state_dict().items()}


def set_model_state_dict(model: Module, model_state_dict: dict[str, Any]) -> Any:
    """Load a state into a module, wrapped or not."""
    names = {_plain(name): name for name in model.state_dict()}
    return model.load_state_dict({names.get(name, name): value for name, value in model_state_dict.items()})


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


def get_optimizer_state_dict(model: Module, optimizers: Optimizer | Iterable[Optimizer]) -> dict[str, Any]:
    """The states of optimizers of a module's parameters, by the names of these."""
    names = _names(model)
    state: dict[str, Any] = {}
    groups: list[dict[str, Any]] = []
    for optimizer in _list(optimizers):
        _fill_state(optimizer)
        state |= {names[id(parameter)]: dict(values) for parameter, values in optimizer.state.items()}
        groups += [
            {**group, "params": [names[id(parameter)] for parameter in group["params"]]}
            for group in optimizer.param_groups
        ]
    return {"state": state, "param_groups": groups}


def set_optimizer_state_dict(
    model: Module, optimizers: Optimizer | Iterable[Optimizer], optim_state_dict: dict[str, Any]
) -> None:
    """Load the states that :func:`get_optimizer_state_dict` gives.

    Raises:
        KeyError: a parameter without a group in the state.
    """
    names = _names(model)
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
        plain["state"] = {number: states[name] for number, name in numbers if name in states}
        optimizer.load_state_dict(plain)


def get_state_dict(model: Module, optimizers: Optimizer | Iterable[Optimizer]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The states of a module and of its optimizers."""
    return get_model_state_dict(model), get_optimizer_state_dict(model, optimizers)


def set_state_dict(
    model: Module,
    optimizers: Optimizer | Iterable[Optimizer],
    *,
    model_state_dict: dict[str, Any],
    optim_state_dict: dict[str, Any],
) -> Any:
    """Load the states of a module and of its optimizers."""
    set_optimizer_state_dict(model, optimizers, optim_state_dict)
    return set_model_state_dict(model, model_state_dict)
