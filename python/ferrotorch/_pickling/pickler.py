"""The pickler of `save`: tensors become references to storages, and names become PyTorch's."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor
from ferrotorch._typed_storage import TypedStorage

from . import rebuild
from .names import StorageType, file_name, has_storage_type, storage_type
from .storages import memory_of

__all__ = ["Storages", "make_pickler"]


class _StorageReference:
    """Stands for a storage in a pickle."""

    __slots__ = ("device", "dtype", "storage")

    def __init__(self, storage: Any, dtype: Any, device: str) -> None:
        self.storage = storage
        self.dtype = dtype
        self.device = device


class Storages:
    """The storages met while pickling, each once, in the order of their numbers.

    Args:
        legacy: refer to them as the old format does, where a reference may be to a part of a storage (and never is).
    """

    # How much is copied at once; signals are looked at in between. Copies within the host stay in its cache until they
    # are written.
    _CHUNK = 1 << 24
    _CHUNK_OF_HOST = 1 << 20

    def __init__(self, *, legacy: bool = False) -> None:
        self._legacy = legacy
        self._keys: dict[Any, str] = {}
        self._dtypes: dict[str, Any] = {}
        self.items: list[Any] = []

    def persistent_id(self, reference: _StorageReference) -> tuple[Any, ...]:
        """What the pickle says of a storage."""
        storage, dtype = reference.storage, reference.dtype
        nbytes = storage.nbytes()
        # Addresses identify storages, for `items` keeps them alive; empty ones share nothing.
        identity = (reference.device, storage.data_ptr()) if nbytes else object()
        key = self._keys.get(identity)
        if key is None:
            key = self._keys[identity] = str(len(self.items))
            self._dtypes[key] = dtype
            self.items.append(storage)
        elif self._dtypes[key] != dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        reply = "storage", storage_type(dtype), key, reference.device, self.count(int(key))
        return (*reply, None) if self._legacy else reply

    def count(self, number: int) -> int:
        """The number of elements of a storage."""
        nbytes, dtype = self.items[number].nbytes(), self._dtypes[str(number)]
        return nbytes if dtype is None else nbytes // dtype.itemsize

    def chunks(self, number: int) -> Iterator[bytes | memoryview]:
        """The bytes of a storage, in chunks: those of the host where they lie."""
        storage = self.items[number]
        if storage.device.type == "cpu":
            memory = memory_of(storage)
            for start in range(0, memory.nbytes, self._CHUNK_OF_HOST):
                yield memory[start : start + self._CHUNK_OF_HOST]
            return
        for start in range(0, storage.nbytes(), self._CHUNK):
            yield storage._bytes(start, min(start + self._CHUNK, storage.nbytes()))


def _reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
    if tensor.is_meta:
        return rebuild.reduce_meta_tensor(tensor)
    dtype = tensor.dtype if has_storage_type(tensor.dtype) else None
    reference = _StorageReference(tensor.untyped_storage(), dtype, str(tensor.device))
    args: tuple[Any, ...] = (
        reference,
        tensor.storage_offset(),
        tuple(tensor.shape),
        tuple(tensor.stride()),
        tensor.requires_grad,
        OrderedDict(),
    )
    metadata = rebuild.metadata_of(tensor)
    if dtype is None:
        args = (*args, tensor.dtype)
        return rebuild.rebuild_tensor_v3, (*args, metadata) if metadata else args
    return rebuild.rebuild_tensor_v2, (*args, metadata) if metadata else args


def _reduce_any_tensor(tensor: Tensor) -> tuple[Any, ...]:
    wrapper = rebuild.reduce_wrapper(tensor)
    if wrapper is not None:
        return wrapper
    handle = _C._opaque_handle(tensor)
    if handle is not None:
        return handle.call("torch.Tensor.__reduce_ex__", False, (tensor, None), {})
    kind = type(tensor)
    # A subclass may say itself what it is made of.
    if kind is not Tensor and not issubclass(kind, ferrotorch.nn.Parameter):
        reduce_own = kind.__reduce_ex__
        if reduce_own is not Tensor.__reduce_ex__:
            parts: tuple[Any, ...] = reduce_own(tensor, 2)
            return parts
    state = rebuild.attributes_of(tensor)
    if isinstance(tensor, ferrotorch.nn.Parameter):
        args: tuple[Any, ...] = (tensor.data, tensor.requires_grad, OrderedDict())
        if kind is ferrotorch.nn.Parameter:
            return (
                (rebuild.rebuild_parameter_with_state, (*args, state)) if state else (rebuild.rebuild_parameter, args)
            )
        return rebuild.rebuild_from_type_v2, (rebuild.rebuild_parameter, kind, args, state or {})
    if kind is Tensor and not state:
        return _reduce_tensor(tensor)
    function, own = _reduce_tensor(tensor)
    return rebuild.rebuild_from_type_v2, (function, kind, own, state or {})


def _reduce_device(device: Any) -> tuple[Any, ...]:
    return ferrotorch.device, (device.type,) if device.index is None else (device.type, device.index)


_STORAGES = (ferrotorch.UntypedStorage, TypedStorage)


def _reduce_storage(storage: Any) -> _StorageReference:
    return _StorageReference(storage.untyped(), getattr(storage, "dtype", None), str(storage.device))


# The pickler in Python, whose steps can be overridden, and of which type stubs show next to nothing.
_StepwisePickler: Any = pickle._Pickler


class _Pickler(_StepwisePickler):  # type: ignore[misc]
    """Writes PyTorch's names for what is ours; the C pickler would insist on importing them."""

    def __init__(self, file: Any, protocol: int, storages: Storages) -> None:
        super().__init__(file, protocol)
        self._storages = storages
        self._reducers: dict[type, Callable[[Any], Any]] = {
            Tensor: _reduce_any_tensor,
            ferrotorch.nn.Parameter: _reduce_any_tensor,
            ferrotorch.Size: lambda size: (ferrotorch.Size, (tuple(size),)),
            ferrotorch.device: _reduce_device,
            ferrotorch.dtype: str,
            ferrotorch.qscheme: str,
            type(ferrotorch.qint8): str,
            ferrotorch.layout: lambda layout: (rebuild.get_layout, (str(layout),)),
            StorageType: lambda kind: kind.name,
        }

    def persistent_id(self, obj: Any) -> Any:
        if type(obj) is _StorageReference:
            return self._storages.persistent_id(obj)
        if isinstance(obj, _STORAGES):
            return self._storages.persistent_id(_reduce_storage(obj))
        return None

    def reducer_override(self, obj: Any) -> Any:
        reducer = self._reducers.get(type(obj))
        if reducer is not None:
            return reducer(obj)
        if isinstance(obj, Tensor):
            return _reduce_any_tensor(obj)
        if isinstance(obj, type | _FUNCTION) and file_name(obj) is not None:
            return obj.__qualname__
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        known = file_name(obj)
        if known is None:
            super().save_global(obj, name)
        elif self.proto >= 4:
            self.save(known[0])
            self.save(known[1])
            self.write(pickle.STACK_GLOBAL)
            self.memoize(obj)
        else:
            self.write(pickle.GLOBAL + f"{known[0]}\n{known[1]}\n".encode())
            self.memoize(obj)


_FUNCTION = type(_reduce_tensor)


def make_pickler(file: Any, protocol: int, pickle_module: Any, storages: Storages) -> Any:
    """A pickler that hands its storages to ``storages``.

    A ``pickle_module`` other than `pickle` keeps the names under which it pickles; only we read such files.
    """
    if pickle_module is pickle:
        return _Pickler(file, protocol, storages)

    class Pickler(pickle_module.Pickler):  # type: ignore[misc]
        def persistent_id(self, obj: Any) -> Any:
            if type(obj) is _StorageReference:
                return storages.persistent_id(obj)
            if isinstance(obj, _STORAGES):
                return storages.persistent_id(_reduce_storage(obj))
            return None

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, Tensor):
                return _reduce_any_tensor(obj)
            parent = getattr(super(), "reducer_override", None)
            return NotImplemented if parent is None else parent(obj)

    return Pickler(file, protocol)
