"""Random numbers of GPUs. Each has a default generator, whose state is a seed and the count of numbers drawn."""

from __future__ import annotations

from collections.abc import Iterable

from ferrotorch import _C
from ferrotorch.wgpu._device import Device, device_count, index_of

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


def _generator(device: Device | None) -> _C.Generator:
    return _C._gpu_generator(index_of(device))


def get_rng_state(device: Device | None = "wgpu") -> _C.Tensor:
    """The state of a GPU's default generator, seed and offset, as a uint8 tensor of 16 elements on the host."""
    return _generator(device).get_state()


def set_rng_state(new_state: _C.Tensor, device: Device | None = "wgpu") -> None:
    """Put a GPU's default generator into a state that :func:`get_rng_state` returned.

    Raises:
        RuntimeError: the state has another size.
    """
    _generator(device).set_state(new_state)


def get_rng_state_all() -> list[_C.Tensor]:
    """The states of the default generators of all GPUs."""
    return [get_rng_state(i) for i in range(device_count())]


def set_rng_state_all(new_states: Iterable[_C.Tensor]) -> None:
    """Put the default generators of the GPUs into these states, one each."""
    for i, state in enumerate(new_states):
        set_rng_state(state, i)


def manual_seed(seed: int) -> None:
    """Start the current GPU's default generator again from a seed. Without a GPU nothing happens."""
    if device_count() > 0:
        _generator(None).manual_seed(int(seed))


def manual_seed_all(seed: int) -> None:
    """Start the default generators of all GPUs again from a seed."""
    _C._seed_gpus(int(seed))


def seed() -> None:
    """Start the current GPU's default generator again from a seed that nobody can foresee."""
    if device_count() > 0:
        _generator(None).seed()


def seed_all() -> None:
    """Start the default generators of all GPUs again from one seed that nobody can foresee."""
    manual_seed_all(_C.Generator().seed())


def initial_seed() -> int:
    """The seed that the current GPU's default generator last started from."""
    return _generator(None).initial_seed()
