"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import ferrotorch as torch
from ferrotorch._C import Tensor


def _check_device(parameters: list[Tensor]) -> None:
    devices = {str(p.device) for p in parameters}
    if len(devices) > 1:
        raise TypeError(
            f"Found two parameters on different devices, this is currently not supported: {sorted(devices)}"
        )


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, flattened, one after the other.

    Raises:
        TypeError: parameters on different devices.
    """
    items = list(parameters)
    _check_device(items)
    return torch.cat([p.reshape(-1) for p in items])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make the parameters views of consecutive pieces of ``vec``.

    Raises:
        TypeError: ``vec`` is no tensor, or parameters on different devices.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    items = list(parameters)
    _check_device(items)
    start = 0
    for parameter in items:
        size = parameter.numel()
        parameter.data = vec[start : start + size].view_as(parameter).data
        start += size
