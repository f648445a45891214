"""Masks in the form of a tensor, and elements with what changes nothing in place of those that do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked._filling import dims_of, filled, highest, lowest

__all__: list[str] = []

_REDUCTIONS = frozenset(
    ["sum", "prod", "amax", "amin", "argmax", "argmin", "mean", "median", "norm", "var", "std", "logsumexp"]
)
_SAME_SIZE = frozenset(["softmax", "log_softmax", "softmin", "normalize", "cumsum", "cumprod"])
_LAYOUTS = (torch.strided, torch.sparse_coo, torch.sparse_csr)


def _canonical_dim(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions that a reduction names, counted from the start, in order; all for None and for none."""
    return tuple(range(ndim)) if dim is None or dim == () else tuple(sorted(dims_of(dim, torch.empty((1,) * ndim))))


def _reduction_identity(op_name: str, input: Tensor, *args: Any) -> Tensor | None:
    """What changes nothing in a reduction, in the dtype of a tensor; None where there is no one value."""
    name, dtype = op_name.rsplit(".", 1)[-1], input.dtype
    values: dict[str, Callable[[], Any]] = {
        **dict.fromkeys(("sum", "cumsum"), lambda: 0),
        **dict.fromkeys(("prod", "cumprod"), lambda: 1),
        **dict.fromkeys(("amax", "argmax", "logaddexp", "logsumexp"), lambda: lowest(dtype)),
        **dict.fromkeys(("amin", "argmin"), lambda: highest(dtype)),
        **dict.fromkeys(("mean", "var", "std"), lambda: None),
        "norm": lambda: torch.inf if args and args[0] == -torch.inf else 0,
        "median": lambda: torch.nan,
    }
    if name not in values:
        raise NotImplementedError(f"identity of {op_name} on {dtype} input")
    if name == "median" and not dtype.is_floating_point:
        dtype = torch.float32
    value = values[name]()
    return None if value is None else torch.tensor(value, dtype=dtype, device=input.device)


def _where(mask: Tensor, input: Tensor, fill_value: Any) -> Tensor:
    """The elements that a mask names, of its layout; in a sparse tensor nothing else is stored."""
    if mask.layout is torch.strided:
        return torch.where(mask, input, fill_value)
    if mask.layout not in _LAYOUTS:
        raise ValueError(f"_where expects strided or sparse COO or sparse CSR tensor but got {mask.layout}")
    places = mask.to_sparse_coo().coalesce()
    if places.dense_dim():
        chosen = input.sparse_mask(places)
        values = filled(chosen.values(), places.values(), fill_value.item())
        result = torch.sparse_coo_tensor(places.indices(), values, input.shape, is_coalesced=True)
    else:
        kept = torch.sparse_coo_tensor(
            places.indices()[:, places.values()], places.values()[places.values()], mask.shape, is_coalesced=True
        )
        result = input.to_sparse_coo().coalesce().sparse_mask(kept)
    return result if mask.layout is torch.sparse_coo else result.to_sparse_csr()


def _input_mask(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """A mask as booleans in the size and the layout of a tensor.

    Raises:
        IndexError: the mask has more dimensions.
        ValueError: there is no mask, or the tensor has another layout.
    """
    if input.layout not in _LAYOUTS:
        raise ValueError(f"_input_mask expects strided or sparse COO or sparse CSR tensor but got {input.layout}")
    mask = kwargs.get("mask")
    if mask is None:
        raise ValueError("_input_mask requires explicit mask")
    if mask.dim() > input.dim():
        raise IndexError("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)")
    if mask.shape != input.shape:
        dense = mask if mask.layout is torch.strided else mask.to_dense()
        wide = dense.broadcast_to(input.shape)
        mask = wide if mask.layout is torch.strided else wide.to_sparse_coo()
    if mask.layout is not input.layout:
        if input.layout is torch.strided:
            mask = mask.to_dense()
        elif input.layout is torch.sparse_coo:
            mask = mask.to_sparse(input.sparse_dim()) if mask.layout is torch.strided else mask.to_sparse_coo()
        else:
            mask = mask.to_sparse_csr()
    return (mask.coalesce() if mask.layout is torch.sparse_coo else mask).to(torch.bool)


def _output_mask(op: Any, input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Which elements of the result of a masked function have any that counts behind them.

    Raises:
        ValueError: no masked function.
    """
    name = getattr(op, "__name__", None)
    if not callable(op):
        raise ValueError(f"_output_mask expected masked operation (got {type(op).__name__} object)")
    if name in _SAME_SIZE:
        return _input_mask(input, *args, **kwargs)
    if name not in _REDUCTIONS:
        raise ValueError(f"_output_mask expected masked operation (got callable {op.__module__}.{name})")
    given = args[1:] if name == "norm" else args
    dims = _canonical_dim(given[0] if given else kwargs.get("dim"), input.dim())
    mask, keepdim = _input_mask(input, *args, **kwargs), bool(kwargs.get("keepdim", False))
    for d in reversed(dims):
        mask = mask.any(d, keepdim=keepdim)
    return mask


def _combine_input_and_mask(op: Any, input: Any, mask: Any, *args: Any) -> Tensor:
    """The elements that count, and in the place of others what changes nothing in a reduction."""
    from ferrotorch.masked.maskedtensor import MaskedTensor

    if isinstance(input, MaskedTensor):
        input, mask = input.get_data(), input.get_mask()
    if mask is None:
        return input
    if not callable(op):
        raise ValueError(f"_combine_input_and_mask expected masked operation (got {type(op).__name__} object)")
    return _where(_input_mask(input, mask=mask), input, _reduction_identity(op.__name__, input, *args))
