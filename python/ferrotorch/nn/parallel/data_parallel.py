"""A module whose batches PyTorch splits among GPUs."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.nn.modules.module import Module

__all__ = ["DataParallel", "data_parallel"]


class DataParallel(Module):
    """A module that is called with whole batches, on the device where its parameters are.

    Without GPUs PyTorch's calls the module too, and with several it gives the same results. Names in ``state_dict``
    begin with ``module.``.

    Args:
        module: The module.
        device_ids: Accepted: batches are not split.
        output_device: Where results go; by default they stay where they are.
        dim: Accepted: batches are not split.
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids = list(device_ids or [])
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: torch.device | str | int | None = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """What a module returns for a batch, which is not split.

    ``device_ids``, ``output_device`` and ``dim``, which would say how, are accepted.
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
