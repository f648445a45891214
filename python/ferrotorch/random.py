"""The default sources of random numbers: a generator for the host, and one for each GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from ferrotorch import _C
from ferrotorch._C import Generator, default_generator

# `fork_rng` belongs to this module alone, as in PyTorch.
__all__ = ["default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


def manual_seed(seed: int) -> Generator:
    """Start the default generators of all devices again from a seed; returns that of the host."""
    generator = default_generator.manual_seed(int(seed))
    _C._seed_gpus(int(seed))
    return generator


def seed() -> int:
    """Start the default generators of all devices again from a seed that nobody can foresee, and return it."""
    seed = default_generator.seed()
    _C._seed_gpus(seed)
    return seed


def initial_seed() -> int:
    """The seed that the host's default generator last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> _C.Tensor:
    """The state of the host's default generator as a uint8 tensor; :mod:`ferrotorch.wgpu` has those of GPUs."""
    return default_generator.get_state()


def set_rng_state(new_state: _C.Tensor) -> None:
    """Put the host's default generator into a state that :func:`get_rng_state` returned."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[_C.device | str | int] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """Restore the state of default generators at the end of the block: seeds, and how many numbers were drawn.

    Args:
        devices: the GPUs whose generators to restore besides the host's; None for all.
        enabled: False makes the block an ordinary one.
        device_type: the kind of device that numbers in ``devices`` stand for. The host, and kinds that there are none
            of here, have no further generators.

    Raises:
        RuntimeError: ``devices`` names a GPU that is not there.
    """
    if not enabled:
        yield
        return
    if devices is None:
        states = _C._RandomStates()
        try:
            yield
        finally:
            states.restore()
        return
    host, gpus = get_rng_state(), [(gpu, gpu.get_state()) for gpu in _generators(devices, device_type or "wgpu")]
    try:
        yield
    finally:
        set_rng_state(host)
        for gpu, state in gpus:
            gpu.set_state(state)


def _generators(devices: Iterable[_C.device | str | int], kind: str) -> list[Generator]:
    """The default generators of the GPUs among some devices."""
    from ferrotorch.wgpu._device import index_of

    named = [_C.device(kind, device) if isinstance(device, int) else _C.device(device) for device in devices]
    return [_C._gpu_generator(index_of(device)) for device in named if device.type == _C._gpu_kind()]
