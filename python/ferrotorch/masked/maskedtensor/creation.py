"""Tensors with a mask of data and masks."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked.maskedtensor._calls import wrap
from ferrotorch.masked.maskedtensor._layouts import prepared
from ferrotorch.masked.maskedtensor.core import MaskedTensor, is_masked_tensor, validate
from ferrotorch.sparse._doors import at_pattern, build, values_of
from ferrotorch.sparse._handles import handle_of

__all__ = ["as_masked_tensor", "masked_tensor"]


def masked_tensor(data: Any, mask: Any, requires_grad: bool = False) -> MaskedTensor:
    """A tensor of elements with a mask, without their history; see `MaskedTensor`."""
    return MaskedTensor(data, mask, requires_grad)


class _Masked(torch.autograd.Function):
    """Elements with a mask, whose gradient is that of the elements that count."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, mask: Tensor) -> Tensor:
        """The elements."""
        ctx.mask = mask
        return data.view_as(data)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient where elements count, zero elsewhere."""
        grad = grad.get_data() if is_masked_tensor(grad) else grad
        return torch.where(ctx.mask, grad, 0), None


def as_masked_tensor(data: Tensor, mask: Tensor) -> MaskedTensor:
    """A tensor of elements with a mask that keeps their history: gradients go on to ``data``."""
    validate(data, mask)
    data, mask = prepared(data, mask)
    if data.layout is not torch.strided:
        handle = handle_of(mask)
        return wrap(build(_Masked.apply(values_of(data), at_pattern(mask, handle)), handle), mask)
    return wrap(_Masked.apply(data, mask), mask)
