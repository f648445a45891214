"""Nested tensors made of lists, of padded tensors and of values with offsets."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nested._tensor import NestedTensor, is_nested, wrap


def _joined(parts: list[Tensor], layout: Any) -> NestedTensor:
    """Raises RuntimeError for tensors that differ in their dimensions, or in more than one size."""
    for i, part in enumerate(parts):
        if part.dim() != parts[0].dim():
            raise RuntimeError(
                "All Tensors given to nested_tensor must have the same dimension. Found dimension "
                f"{part.dim()} for Tensor at index {i} and dimension {parts[0].dim()} for Tensor at index 0."
            )
    if not parts or parts[0].dim() == 0:
        raise RuntimeError("nested_tensor(): a list of tensors of at least one dimension is needed")
    differing = [d for d in range(parts[0].dim()) if len({part.size(d) for part in parts}) > 1]
    if len(differing) > 1:
        raise RuntimeError(
            f"nested_tensor(): tensors may differ in the size of one dimension, but these do in {differing}"
        )
    ragged = differing[0] if differing else 0
    lengths = torch.tensor([part.size(ragged) for part in parts], device=parts[0].device)
    values = torch.cat([part.movedim(ragged, 0) for part in parts])
    return wrap(values, _offsets_of(lengths), layout, ragged + 1)


def _checked(layout: Any) -> Any:
    """Raises RuntimeError for a layout that nested tensors do not have; the default is ``torch.strided``."""
    if layout not in (None, torch.strided, torch.jagged):
        raise RuntimeError(f"Specified layout is unsupported for nested tensors: {layout}")
    return layout or torch.strided


def _offsets_of(lengths: Tensor) -> Tensor:
    return torch.nn.functional.pad(lengths.cumsum(0), (1, 0))


def nested_tensor(
    tensor_list: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A leaf with copies of a list of tensors, or of what tensors are made of.

    Args:
        tensor_list: the sequences; they may differ in the size of one dimension.
        dtype, device: those of the first tensor by default.
        layout: ``torch.strided``, the default, or ``torch.jagged``.
        requires_grad: is the result differentiated by?
        pin_memory: accepted for compatibility.

    Raises:
        RuntimeError: tensors that do not fit together.
    """
    parts = [torch.as_tensor(x, dtype=dtype, device=device).detach() for x in tensor_list]
    result = _joined(parts, _checked(layout))
    return result.requires_grad_(requires_grad)


def as_nested_tensor(ts: Any, dtype: Any = None, device: Any = None, layout: Any = None) -> Tensor:
    """A nested tensor of a list of tensors or of the slices of one, differentiable by them; see `nested_tensor`."""
    if is_nested(ts):
        return ts.to(dtype=dtype, device=device) if dtype or device else ts
    parts = [torch.as_tensor(x, dtype=dtype, device=device) for x in (ts.unbind() if isinstance(ts, Tensor) else ts)]
    return _joined(parts, _checked(layout))


def nested_tensor_from_jagged(
    values: Tensor,
    offsets: Tensor | None = None,
    lengths: Tensor | None = None,
    jagged_dim: int | None = None,
    min_seqlen: int | None = None,
    max_seqlen: int | None = None,
) -> Tensor:
    """A nested tensor over values (total, *) that lie one sequence after the other.

    Args:
        values: the values.
        offsets: (batch + 1): where sequences start, and where the last one ends.
        lengths: (batch): how long they are, where no offsets are given.
        jagged_dim: which dimension of the result is the ragged one; 1 by default.
        min_seqlen, max_seqlen: accepted for compatibility.

    Raises:
        RuntimeError: neither offsets nor lengths.
        NotImplementedError: both, which would leave holes between sequences.
    """
    if offsets is None:
        if lengths is None:
            raise RuntimeError("nested_tensor_from_jagged(): At least one of offsets or lengths is required.")
        offsets = _offsets_of(lengths)
    elif lengths is not None:
        raise NotImplementedError(
            "nested_tensor_from_jagged(): sequences with holes between them are not supported; give offsets or lengths"
        )
    ragged = 1 if jagged_dim is None else jagged_dim
    return wrap(values.movedim(ragged - 1, 0), offsets, torch.jagged, ragged)


def _spread(x: Any, count: int, device: Any) -> Tensor:
    return torch.as_tensor(x, device=device).expand(count)


def narrow(tensor: Tensor, dim: int, start: Any, length: Any, layout: Any = None) -> Tensor:
    """Of each row of a batch (batch, longest, *) the elements from its ``start`` on, as many as its ``length`` says.

    Args:
        tensor: the batch.
        dim: 1.
        start, length: a number for all rows, or one for each.
        layout: ``torch.strided``, the default, or ``torch.jagged``.

    Raises:
        RuntimeError: another dimension.
    """
    if dim != 1:
        raise RuntimeError("nested.narrow(): only dimension 1 is supported")
    starts, lengths = (_spread(x, tensor.size(0), tensor.device) for x in (start, length))
    places = torch.arange(tensor.size(1), device=tensor.device)
    mask = (places >= starts.unsqueeze(1)) & (places < (starts + lengths).unsqueeze(1))
    return wrap(tensor[mask], _offsets_of(mask.sum(1)), _checked(layout))


def masked_select(tensor: Tensor, mask: Tensor) -> Tensor:
    """Of each row of a batch (batch, longest) the elements where ``mask`` is true, in the jagged layout."""
    mask = mask.expand(tensor.shape)
    return wrap(tensor[mask], _offsets_of(mask.flatten(1).sum(1)), torch.jagged)
