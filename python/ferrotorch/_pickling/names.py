"""The names under which PyTorch's files know types, dtypes and functions.

Files name everything as PyTorch does (``torch FloatStorage``), so that each library reads the other's.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any

import ferrotorch
from ferrotorch._homes import MOVED, home_in_pytorch

from . import rebuild
from .brief import brief

__all__ = [
    "StorageType",
    "file_name",
    "has_storage_type",
    "known_callables",
    "known_globals",
    "storage_type",
    "to_native",
]


@dataclass(frozen=True, eq=False)
class StorageType:
    """The type of a storage in a file: PyTorch's name for it, and the dtype of its elements (None: bytes)."""

    name: str
    dtype: Any


_STORAGE_NAMES = {
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
}

# Dtypes that came after storages of one dtype: their elements lie in storages of bytes.
_IN_BYTES = (
    "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
    "float8_e8m0fnu", "complex32",
)  # fmt: skip

_SCHEMES = (
    "per_channel_affine", "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine",
    "per_tensor_symmetric",
)  # fmt: skip

_STORAGE_TYPES = {
    f"torch.{name}": StorageType(f"torch {name}", getattr(ferrotorch, dtype)) for name, dtype in _STORAGE_NAMES.items()
}
_BYTES = StorageType("torch.storage UntypedStorage", None)
_BY_DTYPE = {kind.dtype: kind for kind in _STORAGE_TYPES.values()}


def storage_type(dtype: Any) -> StorageType:
    """The storage type of a dtype; None means bytes."""
    return _BYTES if dtype is None else _BY_DTYPE[dtype]


def has_storage_type(dtype: Any) -> bool:
    """Is there a storage type of this dtype?"""
    return dtype in _BY_DTYPE


def _bytearray(*args: Any) -> bytearray:
    """A bytearray of given contents; a number would ask for that many bytes."""
    if not all(isinstance(arg, bytes | str) for arg in args):
        raise TypeError(f"bytearray of {[type(arg).__name__ for arg in args]}")
    return bytearray(*args)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How protocol 2 writes bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError(f"encoding to {brief(encoding)}")
    return text.encode("latin1")


_FUNCTIONS = {
    "torch._utils._rebuild_tensor": rebuild.rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild.rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": rebuild.rebuild_tensor_v3,
    "torch._utils._rebuild_meta_tensor_no_storage": rebuild.rebuild_meta_tensor_no_storage,
    "torch._utils._rebuild_parameter": rebuild.rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild.rebuild_parameter_with_state,
    "torch._utils._rebuild_sparse_tensor": rebuild.rebuild_sparse_tensor,
    "torch._utils._rebuild_qtensor": rebuild.rebuild_qtensor,
    "torch._utils._rebuild_wrapper_subclass": rebuild.rebuild_wrapper_subclass,
    "torch._tensor._rebuild_from_type_v2": rebuild.rebuild_from_type_v2,
}


def known_globals() -> dict[str, Any]:
    """Everything that a file may name without the user's leave, by ``module.name``.

    Nothing here runs code of the file's choosing, reads or writes anything but its arguments, or allocates more than
    the file is long.
    """
    dtypes = {f"torch.{dtype}": getattr(ferrotorch, dtype) for dtype in (*_STORAGE_NAMES.values(), *_IN_BYTES)}
    schemes = {f"torch.{scheme}": getattr(ferrotorch, scheme) for scheme in _SCHEMES}
    return {
        **_FUNCTIONS,
        **_STORAGE_TYPES,
        **dtypes,
        **schemes,
        "torch.storage.UntypedStorage": _BYTES,
        "torch.Size": ferrotorch.Size,
        "torch.device": ferrotorch.device,
        "torch.Tensor": ferrotorch.Tensor,
        "torch.nn.parameter.Parameter": ferrotorch.nn.Parameter,
        "torch.serialization._get_layout": rebuild.get_layout,
        "collections.OrderedDict": OrderedDict,
        "collections.Counter": Counter,
        "_codecs.encode": _encode,
        "builtins.bytearray": _bytearray,
        "builtins.set": set,
        "builtins.complex": complex,
    }


def known_callables() -> list[Any]:
    """What among `known_globals` a file may call."""
    types = (ferrotorch.Size, ferrotorch.device, OrderedDict, Counter, set, complex)
    return [*_FUNCTIONS.values(), *types, rebuild.get_layout, _encode, _bytearray]


_FILE_NAMES = {
    id(value): name
    for name, value in known_globals().items()
    if name.startswith("torch.") and not isinstance(value, StorageType)
}


def file_name(value: Any) -> tuple[str, str] | None:
    """Module and name under which a class, function or dtype is written; None where its own will do."""
    if isinstance(value, StorageType):
        module, _, name = value.name.partition(" ")
        return module, name
    full = _FILE_NAMES.get(id(value))
    if full is not None:
        module, _, name = full.rpartition(".")
        return module, name
    home = getattr(value, "__module__", None)
    if isinstance(home, str) and (home == "ferrotorch" or home.startswith("ferrotorch.")):
        return home_in_pytorch(home, value.__qualname__), value.__qualname__
    return None


def to_native(module: str, name: str) -> str:
    """The module of ours in which to find what a file has in one of PyTorch's."""
    ours, moved = MOVED.get(module, ("", ()))
    if name in moved:
        return ours
    return "ferrotorch" + module[len("torch") :] if module == "torch" or module.startswith("torch.") else module
