"""The precisions that a model is trained in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import ferrotorch as torch

__all__ = ["Precision"]

NAMES = ("32", "64", "bf16", "bf16-mixed")
_DTYPES = {"32": None, "64": torch.float64, "bf16": torch.bfloat16, "bf16-mixed": None}


class Precision:
    """How numbers are kept and multiplied.

    ``"32"`` leaves model and data as they are. ``"64"`` and ``"bf16"`` convert parameters and floating-point inputs.
    ``"bf16-mixed"`` keeps parameters and casts in products and convolutions alone, by ``torch.autocast``.

    Raises:
        ValueError: there is no such precision.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name not in NAMES:
            raise ValueError(f"Trainer: precision {name!r} is not one of {', '.join(map(repr, NAMES))}")
        self.name, self.dtype, self._device = name, _DTYPES[name], device
        self.is_mixed = name == "bf16-mixed"

    def autocast(self) -> AbstractContextManager[Any]:
        """The context that a forward pass runs in, where precision is mixed."""
        return torch.amp.autocast(self._device.type, dtype=torch.bfloat16)

    def convert(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor of a batch on the device, in the precision of the model."""
        if self.dtype is not None and tensor.is_floating_point():
            return tensor.to(self._device, self.dtype)
        return tensor.to(self._device)
