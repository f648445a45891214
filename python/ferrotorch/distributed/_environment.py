"""Rank and size of the job as the launcher of MPI tells them, under the names by which ``torchrun`` tells them.

Programs read ``RANK``, ``WORLD_SIZE`` and ``LOCAL_RANK`` before they make a process group, and before anything loads
MPI. What the launchers put into the environment of the processes they start is enough to fill them in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple

__all__ = ["Place", "fill", "place_of", "without_launcher"]


class Place(NamedTuple):
    """Where a process stands in its job."""

    rank: int
    world_size: int
    local_rank: int
    local_world_size: int


# Rank, size, rank on the machine, number on the machine: of Open MPI, MPICH (and its relatives), Slurm with PMIx.
_LAUNCHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
    ("PMI_RANK", "PMI_SIZE", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"),
    ("PMIX_RANK", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"),
)


def place_of(environ: Mapping[str, str]) -> Place | None:
    """The place that a launcher of MPI wrote into an environment, or None where none did."""
    for rank, size, local_rank, local_size in _LAUNCHERS:
        if rank in environ and size in environ and local_rank in environ:
            on_machine = environ.get(local_size, environ[size])
            return Place(int(environ[rank]), int(environ[size]), int(environ[local_rank]), int(on_machine))
    if "PMI_RANK" in environ and "PMI_SIZE" in environ:
        alone = int(environ["PMI_RANK"]), int(environ["PMI_SIZE"])
        return Place(*alone, *alone)
    return None


def without_launcher(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which no launcher has said anything, for a process that is none of the job."""
    told = {name for names in _LAUNCHERS for name in names} | {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"}
    return {name: value for name, value in environ.items() if name not in told}


def fill(environ: MutableMapping[str, str] = os.environ, place: Place | None = None) -> None:
    """Write the place of this process under the names of ``torchrun``, unless they are there already.

    Args:
        environ: The environment.
        place: The place, where MPI itself has told it; else what the launcher wrote.
    """
    place = place or place_of(environ)
    if place is None:
        return
    names = {
        "RANK": place.rank,
        "WORLD_SIZE": place.world_size,
        "LOCAL_RANK": place.local_rank,
        "LOCAL_WORLD_SIZE": place.local_world_size,
        "GROUP_RANK": place.rank // max(place.local_world_size, 1),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": 29500,
    }
    for name, value in names.items():
        environ.setdefault(name, str(value))
