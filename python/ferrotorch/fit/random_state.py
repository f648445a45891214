"""The random numbers of a run: one seed for all sources, and their states as something to be saved."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

import ferrotorch as torch

__all__ = ["get_state", "seed_everything", "set_state"]


def seed_everything(seed: int) -> None:
    """Start Python's, NumPy's and this library's random numbers again from ``seed`` (0 to 2**32 - 1).

    Raises:
        ValueError: the seed is out of NumPy's range.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed_everything: expected a seed of 0 to 2**32 - 1, got {seed}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def get_state(generators: Sequence[torch.Generator] = (), device: torch.device | None = None) -> dict[str, Any]:
    """The states of all sources of random numbers, of ``generators`` and of ``device``, in types that `load` reads."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(np.asarray(keys).view(np.int32)), position, has_gauss, gauss),
        "host": torch.get_rng_state(),
        "gpu": torch.wgpu.get_rng_state(device) if device is not None and device.type == "wgpu" else None,
        "generators": [generator.get_state() for generator in generators],
    }


def set_state(
    state: dict[str, Any], generators: Sequence[torch.Generator] = (), device: torch.device | None = None
) -> None:
    """Put all sources into the states that :func:`get_state` returned."""
    random.setstate(state["python"])
    name, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((name, keys.numpy().view(np.uint32), position, has_gauss, gauss))
    torch.set_rng_state(state["host"])
    if state["gpu"] is not None and device is not None and device.type == "wgpu":
        torch.wgpu.set_rng_state(state["gpu"], device)
    for generator, its in zip(generators, state["generators"], strict=True):
        generator.set_state(its)
