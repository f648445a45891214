"""Tensors from array-like objects, over their memory where that is possible; NumPy's functions on tensors."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._exchange.dlpack import from_dlpack

Tensor = _C.Tensor

__all__ = ["asarray"]


# The dtypes of buffers, by the letters of the module `struct`.
_DTYPES = {
    "?": _C.bool, "B": _C.uint8, "b": _C.int8, "h": _C.int16, "i": _C.int32, "l": _C.int64, "q": _C.int64,
    "e": _C.float16, "f": _C.float32, "d": _C.float64,
}  # fmt: skip


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of any array-like object; shares memory with tensors, NumPy arrays, DLPack objects and buffers.

    Args:
        obj: A tensor, NumPy array or scalar, DLPack capsule or object, storage or object with the buffer protocol
            (read as elements of ``dtype``, by default its own), number, or nested sequence.
        dtype: Element type; by default the object's.
        device: Place; by default the object's.
        copy: True: always copy; False: never, raise if that is impossible; None: only where dtype or device ask for it.
        requires_grad: Ask for gradients. A tensor that has a history keeps it either way.

    Raises:
        ValueError: ``copy=False`` and memory cannot be shared.
        RuntimeError: ``requires_grad`` for a dtype without gradients.
    """
    shared = _shared(obj, dtype)
    if shared is None:
        if copy is False:
            if _is_numpy_scalar(obj):
                raise RuntimeError("can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. ")
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        result = _C.tensor(obj, dtype=dtype, device=device)
    else:
        result = _placed(shared, dtype, device, copy)
    if not requires_grad:
        return result
    return result if result.requires_grad else _leaf(result, obj)


def _leaf(tensor: Tensor, obj: Any) -> Tensor:
    """Ask for gradients; not of a tensor that is the caller's own object."""
    return (tensor.detach() if tensor is obj else tensor).requires_grad_()


def _is_numpy_scalar(obj: Any) -> bool:
    return hasattr(obj, "__array_interface__") and not hasattr(obj, "__setitem__")


def _shared(obj: Any, dtype: Any) -> Tensor | None:
    """A tensor over the object's memory, or None for an object that has none to share."""
    if isinstance(obj, Tensor):
        return obj
    if isinstance(obj, _C.UntypedStorage):
        return _seen_as(obj, dtype or _C.int64)
    if hasattr(obj, "__array_interface__"):
        return None if _is_numpy_scalar(obj) else _C.from_numpy(obj)
    if hasattr(obj, "__dlpack__") or type(obj).__name__ == "PyCapsule":
        return from_dlpack(obj)
    try:
        with memoryview(obj) as view:
            own = _DTYPES.get(view.format.lstrip("@"))
    except TypeError:
        return None
    return _C.frombuffer(obj, dtype=dtype or own or _C.get_default_dtype())


def _seen_as(storage: _C.UntypedStorage, dtype: Any) -> Tensor:
    """A tensor over all whole elements of a storage."""
    count = storage.nbytes() // dtype.itemsize
    return _C._tensor_from_storage(storage, dtype, 0, (count,), (1,))


def _placed(tensor: Tensor, dtype: Any, device: Any, copy: bool | None) -> Tensor:
    """The tensor with a dtype and place, copied as asked for."""
    wanted = tensor.device if device is None else _C.device(device)
    elsewhere = tensor.device.type != wanted.type or wanted.index not in (None, tensor.device.index)
    converted = dtype is not None and dtype != tensor.dtype
    if copy is False and elsewhere:
        raise ValueError(f"can't alias tensor with device '{tensor.device}' into '{wanted}'.")
    if copy is False and converted:
        raise ValueError(f"can't alias tensor with dtype '{tensor.dtype}' into dtype '{dtype}'.")
    if elsewhere or converted:
        return tensor.to(wanted, dtype or tensor.dtype)
    return tensor.clone() if copy else tensor


def array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: bool = False) -> Tensor:
    """What NumPy makes of a tensor among a function's arguments becomes a tensor again; truth values are uint8."""
    if array.dtype == bool:
        array = array.astype("uint8")
    return _C.from_numpy(array)
