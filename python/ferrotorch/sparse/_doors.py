"""The two ways between a sparse tensor and its values, through which gradients go.

A sparse op is written in ops on the values, which differentiate themselves: ``values_of`` gets at them, ``build`` makes
a tensor of new ones. A gradient that goes out by ``values_of`` is sparse, with the pattern of the tensor.
"""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.sparse._handles import Compressed, Coo, Handle, coo_of, handle_of, tensor_of


class Values(Function):
    """The values of a sparse tensor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The values, as a tensor of their own over the same memory."""
        ctx.handle = handle_of(x)
        return ctx.handle.values.detach()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient in the places of the values."""
        if isinstance(ctx.handle, Coo) and not ctx.handle.coalesced:
            from ferrotorch.sparse import _conversion

            return _conversion.once_a_place(grad, ctx.handle)
        return build(grad, ctx.handle)


class SparseTensorWithValues(Function):
    """A sparse tensor with the pattern of a handle."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, handle: Handle) -> Tensor:
        """The tensor."""
        ctx.handle = handle
        return tensor_of(handle.with_values(values.detach()))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient at the places of the values."""
        return at_pattern(grad, ctx.handle), None


class DenseAtPattern(Function):
    """The elements of a dense tensor in the places of a handle's values, with a gradient that is sparse."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, handle: Handle) -> Tensor:
        """The elements."""
        ctx.handle = handle
        return at_pattern(x.detach(), handle)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient in the places of the handle's values."""
        return build(grad, ctx.handle), None


def values_of(x: Tensor) -> Tensor:
    """The values of a sparse tensor, differentiable."""
    if x.requires_grad and torch.is_grad_enabled():
        return Values.apply(x)
    handle = handle_of(x)
    assert handle is not None
    values: Tensor = handle.values
    return values


def build(values: Tensor, handle: Handle) -> Tensor:
    """A sparse tensor with the pattern of a handle and other values, differentiable by these."""
    if values.requires_grad and torch.is_grad_enabled():
        return SparseTensorWithValues.apply(values, handle)
    return tensor_of(handle.with_values(values.detach()))


def factor_at_pattern(x: Tensor, handle: Handle) -> Tensor:
    """`at_pattern` of the dense factor of a product, which is broadcast to the handle's size.

    A leaf that has the size of a tensor in coordinates gets a sparse gradient, as in PyTorch. The ops that computed
    another factor differentiate dense tensors, so that its gradient is dense.
    """
    if isinstance(handle, Coo) and x.requires_grad and x.is_leaf and x.shape == handle.size:
        factor: Tensor = DenseAtPattern.apply(x, handle)
        return factor
    return at_pattern(x.expand(handle.size), handle)


def at_pattern(x: Tensor, handle: Handle) -> Tensor:
    """The elements of a tensor, dense or sparse, in the places of a handle's values; differentiable."""
    own = handle_of(x)
    if own is not None and _same_pattern(own, handle):
        return values_of(x)
    if isinstance(handle, Coo):
        return _at_coordinates(x, handle)
    assert isinstance(handle, Compressed)
    from ferrotorch.sparse import _conversion

    places, as_values = _conversion.coordinates(handle)
    return as_values(_at_coordinates(x, places))


def _same_pattern(a: Any, b: Any) -> bool:
    return type(a) is type(b) and all(x is y for x, y in zip(a.pattern, b.pattern, strict=True))


def _at_coordinates(x: Tensor, handle: Coo) -> Tensor:
    if handle_of(x) is None:
        if handle.sparse_dim == 0:
            return x.expand(handle.nnz, *x.shape)
        return x[tuple(handle.indices)]
    from ferrotorch.sparse import _conversion

    x = _conversion.coalesce(_conversion.to_sparse_coo(x))
    own = coo_of(x)
    assert own is not None
    if own.sparse_dim != handle.sparse_dim:
        return _at_coordinates(_conversion.to_dense(x), handle)
    values = values_of(x)
    if own.nnz == 0:
        return values.new_zeros((handle.nnz, *values.shape[1:]))
    known, wanted = own.flat(), handle.flat()
    place = torch.searchsorted(known, wanted).clamp_max(own.nnz - 1)
    found = (known[place] == wanted).reshape(-1, *[1] * (values.dim() - 1))
    return torch.where(found, values[place], values.new_zeros(()))
