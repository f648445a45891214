"""Sums, products and quotients in which sparse tensors take part."""

from __future__ import annotations

import numbers
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import at_pattern, build, factor_at_pattern, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import Compressed, Coo, compressed_of, coo_of, handle_of


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """``input + alpha * other``, of two sparse tensors, or of a dense and a sparse one.

    Raises:
        RuntimeError: a tensor in coordinates is the first operand and the other one is not sparse; sizes differ.
    """
    if handle_of(input) is None:
        return _dense_plus(input, other, alpha)
    if handle_of(other) is None:
        if coo_of(input) is not None or not isinstance(other, Tensor) or other.dim() == 0:
            raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
        return _dense_plus(other * alpha if alpha != 1 else other, input, 1)
    if input.shape != other.shape:
        raise RuntimeError(
            f"add: expected sizes of 'self' and 'other' to match, but {list(input.shape)} != {list(other.shape)}"
        )
    a, b = compressed_of(input), compressed_of(other)
    if a is not None or b is not None:
        if a is None or b is None or a.layout != b.layout:
            raise RuntimeError("add: expected 'self' and 'other' to have the same sparse layout")
        return _compressed_sum(input, other, alpha)
    return _coo_sum(input, other, alpha)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """``input - alpha * other``; see `add`.

    Raises:
        NotImplementedError: both have truth values.
    """
    if isinstance(input, Tensor) and isinstance(other, Tensor) and input.dtype == other.dtype == torch.bool:
        raise NotImplementedError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    return add(input, other, alpha=-alpha)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """``other - alpha * input``; see `add`."""
    return add(torch.as_tensor(other), input, alpha=-alpha)


class DensePlusSparse(Function):
    """A dense tensor plus a multiple of a sparse one. The gradients of both are dense."""

    @staticmethod
    def forward(ctx: Any, dense: Tensor, sparse: Tensor, alpha: Any) -> Tensor:
        """The sum, dense."""
        ctx.alpha = alpha
        dtype = torch.result_type(dense, sparse)
        return add_into(dense.to(dtype, copy=True), sparse, alpha)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient, and its multiple."""
        return grad, grad if ctx.alpha == 1 else grad * ctx.alpha, None


def _dense_plus(dense: Any, sparse: Tensor, alpha: Any) -> Tensor:
    dense = torch.as_tensor(dense)
    if dense.shape != sparse.shape:
        raise RuntimeError(
            f"add: expected 'self' and 'other' to have same size, but self has size {list(dense.shape)} while "
            f"other has size {list(sparse.shape)} (FYI: dense-sparse addition does not currently support broadcasting)"
        )
    return DensePlusSparse.apply(dense, sparse, alpha)


def add_into(dense: Tensor, sparse: Tensor, alpha: Any = 1) -> Tensor:
    """Add a multiple of a sparse tensor to a dense one in place; returns the dense one. Not differentiable."""
    handle = coo_of(sparse)
    if handle is None:
        own = compressed_of(sparse)
        assert own is not None
        handle, _ = _conversion.coordinates(own)
    values = handle.values.to(dense.dtype)
    if alpha != 1:  # In the dtype of the sum: in their own, unsigned numbers would turn around.
        values = (values * alpha).to(dense.dtype)
    if handle.sparse_dim == 0:
        return dense.add_(values.sum(0))
    if handle.sparse_dim == 1:
        return dense.index_add_(0, handle.indices[0], values)
    return dense.index_put_(tuple(handle.indices), values, accumulate=True)


def _require_same_dims(a: Coo, b: Coo) -> None:
    if a.sparse_dim != b.sparse_dim:
        raise RuntimeError(
            f"add: expected 'self' and 'other' to have same density, but 'self' has {a.sparse_dim} sparse dimensions "
            f"while 'other' has {b.sparse_dim} sparse dimensions"
        )


def _coo_sum(input: Tensor, other: Tensor, alpha: Any) -> Tensor:
    a, b = coo_of(input), coo_of(other)
    assert a is not None
    assert b is not None
    _require_same_dims(a, b)
    dtype = torch.result_type(input, other)
    own, others = values_of(input).to(dtype), values_of(other).to(dtype)
    others = others if alpha == 1 else others * alpha
    if b.nnz == 0 or a.nnz == 0:
        # Nothing is to be merged: one of the two is the result.
        handle, values = (a, own) if b.nnz == 0 else (b, others)
        return build(values, Coo(handle.indices, values.detach(), a.size, handle.coalesced))
    keys = _merge_keys(a, b)
    if keys is None:
        values = torch.cat([own, others])
        return build(values, Coo(torch.cat([a.indices, b.indices], 1), values.detach(), a.size, False))
    places, inverse = keys
    values = _conversion.summed(torch.cat([own, others]), inverse, places.numel())
    indices = torch.cat([a.indices, b.indices], 1)[:, _first_of(inverse, places.numel())]
    return build(values, Coo(indices, values.detach(), a.size, a.coalesced and b.coalesced))


def _merge_keys(a: Coo, b: Coo) -> tuple[Tensor, Tensor] | None:
    """The places of two sorted lists merged, and where each entry goes; None if one of them is not sorted.

    The n-th entry at a place in one list meets the n-th at that place in the other, so that lists without repetitions
    have a sum without them.
    """
    keys = []
    flats = [a.flat(), b.flat()]
    if any(bool((flat[1:] < flat[:-1]).any()) for flat in flats):
        return None
    if a.coalesced and b.coalesced:
        return torch.unique(torch.cat(flats), return_inverse=True)
    most = max(a.nnz, b.nnz)
    for flat in flats:
        number = torch.arange(flat.numel(), device=flat.device) - torch.searchsorted(flat, flat)
        keys.append(flat * most + number)
    return torch.unique(torch.cat(keys), return_inverse=True)


def _first_of(inverse: Tensor, count: int) -> Tensor:
    """The position of some entry of each group."""
    positions = torch.arange(inverse.numel(), device=inverse.device)
    return positions.new_empty(count).index_copy_(0, inverse, positions)


def _compressed_sum(input: Tensor, other: Tensor, alpha: Any) -> Tensor:
    a, b = compressed_of(input), compressed_of(other)
    assert a is not None
    assert b is not None
    if (
        all(torch.equal(x, y) for x, y in zip(a.pattern, b.pattern, strict=True) if x.shape == y.shape)
        and a.nnz == b.nnz
    ):
        others = values_of(other)
        return build(values_of(input) + (others if alpha == 1 else others * alpha), a)
    total = _coo_sum(
        _conversion.coalesce(_conversion.to_sparse_coo(input)),
        _conversion.coalesce(_conversion.to_sparse_coo(other)),
        alpha,
    )
    return _conversion.as_compressed(total, a)


def _is_number(x: Any) -> bool:
    return isinstance(x, numbers.Number) or (isinstance(x, Tensor) and handle_of(x) is None and x.dim() == 0)


def mul(input: Any, other: Any) -> Tensor:
    """The product, element by element: what is stored in the sparse operands, all of them if there are two.

    A dense operand and a sparse one are broadcast together, two sparse ones along the dimensions of their values.
    """
    if handle_of(input) is None:
        input, other = other, input
    handle = handle_of(input)
    if _is_number(other):
        values = values_of(input) * other
        return build(values, handle)
    if handle_of(other) is None:
        if not isinstance(other, Tensor):
            raise TypeError(f"mul(): argument 'other' must be Tensor or Number, not {type(other).__name__}")
        return _product_with_dense(input, other)
    if isinstance(handle, Compressed):
        product = _coo_product(_conversion.to_sparse_coo(input), _conversion.to_sparse_coo(other))
        return _conversion.as_compressed(product, handle)
    return _coo_product(input, other)


def _product_with_dense(sparse: Tensor, dense: Tensor) -> Tensor:
    from ferrotorch.sparse import _views

    size = torch.broadcast_shapes(sparse.shape, dense.shape)
    wide = sparse if size == sparse.shape else _views._sparse_broadcast_to(sparse, size)
    handle = handle_of(wide)
    return build(values_of(wide) * factor_at_pattern(dense, handle), handle)


def _have_common_places(input: Tensor, other: Tensor) -> bool:
    """Are the sizes the same, but for those of values that can be broadcast together?"""
    if input.shape == other.shape:
        return True
    a, b = coo_of(input), coo_of(other)
    if a is None or b is None or a.sparse_dim != b.sparse_dim or len(a.size) != len(b.size):
        return False
    pairs = list(zip(a.size, b.size, strict=True))
    of_places, of_values = pairs[: a.sparse_dim], pairs[a.sparse_dim :]
    return all(x == y for x, y in of_places) and all(x == y or 1 in (x, y) for x, y in of_values)


def _coo_product(input: Tensor, other: Tensor) -> Tensor:
    if not _have_common_places(input, other):
        raise RuntimeError(
            f"mul operands have incompatible sizes: {list(input.shape)} and {list(other.shape)}; sparse tensors are "
            "not broadcast"
        )
    a, b = coo_of(input), coo_of(_conversion.coalesce(_conversion.to_sparse_coo(other)))
    assert a is not None
    assert b is not None
    is_common = torch.isin(a.flat(), b.flat())
    common = Coo(a.indices[:, is_common], a.values[is_common], a.size, a.coalesced)
    values = values_of(input)[is_common] * at_pattern(other, common)
    return build(values, common)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """A sparse tensor divided by a number, or by a dense tensor without dimensions.

    Raises:
        RuntimeError: another divisor.
    """
    if not _is_number(other):
        shape = list(other.shape) if isinstance(other, Tensor) else other
        kind = "floor division" if rounding_mode == "floor" else "division"
        raise RuntimeError(
            f"Sparse {kind} requires a scalar or zero-dim dense tensor divisor (got shape {shape} for divisor)"
        )
    handle = handle_of(input)
    if handle is None:
        raise unsupported("reciprocal", other)
    x = input if rounding_mode is None or coo_of(input) is None else _conversion.coalesce(input)
    return build(torch.div(values_of(x), other, rounding_mode=rounding_mode), handle_of(x))


def floor_divide(input: Any, other: Any) -> Tensor:
    """`div` rounded down."""
    return div(input, other, rounding_mode="floor")


def pow(input: Any, exponent: Any) -> Tensor:
    """The elements to the power of a number other than zero.

    Raises:
        RuntimeError: the exponent is zero, which would give ones everywhere.
    """
    if handle_of(input) is None or not _is_number(exponent):
        raise unsupported("pow.Tensor_Tensor", exponent if handle_of(input) is None else input)
    if exponent == 0:
        raise RuntimeError("pow: cannot raise to zeroth power on sparse tensor; it would make the result tensor dense")
    x = _conversion.coalesce(input) if coo_of(input) is not None else input
    return build(values_of(x) ** exponent, handle_of(x))


def zero_(self: Tensor) -> Tensor:
    """Store nothing any more."""
    handle = handle_of(self)
    if isinstance(handle, Coo):
        handle.assign(coo_of(_conversion.empty_like_coo(handle)))
    else:
        handle.assign(handle.emptied())
    return self


def fill_(self: Tensor, value: Any) -> Tensor:
    """Give all entries that are stored one value, where rows or columns are compressed.

    Raises:
        NotImplementedError: the tensor is in coordinates.
    """
    handle = compressed_of(self)
    if handle is None:
        raise unsupported("fill_.Scalar", self)
    handle.values = torch.full_like(handle.values, value)
    return self
