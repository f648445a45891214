"""The older classes of sparse tensors, ``torch.sparse.FloatTensor`` and its like, which make tensors of a dtype."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._construction import sparse_coo_tensor
from ferrotorch.sparse._handles import coo_of

_DTYPES = {
    "BFloat16Tensor": "bfloat16", "ByteTensor": "uint8", "CharTensor": "int8", "DoubleTensor": "float64",
    "FloatTensor": "float32", "HalfTensor": "float16", "IntTensor": "int32", "LongTensor": "int64",
    "ShortTensor": "int16",
}  # fmt: skip


class _OfDtype(type):
    """Counts tensors in coordinates of the dtype as instances."""

    dtype: torch.dtype

    def __instancecheck__(cls, instance: Any) -> bool:
        return coo_of(instance) is not None and instance.dtype == cls.dtype

    def __call__(cls, *args: Any, device: Any = None) -> Tensor:
        """A tensor of coordinates and values (and a size), of a size alone, or of nothing at all."""
        if len(args) >= 2 and isinstance(args[0], Tensor):
            return sparse_coo_tensor(*args[:3], dtype=cls.dtype, device=device)
        size = args[0] if len(args) == 1 and not isinstance(args[0], int) else args or (0,)
        return sparse_coo_tensor(size=tuple(size), dtype=cls.dtype, device=device)


def legacy_class(name: str) -> Any:
    """The class of this name; None if there is none."""
    if name not in _DTYPES:
        return None
    text = f"Makes sparse tensors of {_DTYPES[name]}; `torch.sparse_coo_tensor` with a ``dtype`` is the newer way."
    members = {"__doc__": text, "__module__": "ferrotorch.sparse", "dtype": getattr(torch, _DTYPES[name])}
    return _OfDtype(name, (), members)
