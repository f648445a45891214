"""The start and stop of NVIDIA's profilers, which are not here; see :mod:`ferrotorch.profiler`."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["start", "stop"]


def start() -> NoReturn:
    """Begin to profile.

    Raises:
        AssertionError: always.
    """
    raise AssertionError("torch.cuda.profiler: NVIDIA's profiler is not part of ferrotorch; torch.profiler.profile is")


def stop() -> NoReturn:
    """End to profile.

    Raises:
        AssertionError: always.
    """
    start()
