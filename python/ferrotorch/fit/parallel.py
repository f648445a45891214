"""Several processes that train one model, each on its part of the data: those that ``mpiexec`` has started.

Everywhere else, and inside of :func:`alone`, there is one process, whose rank is 0, and nothing is sent.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import ferrotorch as torch

__all__ = ["alone", "average_gradients", "broadcast", "gather", "join", "rank", "world_size"]

_is_alone = ContextVar("_is_alone", default=False)


@cache
def _module() -> Any:
    """The package of collectives, or None where this build has none."""
    module = importlib.import_module("ferrotorch.distributed")
    return module if module.is_available() else None


def _collectives() -> Any:
    module = None if _is_alone.get() else _module()
    return module if module is not None and module.is_initialized() else None


@contextmanager
def alone(wanted: bool = True) -> Iterator[None]:
    """A context in which this process knows of no others, if that is ``wanted``."""
    token = _is_alone.set(wanted)
    try:
        yield
    finally:
        _is_alone.reset(token)


def join() -> None:
    """Make the group of all processes that a launcher of MPI has started, unless there is one.

    Raises:
        RuntimeError: there are several, and mpi4py or MPI is missing.
    """
    module = _module()
    if module is not None and not module.is_initialized():
        place = importlib.import_module("ferrotorch.distributed._environment").place_of(os.environ)
        if place is not None and place.world_size > 1:
            module.init_process_group()


def world_size() -> int:
    """How many processes train together."""
    collectives = _collectives()
    return 1 if collectives is None else collectives.get_world_size()


def rank() -> int:
    """The number of this process among them."""
    collectives = _collectives()
    return 0 if collectives is None else collectives.get_rank()


def broadcast(tensors: Iterable[torch.Tensor]) -> None:
    """Give all processes the values that the first one has, in place."""
    collectives = _collectives()
    if collectives is not None:
        with torch.no_grad():
            for tensor in tensors:
                collectives.broadcast(tensor, 0)


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replace gradients by their means over all processes.

    They travel as one vector for each dtype: a message costs more than the bytes of a small layer. A parameter that
    this process has no gradient of counts as zeros, since others may have one.
    """
    collectives = _collectives()
    if collectives is None:
        return
    by_dtype: dict[torch.dtype, list[torch.nn.Parameter]] = {}
    for parameter in parameters:
        if parameter.requires_grad:
            by_dtype.setdefault(parameter.dtype, []).append(parameter)
    with torch.no_grad():
        for group in by_dtype.values():
            grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in group]
            flat = torch.cat([grad.reshape(-1) for grad in grads])
            collectives.all_reduce(flat)
            flat /= collectives.get_world_size()
            for parameter, part in zip(group, flat.split([grad.numel() for grad in grads]), strict=True):
                parameter.grad = part.view_as(parameter).clone()


def gather(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The tensors that all processes have, which may differ in shape, in the order of their ranks."""
    collectives = _collectives()
    if collectives is None:
        return [tensor]
    found: list[Any] = [None] * collectives.get_world_size()
    collectives.all_gather_object(found, tensor)
    return found
