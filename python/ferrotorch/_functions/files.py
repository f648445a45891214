"""Tensors over the contents of files."""

from __future__ import annotations

import os
from typing import Any

from ferrotorch import _C
from ferrotorch.storage import from_file as storage_of_file

__all__ = ["from_file"]


def from_file(
    filename: str | os.PathLike[str],
    shared: bool | None = None,
    size: int | None = 0,
    *,
    dtype: _C.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> _C.Tensor:
    """A tensor of one dimension over the first elements of a file, which are read when they are first looked at.

    Args:
        filename: the file's path.
        shared: what is written to the tensor goes to the file, which is made, or made longer, if need be; otherwise
            the file stays as it is.
        size: number of elements.
        dtype: of the elements, as they lie in the file; by default the default dtype.
        layout: strided only.
        device: the host only.
        pin_memory: accepted as False.
        requires_grad: whether gradients are to be computed.

    Raises:
        NotImplementedError: another device or layout.
        RuntimeError: the file cannot be opened, is shorter and not ``shared``, or ``size`` is negative.
    """
    place = _C.device("cpu" if device is None else device)
    if place.type != "cpu" or layout not in (None, _C.strided) or pin_memory:
        raise NotImplementedError(f"from_file(): a file is mapped into plain memory of the host, not to {place}")
    dtype = _C.get_default_dtype() if dtype is None else dtype
    nbytes = (size or 0) * dtype.itemsize
    if nbytes < 0:
        raise RuntimeError(f"unable to mmap {nbytes} bytes from file <{os.fspath(filename)}>: the size is negative")
    result = _C.empty(0, dtype=dtype)
    result.set_(storage_of_file(filename, bool(shared), nbytes))
    return result.requires_grad_() if requires_grad else result
