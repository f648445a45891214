"""Legacy tensor types such as ``torch.cuda.FloatTensor``."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._legacy import _NAMES

__all__ = list(_NAMES)


class _LegacyType(type):
    """The type of ``torch.cuda.FloatTensor`` and its like: tensors of one dtype on a GPU are its instances."""

    dtype: Any

    def __instancecheck__(cls, obj: Any) -> bool:
        return isinstance(obj, _C.Tensor) and obj.dtype is cls.dtype and obj.is_cuda

    def __call__(cls, *args: Any, **kwargs: Any) -> _C.Tensor:
        from ferrotorch.cuda._state import gpus

        gpus()
        return _C._legacy_tensor(cls.dtype, *args, **{"device": "cuda", **kwargs})


for _name, _dtype in _NAMES.items():
    globals()[_name] = _LegacyType(
        _name, (), {"dtype": _dtype, "__module__": "torch.cuda", "__doc__": f"Tensors of {_dtype} on a GPU."}
    )
