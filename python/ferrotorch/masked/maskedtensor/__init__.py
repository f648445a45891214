"""Tensors that carry a mask: ops see the elements that count, and results carry masks on."""

from __future__ import annotations

from ferrotorch.masked.maskedtensor.core import MaskedTensor, is_masked_tensor
from ferrotorch.masked.maskedtensor.creation import as_masked_tensor, masked_tensor

__all__ = ["MaskedTensor", "as_masked_tensor", "is_masked_tensor", "masked_tensor"]
