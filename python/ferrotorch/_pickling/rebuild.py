"""Making tensors from what files hold.

Everything that comes from a file is checked here: a tensor never reaches outside its storage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor
from ferrotorch._tensor import slots_of
from ferrotorch._typed_storage import TypedStorage
from ferrotorch._wrappers import handle_of, make_wrapper_subclass
from ferrotorch.storage import UntypedStorage

from .brief import brief

__all__ = [
    "attributes_of",
    "get_layout",
    "metadata_of",
    "rebuild_from_type_v2",
    "rebuild_meta_tensor_no_storage",
    "rebuild_parameter",
    "rebuild_parameter_with_state",
    "rebuild_qtensor",
    "rebuild_sparse_tensor",
    "rebuild_tensor",
    "rebuild_tensor_v2",
    "rebuild_tensor_v3",
    "rebuild_wrapper_subclass",
    "reduce_meta_tensor",
    "reduce_wrapper",
    "tensor_from_storage",
    "with_metadata",
]


_MAX_DIMS = 64
_MAX_NUMBER = 2**63 - 1


def _check_extent(nbytes: float, itemsize: int, offset: Any, size: Sequence[Any], stride: Sequence[Any]) -> None:
    """Raise unless every element of such a tensor lies inside a storage of so many bytes."""
    if not isinstance(size, list | tuple) or not isinstance(stride, list | tuple) or len(size) != len(stride):
        raise RuntimeError(f"load(): a tensor of size {brief(size)} with strides {brief(stride)}")
    if len(size) > _MAX_DIMS:
        raise RuntimeError(f"load(): a tensor of {len(size)} dimensions; there can be no more than {_MAX_DIMS}")
    if not all(type(n) is int and 0 <= n <= _MAX_NUMBER for n in (offset, *size, *stride)):
        raise RuntimeError(
            f"load(): a tensor of size {brief(size)}, strides {brief(stride)} and offset {brief(offset)}"
        )
    if math.prod(n for n in size if n) > _MAX_NUMBER // itemsize:
        raise RuntimeError(f"load(): a tensor of size {tuple(size)} has more elements than can be numbered")
    end = offset
    if all(size):
        end += 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if end * itemsize > nbytes:
        raise RuntimeError(
            f"load(): a tensor of size {brief(size)}, strides {brief(stride)} and offset {offset} needs "
            f"{end * itemsize} bytes, but its storage has {nbytes}"
        )


def tensor_from_storage(storage: Any, dtype: Any, offset: int, size: Sequence[int], stride: Sequence[int]) -> Tensor:
    """A tensor over part of a storage, which it shares; everything is checked."""
    _check_extent(storage.nbytes(), dtype.itemsize, offset, size, stride)
    return _C._tensor_from_storage(storage, dtype, offset, tuple(size), tuple(stride))


def _require_typed(storage: object) -> None:
    if not isinstance(storage, TypedStorage):
        raise RuntimeError(f"load(): a tensor over a {type(storage).__name__}, not a typed storage")


def rebuild_tensor(storage: TypedStorage, offset: int, size: Sequence[int], stride: Sequence[int]) -> Tensor:
    """A tensor as the oldest files write it."""
    _require_typed(storage)
    if type(offset) is not int or offset < 0:
        raise RuntimeError(f"load(): a tensor at offset {brief(offset)}")
    return tensor_from_storage(storage.untyped(), storage.dtype, offset, size, stride)


def rebuild_tensor_v2(
    storage: TypedStorage,
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,
    backward_hooks: Any,
    metadata: dict[str, bool] | None = None,
) -> Tensor:
    """A tensor. Hooks are not restored; ``metadata`` says whether it is to be conjugated or negated."""
    tensor = rebuild_tensor(storage, offset, size, stride)
    if metadata is not None and not isinstance(metadata, dict):
        raise RuntimeError(f"load(): metadata of a tensor in a {type(metadata).__name__}, expected a dict")
    tensor = with_metadata(tensor, metadata or {})
    return tensor.requires_grad_() if requires_grad else tensor


def metadata_of(tensor: Tensor) -> dict[str, bool]:
    """What is still to be done to the elements of a tensor, as files say it."""
    return {name: True for name, put_off in (("conj", tensor.is_conj()), ("neg", tensor.is_neg())) if put_off}


def with_metadata(tensor: Tensor, metadata: dict[str, bool]) -> Tensor:
    """The tensor over the same memory for which that is still to be done; a tensor of its own, not a view."""
    if metadata.get("conj"):
        tensor = tensor.conj().detach()
    if metadata.get("neg"):
        tensor = tensor._neg_view().detach()
    return tensor


def rebuild_tensor_v3(
    storage: TypedStorage | UntypedStorage,
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,
    backward_hooks: Any,
    dtype: Any,
    metadata: dict[str, bool] | None = None,
) -> Tensor:
    """A tensor whose dtype is not that of its storage type, or that lies in a storage of bytes."""
    if not isinstance(dtype, _C.dtype):
        raise RuntimeError(f"load(): a tensor of dtype {brief(dtype)}")
    if not isinstance(storage, UntypedStorage):
        _require_typed(storage)
        storage = storage.untyped()
    storage = TypedStorage(wrap_storage=storage, dtype=dtype)
    return rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata)


def rebuild_meta_tensor_no_storage(
    dtype: Any, size: Sequence[int], stride: Sequence[int], requires_grad: bool
) -> Tensor:
    """A tensor on device ``"meta"``, which has no memory."""
    if not isinstance(dtype, _C.dtype):
        raise RuntimeError(f"load(): a tensor of dtype {brief(dtype)}")
    _check_extent(math.inf, dtype.itemsize, 0, size, stride)
    tensor = ferrotorch.empty_strided(tuple(size), tuple(stride), dtype=dtype, device="meta")
    return tensor.requires_grad_() if requires_grad else tensor


def rebuild_wrapper_subclass(
    cls: Any, dtype: Any, size: Sequence[int], stride: Sequence[int], offset: int, layout: Any, device: Any,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    """A wrapper of a class that the file may name; what it wraps is among its attributes."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)) or not isinstance(dtype, _C.dtype):
        raise RuntimeError(f"load(): a wrapper of class {brief(cls)} and dtype {brief(dtype)}")
    _check_extent(math.inf, dtype.itemsize, offset, size, stride)
    return make_wrapper_subclass(
        cls, size, strides=stride, storage_offset=offset, dtype=dtype, layout=layout, device=device,
        requires_grad=requires_grad,
    )  # fmt: skip


def reduce_wrapper(tensor: Tensor) -> tuple[Any, ...] | None:
    """How pickles hold a wrapper; None for what is none."""
    handle = handle_of(tensor)
    if handle is None:
        return None
    kind, layout = type(tensor), ferrotorch.strided
    shape, device = tuple(tensor.shape), tensor.device
    args = kind, tensor.dtype, shape, handle.strides, handle.offset, layout, device, tensor.requires_grad
    return rebuild_from_type_v2, (rebuild_wrapper_subclass, kind, args, attributes_of(tensor))


def attributes_of(tensor: Tensor) -> Any:
    """What a tensor has of its own: a dict, and where its class has slots a second one besides.

    A class may say itself what that is, by ``__getstate__``.
    """
    getter = getattr(type(tensor), "__getstate__", None)
    if getter is not None and getter is not getattr(Tensor, "__getstate__", None):
        return getter(tensor)
    slots = slots_of(tensor)
    own = getattr(tensor, "__dict__", None) or {}
    return (own, slots) if slots else own


def reduce_meta_tensor(tensor: Tensor) -> tuple[Callable[..., Tensor], tuple[Any, ...]]:
    """How pickles hold a tensor without memory."""
    args = tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()), tensor.requires_grad
    return rebuild_meta_tensor_no_storage, args


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Tensor:
    """A parameter."""
    return ferrotorch.nn.Parameter(data, requires_grad)


def rebuild_parameter_with_state(data: Tensor, requires_grad: bool, backward_hooks: Any, state: Any) -> Tensor:
    """A parameter with attributes of its own."""
    return _restore_attributes(ferrotorch.nn.Parameter(data, requires_grad), state)


def rebuild_from_type_v2(function: Callable[..., Tensor], kind: type, args: tuple[Any, ...], state: Any) -> Tensor:
    """A tensor of a subclass, or one with attributes of its own."""
    if not any(function is known for known in _REBUILDERS):
        raise RuntimeError(f"load(): a tensor made by {brief(function)}")
    return as_instance(function(*args), kind, state)


def as_instance(tensor: Tensor, kind: type, state: Any) -> Tensor:
    """The tensor as one of a class, with attributes or whatever state the class takes."""
    if type(tensor) is not kind:
        tensor = tensor.as_subclass(kind)
    setter = getattr(type(tensor), "__setstate__", None)
    if setter is not None and setter is not getattr(Tensor, "__setstate__", None):
        setter(tensor, state)
        return tensor
    return _restore_attributes(tensor, state)


def _restore_attributes(tensor: Tensor, state: Any) -> Tensor:
    """Set the attributes that a file holds: a dict, or a dict and the values of slots.

    They may hide members of ``Tensor`` only where the class is one that the user has named.
    """
    is_ours = type(tensor) in (Tensor, ferrotorch.nn.Parameter)
    for part in state if isinstance(state, tuple) else (state,):
        if part is None:
            continue
        if not isinstance(part, dict) or not all(isinstance(name, str) for name in part):
            raise RuntimeError(f"load(): attributes of a tensor in a {type(part).__name__}, expected a dict")
        for name, value in part.items():
            if is_ours and hasattr(Tensor, name):
                raise RuntimeError(f"load(): an attribute {brief(name)} that would hide a member of Tensor")
            setattr(tensor, name, value)
    return tensor


_REBUILDERS = (
    rebuild_tensor,
    rebuild_tensor_v2,
    rebuild_tensor_v3,
    rebuild_meta_tensor_no_storage,
    rebuild_parameter,
    rebuild_parameter_with_state,
    rebuild_wrapper_subclass,
)


def get_layout(name: str) -> Any:
    """A memory layout by name."""
    if name not in _LAYOUTS:
        raise RuntimeError(f"load(): layout {brief(name)}; there are {', '.join(_LAYOUTS)}")
    return getattr(ferrotorch, name.removeprefix("torch."))


# While storages have no contents yet: gets an entry for each tensor that is made of what they hold.
waiting: ContextVar[list[None] | None] = ContextVar("waiting for contents", default=None)


def _waiting() -> Tensor | None:
    """What stands in for a tensor that cannot be rebuilt yet; None where it can."""
    asked = waiting.get()
    if asked is None:
        return None
    asked.append(None)
    return ferrotorch.empty(0)


_LAYOUTS = ("torch.strided", "torch.jagged", *(f"torch.sparse_{name}" for name in ("coo", "csr", "csc", "bsr", "bsc")))


def rebuild_sparse_tensor(layout: Any, data: Sequence[Any]) -> Tensor:
    """A sparse tensor of its layout, indices, values and size; everything is checked."""
    if (stand_in := _waiting()) is not None:
        return stand_in
    if layout == ferrotorch.sparse_coo and isinstance(data, tuple) and len(data) in (3, 4):
        indices, values, size, *coalesced = data
        return ferrotorch.sparse_coo_tensor(
            indices, values, size, check_invariants=True, is_coalesced=bool(coalesced and coalesced[0])
        )
    if not isinstance(data, tuple) or len(data) != 4:
        raise RuntimeError(f"load(): a sparse tensor of {brief(data)}")
    compressed, plain, values, size = data
    return ferrotorch.sparse_compressed_tensor(compressed, plain, values, size, layout=layout, check_invariants=True)


def rebuild_qtensor(
    storage: TypedStorage,
    storage_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    quantizer_params: Any,
    requires_grad: bool,
    backward_hooks: Any,
) -> Tensor:
    """A quantized tensor over the integers of a storage; everything is checked."""
    from ferrotorch._quantized._handles import tensor_of
    from ferrotorch._quantized._quantizers import integers_of

    if not isinstance(storage, TypedStorage):
        raise RuntimeError(f"load(): a quantized tensor over {brief(storage)}")
    if (stand_in := _waiting()) is not None:
        return stand_in
    dtype = storage.dtype
    integers = TypedStorage(wrap_storage=storage.untyped(), dtype=integers_of(dtype).dtype)
    values = rebuild_tensor(integers, storage_offset, size, stride)
    return tensor_of(values, dtype, _quantizer(quantizer_params))


def _quantizer(parameters: Any) -> Any:
    """The quantizer that a file tells of as ``(scheme, scale(s), zero point(s)[, axis])``."""
    from ferrotorch._quantized._construction import per_channel
    from ferrotorch._quantized._quantizers import PerTensor

    scheme, *rest = parameters if isinstance(parameters, tuple) and parameters else (None,)
    if scheme is ferrotorch.per_tensor_affine and [type(x) for x in rest] == [float, int]:
        return PerTensor(*rest)
    if scheme not in (ferrotorch.per_channel_affine, ferrotorch.per_channel_affine_float_qparams) or len(rest) != 3:
        raise RuntimeError(f"load(): a quantized tensor of {brief(parameters)}")
    scales, zero_points, axis = rest
    if isinstance(scales, list) and isinstance(zero_points, list):
        kinds = (
            (ferrotorch.float64, ferrotorch.int64)
            if scheme is ferrotorch.per_channel_affine
            else (ferrotorch.float32, ferrotorch.float32)
        )
        scales, zero_points = (
            ferrotorch.tensor(x, dtype=kind) for x, kind in zip((scales, zero_points), kinds, strict=True)
        )
    if not (isinstance(scales, Tensor) and isinstance(zero_points, Tensor) and type(axis) is int):
        raise RuntimeError(f"load(): a quantized tensor of {brief(parameters)}")
    return per_channel(scales, zero_points, axis)
