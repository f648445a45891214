"""How tensors take part in plain pickling: `pickle.dumps`, and batches on their way between processes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from operator import index
from typing import Any, SupportsIndex

import ferrotorch
from ferrotorch import Tensor

from .rebuild import (
    attributes_of,
    metadata_of,
    rebuild_from_type_v2,
    reduce_meta_tensor,
    reduce_wrapper,
    tensor_from_storage,
    with_metadata,
)
from .storages import storage_over

__all__ = ["rebuild_from_buffer", "reduce_tensor"]


def reduce_tensor(tensor: Tensor, protocol: SupportsIndex = 2) -> tuple[Any, ...]:
    """What ``Tensor.__reduce_ex__(protocol)`` returns.

    The elements travel with their strides if they fill their storage, and as a contiguous copy otherwise; what a view
    does not show stays behind, and tensors no longer share memory. From protocol 5 on the bytes can go out of band.
    """
    wrapper = reduce_wrapper(tensor)
    if wrapper is not None:
        return wrapper
    attributes = attributes_of(tensor) or None
    if tensor.is_meta:
        function, args = reduce_meta_tensor(tensor)
        if type(tensor) is not Tensor:
            return rebuild_from_type_v2, (function, type(tensor), args, {}), attributes
        return function, args, attributes
    data = tensor.detach()
    if data.untyped_storage().nbytes() != data.numel() * data.itemsize:
        data = data.clone(memory_format=ferrotorch.contiguous_format)
    raw = data.untyped_storage().tobytes()
    args = (
        pickle.PickleBuffer(raw) if index(protocol) >= 5 else raw,
        data.dtype,
        tuple(data.shape),
        tuple(data.stride()),
        data.storage_offset(),
        str(data.device),
        tensor.requires_grad,
        type(tensor),
        metadata_of(data),
    )
    return rebuild_from_buffer, args, attributes


def rebuild_from_buffer(
    buffer: Any,
    dtype: ferrotorch.dtype,
    size: Sequence[int],
    stride: Sequence[int],
    offset: int,
    device: str,
    requires_grad: bool,
    kind: type[Tensor],
    metadata: dict[str, bool],
) -> Tensor:
    """The tensor that `reduce_tensor` took apart."""
    tensor = tensor_from_storage(storage_over(bytearray(buffer)), dtype, offset, size, stride).to(device)
    tensor = with_metadata(tensor, metadata)
    if kind is not Tensor:
        tensor = tensor.as_subclass(kind)
    return tensor.requires_grad_() if requires_grad else tensor
