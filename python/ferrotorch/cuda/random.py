"""Random numbers of the GPUs that ``cuda`` means. Without any, seeds are accepted and have nothing to seed."""

from __future__ import annotations

from collections.abc import Iterable

from ferrotorch import _C
from ferrotorch.cuda._device import Device
from ferrotorch.cuda._state import gpus, is_alias, module

__all__ = [
    "get_rng_state",
    "get_rng_state_all",
    "initial_seed",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "seed_all",
    "set_rng_state",
    "set_rng_state_all",
]


def get_rng_state(device: Device = "cuda") -> _C.Tensor:
    """The state of a GPU's default generator."""
    return gpus().get_rng_state(device)


def get_rng_state_all() -> list[_C.Tensor]:
    """The states of the default generators of all GPUs."""
    return module().get_rng_state_all() if is_alias() else []


def set_rng_state(new_state: _C.Tensor, device: Device = "cuda") -> None:
    """Put a GPU's default generator into a state that :func:`get_rng_state` returned."""
    if is_alias():
        module().set_rng_state(new_state, device)


def set_rng_state_all(new_states: Iterable[_C.Tensor]) -> None:
    """Put the default generators of the GPUs into these states, one each."""
    if is_alias():
        module().set_rng_state_all(new_states)


def manual_seed(seed: int) -> None:
    """Start the current GPU's default generator again from a seed."""
    if is_alias():
        module().manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Start the default generators of all GPUs again from a seed."""
    if is_alias():
        module().manual_seed_all(seed)


def seed() -> None:
    """Start the current GPU's default generator again from a seed that nobody can foresee."""
    if is_alias():
        module().seed()


def seed_all() -> None:
    """Start the default generators of all GPUs again from one seed that nobody can foresee."""
    if is_alias():
        module().seed_all()


def initial_seed() -> int:
    """The seed that the current GPU's default generator last started from."""
    return gpus().initial_seed()
