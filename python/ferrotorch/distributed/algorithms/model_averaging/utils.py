"""Averages of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._reduce_op import ReduceOp

__all__ = ["average_parameters", "average_parameters_or_parameter_groups", "get_params_to_average"]

Tensor = torch.Tensor


def average_parameters(params: Iterable[Tensor], process_group: Any = None) -> None:
    """Let all processes have the averages of their parameters, in as few messages as there are dtypes."""
    kinds: dict[Any, list[Tensor]] = {}
    for parameter in params:
        kinds.setdefault((parameter.dtype, str(parameter.device)), []).append(parameter.detach())
    for alike in kinds.values():
        _collectives.all_reduce_coalesced(alike, ReduceOp.AVG, process_group)


def get_params_to_average(params: Iterable[Tensor] | Iterable[dict[str, Any]]) -> list[Tensor]:
    """The parameters that have gradients, of parameters or of groups of an optimizer."""
    return [parameter for parameter in _listed(params) if parameter.grad is not None]


def _listed(params: Iterable[Any]) -> Iterator[Tensor]:
    for each in params:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, dict):
            yield from each["params"]
        else:
            raise NotImplementedError(f"Parameter input of type {type(each)} is not supported")


def average_parameters_or_parameter_groups(params: Iterable[Any], process_group: Any = None) -> None:
    """:func:`average_parameters` of what :func:`get_params_to_average` finds."""
    average_parameters(get_params_to_average(params), process_group)
