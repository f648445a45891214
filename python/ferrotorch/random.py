"""The default source of random numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from ferrotorch import _C
from ferrotorch._C import Generator, default_generator

# `fork_rng` belongs to this module alone, as in PyTorch.
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


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[_C.device | str | int] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str = "cuda",
) -> Iterator[None]:
    """Restore the state of the default generator at the end of the block.

    ``devices`` and ``device_type`` name further devices whose generators to restore: numbers of one kind, or devices.
    There is one default generator for all devices, so they change nothing. ``enabled=False`` makes the block an
    ordinary one.
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
