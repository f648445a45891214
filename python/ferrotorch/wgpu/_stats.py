"""What GPUs have been asked to do: counts of launches and of what they cost the host."""

from __future__ import annotations

import dataclasses

from ferrotorch import _C
from ferrotorch.wgpu._device import Device, index_of


@dataclasses.dataclass(frozen=True)
class Stats:
    """Counts since a GPU was opened, or since they were last reset.

    Attributes:
        launches: kernels that were put on the way to the GPU.
        submissions: times that launches and copies were handed to it.
        waits: times that the host waited for it.
        bytes_read: bytes copied to the host.
        bytes_written: bytes copied from the host.
        fallbacks: calls that the host computed on copies, by op, for want of a kernel.
        shaders: the launches, by the names of the shaders.
    """

    launches: int
    submissions: int
    waits: int
    bytes_read: int
    bytes_written: int
    fallbacks: dict[str, int]
    shaders: dict[str, int]

    def since(self, before: Stats) -> Stats:
        """What came to these counts after earlier ones."""
        figures = [f.name for f in dataclasses.fields(self) if f.name not in ("fallbacks", "shaders")]
        counts = {name: getattr(self, name) - getattr(before, name) for name in figures}
        fallbacks = _grown(self.fallbacks, before.fallbacks)
        return Stats(**counts, fallbacks=fallbacks, shaders=_grown(self.shaders, before.shaders))


def _grown(now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    grown = {name: count - before.get(name, 0) for name, count in now.items()}
    return {name: count for name, count in grown.items() if count}


_ZERO: dict[int, Stats] = {}


def _now(index: int) -> Stats:
    return Stats(*_C._gpu_work(index), _C._gpu_fallbacks(index), _C._gpu_launches(index))


def stats(device: Device | None = None) -> Stats:
    """Counts of what a GPU has been asked to do; zeros for one that has not been used."""
    index = index_of(device)
    now = _now(index)
    return now.since(_ZERO[index]) if index in _ZERO else now


def reset_stats(device: Device | None = None) -> None:
    """Let the counts begin anew."""
    index = index_of(device)
    _ZERO[index] = _now(index)
