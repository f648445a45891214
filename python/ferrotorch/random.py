"""The default source of random numbers."""

from __future__ import annotations

from ferrotorch import _C
from ferrotorch._C import Generator, default_generator

__all__ = ["default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from a seed; returns it."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start the default generator again from a seed that nobody can foresee, and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> _C.Tensor:
    """The state of the default generator as a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state: _C.Tensor) -> None:
    """Put the default generator into a state that :func:`get_rng_state` returned."""
    default_generator.set_state(new_state)
