"""The safetensors format: tensors by name, and nothing but tensors.

A file is the length of a header (8 bytes), the header (JSON: dtype, shape and place of each tensor) and the bytes of
the tensors. Files are mapped into memory: a tensor is read when it is first used.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Mapping
from typing import Any

import ferrotorch
from ferrotorch import Tensor

from .._files import replacing
from .._pickling.brief import brief
from .._pickling.rebuild import tensor_from_storage
from .._pickling.storages import storage_over

__all__ = ["load", "load_file", "load_metadata", "save_file"]

_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2": "float8_e5m2",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
_NAMES = {name: code for code, name in _DTYPES.items()}
_MAX_HEADER = 100_000_000
_MAX_DIMS = 64


def parsed(data: memoryview, name: str) -> tuple[dict[str, Any], memoryview]:
    """The header and the bytes behind it.

    Raises:
        RuntimeError: the header is damaged, or longer than the file.
    """
    if len(data) < 8:
        raise RuntimeError(f"safetensors: {name} is cut off in the length of its header")
    (length,) = struct.unpack("<Q", data[:8])
    if length > min(_MAX_HEADER, len(data) - 8):
        raise RuntimeError(f"safetensors: {name} says its header has {length} bytes, the file has {len(data)}")
    try:
        header = json.loads(bytes(data[8 : 8 + length]))
    except (ValueError, RecursionError) as error:
        raise RuntimeError(f"safetensors: the header of {name} cannot be read: {error}") from error
    if not isinstance(header, dict):
        raise RuntimeError(f"safetensors: the header of {name} is a {type(header).__name__}, expected an object")
    return header, data[8 + length :]


def entry_of(name: str, entry: Any) -> tuple[Any, list[int]]:
    """Dtype and shape of an entry of a header.

    Raises:
        RuntimeError: the entry is damaged.
    """
    try:
        code, shape = entry["dtype"], entry["shape"]
    except (TypeError, KeyError) as error:
        raise RuntimeError(f"safetensors: the entry of {brief(name)} is damaged: {brief(entry)}") from error
    if not isinstance(code, str) or code not in _DTYPES:
        raise RuntimeError(f"safetensors: {brief(name)} has dtype {brief(code)}, which is not supported")
    if not (isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)):
        raise RuntimeError(f"safetensors: the entry of {brief(name)} is damaged: shape {brief(shape)}")
    return getattr(ferrotorch, _DTYPES[code]), shape


def tensor_of(name: str, entry: Any, data: memoryview) -> Tensor:
    """One tensor over its part of the data.

    Raises:
        RuntimeError: the entry is damaged.
    """
    try:
        code, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise RuntimeError(f"safetensors: the entry of {brief(name)} is damaged: {brief(entry)}") from error
    if not isinstance(code, str) or code not in _DTYPES:
        raise RuntimeError(f"safetensors: {brief(name)} has dtype {brief(code)}, which is not supported")
    if not (isinstance(shape, list) and all(type(n) is int and n >= 0 for n in (*shape, begin, end))):
        raise RuntimeError(
            f"safetensors: the entry of {brief(name)} is damaged: shape {brief(shape)} at bytes {brief(begin)} to "
            f"{brief(end)}"
        )
    if len(shape) > _MAX_DIMS:
        raise RuntimeError(f"safetensors: {brief(name)} has {len(shape)} dimensions; there can be {_MAX_DIMS}")
    dtype = getattr(ferrotorch, _DTYPES[code])
    strides, count = [], 1
    for size in reversed(shape):
        strides.append(count)
        count *= size
    if not begin <= end <= len(data) or count * dtype.itemsize != end - begin:
        raise RuntimeError(
            f"safetensors: {brief(name)} of shape {brief(tuple(shape))} and dtype {dtype} lies at bytes {brief(begin)} "
            f"to {brief(end)} of {len(data)}"
        )
    if not count:
        return ferrotorch.empty(shape, dtype=dtype)
    part = data[begin:end]
    aligned = _address_is_aligned(data, begin, dtype.itemsize)
    return tensor_from_storage(storage_over(part if aligned else bytearray(part)), dtype, 0, shape, strides[::-1])


def _address_is_aligned(data: memoryview, begin: int, itemsize: int) -> bool:
    """Whether elements there are aligned; the whole buffer begins at an aligned address, the data behind a header."""
    whole = data.obj
    start = len(whole) - len(data)  # type: ignore[arg-type]
    return (start + begin) % itemsize == 0


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """Load all tensors of a file.

    Args:
        filename: the file. It is mapped into memory; writing to the tensors leaves it as it is.
        device: where the tensors go.

    Raises:
        RuntimeError: the file is damaged or cut off, or holds a dtype that is not supported.
    """
    with open(filename, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise RuntimeError(f"safetensors: {os.fspath(filename)} is empty")
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return _load(memoryview(mapping), os.fspath(filename), device)


def load(data: bytes, device: Any = "cpu") -> dict[str, Tensor]:
    """Load all tensors from the contents of a file; see `load_file`."""
    return _load(memoryview(bytearray(data)), "the data", device)


def _load(data: memoryview, name: str, device: Any) -> dict[str, Tensor]:
    header, rest = parsed(data, name)
    header.pop("__metadata__", None)
    _refuse_overlaps(header, name)
    return {key: tensor_of(key, entry, rest).to(device) for key, entry in header.items()}


def _refuse_overlaps(header: dict[str, Any], name: str) -> None:
    """Every byte belongs to one tensor: then all of them together are no larger than the file."""
    places = []
    for entry in header.values():
        place = entry.get("data_offsets") if isinstance(entry, dict) else None
        if isinstance(place, list) and len(place) == 2 and all(type(n) is int for n in place):
            places.append((place[0], place[1]))
    last = 0
    for begin, end in sorted(places):
        if begin < last:
            raise RuntimeError(f"safetensors: tensors of {name} overlap at byte {brief(begin)}")
        last = max(last, end)


def load_metadata(filename: str | os.PathLike[str]) -> dict[str, str]:
    """The texts that were saved beside the tensors."""
    with open(filename, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise RuntimeError(f"safetensors: {os.fspath(filename)} is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            header, rest = parsed(memoryview(mapping), os.fspath(filename))
            rest.release()
    metadata = header.get("__metadata__") or {}
    if not isinstance(metadata, dict):
        raise RuntimeError(f"safetensors: the metadata of {os.fspath(filename)} are a {type(metadata).__name__}")
    return metadata


def to_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> list[bytes]:
    """The contents of a file with tensors by name, in parts; see `save_file`."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    parts, offset = [], 0
    # The widest elements come first, so that all of them are aligned.
    for name, tensor in sorted(tensors.items(), key=lambda item: (-_itemsize(*item), item[0])):
        code = _NAMES[str(tensor.dtype).rpartition(".")[2]]
        data = tensor.detach().cpu().clone(memory_format=ferrotorch.contiguous_format).untyped_storage().tobytes()
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return [struct.pack("<Q", len(text)), text, *parts]


def save_file(
    tensors: Mapping[str, Tensor], filename: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Save tensors by name. The file is replaced as a whole: if saving fails, the old one is left as it was.

    Args:
        tensors: the tensors; each is saved on its own, shared memory or not.
        filename: the file.
        metadata: texts to save beside them.

    Raises:
        TypeError: a value is no tensor, or of a dtype that the format does not know.
    """
    parts = to_bytes(tensors, metadata)
    with replacing(os.fspath(filename)) as file:
        file.writelines(parts)


def _itemsize(name: str, tensor: Any) -> int:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"save_file(): {name!r} is a {type(tensor).__name__}, expected a tensor")
    if str(tensor.dtype).rpartition(".")[2] not in _NAMES:
        raise TypeError(f"save_file(): {name!r} has dtype {tensor.dtype}, which the format does not know")
    return tensor.dtype.itemsize
