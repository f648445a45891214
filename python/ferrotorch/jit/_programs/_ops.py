"""The ops of programs of TorchScript: of tensors, which are those of ``torch.ops``, and of numbers, texts and lists."""

from __future__ import annotations

import builtins
import functools
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.jit._modules import Error
from ferrotorch.jit._programs import _attention

__all__ = ["PLAIN", "find"]

Tensor = _C.Tensor

# The numbers by which programs name dtypes and formats of memory.
_DTYPES = (
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64,
    torch.complex32, torch.complex64, torch.complex128, torch.bool, torch.qint8, torch.quint8, torch.qint32,
    torch.bfloat16,
)  # fmt: skip
_FORMATS = (torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d)
_NUMBERS = {dtype: i for i, dtype in enumerate(_DTYPES)}
# Ops whose argument at a place is a dtype.
_DTYPE_AT = {"softmax": 2, "log_softmax": 2, "to": 1}
_EXCEPTIONS = {
    f"builtins.{kind.__name__}": kind
    for kind in (ValueError, RuntimeError, TypeError, IndexError, KeyError, NotImplementedError, AssertionError)
}


def _has_tensor(values: Any) -> bool:
    return any(isinstance(value, Tensor) for value in values)


def _format(text: str, *values: Any) -> str:
    """A text with values in the places of braces. Python's own would look into attributes of the values."""
    parts = text.split("{}")
    given = [str(value) for value in values[: len(parts) - 1]]
    return "".join(part + value for part, value in zip(parts, [*given, *[""] * len(parts)], strict=False))


def _slice(value: Any, *where: Any) -> Any:
    if isinstance(value, Tensor):
        before = [builtins.slice(None)] * ((where[0] if where else 0) % value.dim())
        return value[(*before, _bounds(where[1:]))]
    return value[_bounds(where)]


def _bounds(given: tuple[Any, ...]) -> builtins.slice[Any, Any, Any]:
    """Start, end and step, of which the last may be missing."""
    start, end, step = [*given, None, None, None][:3]
    return builtins.slice(start, end, step)


def _set_item(values: Any, key: Any, value: Any) -> Any:
    values[key] = value
    return values


def _append(values: list[Any], value: Any) -> list[Any]:
    values.append(value)
    return values


def _delete(values: Any, key: Any) -> None:
    del values[key]


def _derive_index(i: int, start: int, step: int) -> int:
    return start + i * step


def _raise(message: Any = "", kind: str | None = None) -> None:
    raise _EXCEPTIONS.get(str(kind), Error)(message)


def _warn(message: str, stacklevel: int = 2) -> None:
    warnings.warn(message, stacklevel=stacklevel + 2)


def _sort(values: Any, *args: Any, **kwargs: Any) -> Any:
    return (
        values.sort(reverse=bool(args and args[0])) if isinstance(values, list) else torch.sort(values, *args, **kwargs)
    )


def _len(value: Any) -> int:
    return len(value)


def _index(value: Any, places: Any) -> Any:
    if not isinstance(value, Tensor):
        return value.index(places)
    return value[tuple(builtins.slice(None) if place is None else place for place in places)]


def _index_put(value: Tensor, places: Any, new: Tensor, accumulate: bool = False) -> Tensor:
    known = tuple(builtins.slice(None) if place is None else place for place in places)
    if accumulate:
        return value.index_put_(known, new, True)
    value[known] = new
    return value


def _as_type(value: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    plain = [arg for arg in args if arg is not None]
    kept = {name: arg for name, arg in kwargs.items() if arg is not None}
    if plain and isinstance(plain[0], torch.device) and len(plain) > 1 and isinstance(plain[1], int):
        plain[1] = _dtype(plain[1])
    # The format of memory comes last of those without a name; formats are numbers, and flags are not.
    if plain and isinstance(plain[-1], int) and not isinstance(plain[-1], bool) and plain[-1] is not plain[0]:
        kept["memory_format"] = _FORMATS[plain.pop()]
    return value.to(*plain, **kept)


def _dtype(value: Any) -> Any:
    return _DTYPES[value] if isinstance(value, int) and not isinstance(value, bool) else value


def _tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    return torch.tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def _stft(input: Tensor, n_fft: int, hop: Any, win: Any, window: Any, *how: Any, **kwargs: Any) -> Tensor:
    """One of two ops of that name: the second of the others' arguments is a text only where windows are centered."""
    names = ["normalized", "onesided", "return_complex"]
    if len(how) > 1 and isinstance(how[1], str):
        names = ["center", "pad_mode", *names]
    given: dict[str, Any] = {"center": False, **dict(zip(names, how, strict=False)), **kwargs}
    given.pop("align_to_window", None)
    return torch.stft(input, n_fft, hop, win, window, **given)


def _to_list(values: Any) -> list[Any]:
    return list(values)


_SCALARS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "floordiv": operator.floordiv, "floor_divide": operator.floordiv, "remainder": operator.mod, "fmod": math.fmod,
    "neg": operator.neg, "abs": abs, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "__and__": operator.and_, "__or__": operator.or_, "__xor__": operator.xor,
    "__lshift__": operator.lshift, "__rshift__": operator.rshift, "floor": math.floor, "ceil": math.ceil,
    "round": round, "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "log2": math.log2, "log10": math.log10,
    "log1p": math.log1p, "sin": math.sin, "cos": math.cos, "tan": math.tan, "tanh": math.tanh, "atan": math.atan,
    "atan2": math.atan2, "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite, "max": max, "min": min,
    "sum": sum, "all": all, "any": any, "gcd": math.gcd, "copysign": math.copysign, "degrees": math.degrees,
    "radians": math.radians, "mathremainder": math.remainder,
}  # fmt: skip
_TEXTS = (
    "capitalize", "center", "count", "endswith", "expandtabs", "find", "isalnum", "isalpha", "isdecimal", "isdigit",
    "islower", "isspace", "isupper", "join", "ljust", "lower", "lstrip", "partition", "replace", "rfind", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    "zfill",
)  # fmt: skip
_CONTAINERS = ("clear", "copy", "extend", "get", "insert", "items", "keys", "pop", "popitem", "reverse", "setdefault",
               "update", "values")  # fmt: skip
_ATEN: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains, "__getitem__": operator.getitem, "__is__": operator.is_, "__isnot__":
    operator.is_not, "__not__": operator.not_, "__range_length": lambda *bounds: len(range(*bounds)),
    "__derive_index": _derive_index, "_set_item": _set_item, "append": _append, "Delete": _delete, "format": _format,
    "len": _len, "slice": _slice, "sort": _sort, "index": _index, "index_put_": _index_put, "warn": _warn,
    "index_put": lambda value, *args: _index_put(value.clone(), *args), "dict": dict, "list": _to_list,
    "str": str, "ord": ord, "chr": chr, "hex": hex, "oct": oct, "bin": bin, "item": _item, "to": _as_type,
    "IntImplicit": _item, "FloatImplicit": _item, "ScalarImplicit": _item, "ComplexImplicit": _item, "tensor": _tensor,
    "as_tensor": lambda data, dtype=None, device=None: torch.as_tensor(data, dtype=dtype, device=device),
    "dim": lambda value: value.dim(), "numel": lambda value: value.numel(), "cpu": lambda value: value.cpu(),
    "size": lambda value, *dim: value.size(*dim) if dim else list(value.shape), "device": torch.device,
    "stride": lambda value, *dim: value.stride(*dim) if dim else list(value.stride()), "is_grad_enabled":
    torch.is_grad_enabled, "set_grad_enabled": lambda value: _C._set_grad_enabled(value), "backward": lambda value,
    *args: value.backward(*args), "Int": int, "Float": float, "Bool": bool, "manual_seed": torch.manual_seed,
    "expand": lambda value, size, implicit=False: value.expand(size), "detach": lambda value: value.detach(),
    "contiguous": lambda value, memory_format=torch.contiguous_format: value.contiguous(memory_format=memory_format),
    "is_floating_point": lambda value: value.is_floating_point(), "is_contiguous": lambda value: value.is_contiguous(),
    "stft": _stft,
    "_native_multi_head_attention": _attention.multi_head_attention,
    "_transformer_encoder_layer_fwd": _attention.encoder_layer, "is_complex": lambda value: value.is_complex(),
    "type_as": lambda value, other: value.type_as(other),
}  # fmt: skip


def _each(name: str) -> Callable[[Tensor], Any]:
    return lambda value: getattr(value, name)


_PRIM: dict[str, Callable[..., Any]] = {
    "RaiseException": _raise, "dtype": lambda value: _NUMBERS[value.dtype], "NumToTensor": torch.tensor,
    "shape": lambda value: list(value.shape), "unchecked_unwrap_optional": lambda value: value, "min": min, "max": max,
    "abs": abs, "Print": print, "layout": lambda value: 0, "name": str, "TupleUnpack": tuple,
    "unchecked_cast": lambda value: value, "is_cpu": lambda value: value.device.type == "cpu",
    **{name: _each(name) for name in (
        "data", "device", "grad", "requires_grad", "is_cuda", "is_sparse", "is_quantized", "is_meta", "is_nested",
        "is_mkldnn", "is_mps", "is_xpu", "retains_grad", "imag", "real", "ndim", "itemsize", "T", "H", "mT", "mH",
        "index", "is_leaf", "type",
    )},
}  # fmt: skip
PLAIN: dict[str, Callable[..., Any]] = {
    "bool": bool, "complex": complex, "float": float, "int": int, "print": print, "range": range, "sorted": sorted,
    "str": str,
}  # fmt: skip


def _options(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments with names, without those that only say what holds in any case."""
    kept = {name: value for name, value in kwargs.items() if name not in ("layout", "pin_memory")}
    if "dtype" in kept:
        kept["dtype"] = _dtype(kept["dtype"])
    if isinstance(kept.get("memory_format"), int):
        kept["memory_format"] = _FORMATS[kept["memory_format"]]
    return kept


def _of_method(name: str, kinds: tuple[type, ...]) -> Callable[..., Any]:
    """A method, of objects of these kinds and of no others."""

    def call(value: Any, *args: Any) -> Any:
        if not isinstance(value, kinds):
            raise Error(f"torch.jit.load(): the program calls {name!r} of a {type(value).__name__}")
        return getattr(value, name)(*args)

    return call


def _packet(space: str, name: str) -> Callable[..., Any] | None:
    """An op that is registered: nothing else that can be reached from there, nor one that opens files."""
    found = getattr(getattr(torch.ops, space, None), name, None)
    is_op = isinstance(found, torch._ops.OpOverloadPacket) and (space, name) != ("aten", "from_file")
    return found if is_op else None


def _missing(op: str) -> Callable[..., Any]:
    """An op that is not here: a program may have it in a branch that is never taken."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"torch.jit.load(): the program calls {op}, which ferrotorch does not have")

    return refuse


def _of_tensors(name: str) -> Callable[..., Any]:
    """An op of tensors, by the name that ``torch.ops.aten`` or a method has."""
    packet = _packet("aten", name)
    if packet is None and (name.startswith("_") or not hasattr(Tensor, name)):
        return _missing(f"aten::{name}")
    call: Callable[..., Any] = _of_method(name, (Tensor,)) if packet is None else packet
    place = _DTYPE_AT.get(name)

    def run(*args: Any, **kwargs: Any) -> Any:
        if place is not None and len(args) > place:
            args = (*args[:place], _dtype(args[place]), *args[place + 1 :])
        return call(*args, **_options(kwargs))

    return run


def _aten(name: str) -> Callable[..., Any]:
    """An op of ``aten``: of tensors where one is given, and Python's otherwise."""
    scalar = _SCALARS.get(name)
    if name in _ATEN:
        own = _ATEN[name]
        return lambda *args, **kwargs: own(
            *(_dtype(arg) if name == "to" and i == 1 else arg for i, arg in enumerate(args)), **_options(kwargs)
        )
    if name in _TEXTS or name in _CONTAINERS:
        method = _of_method(name, (str, list, dict, tuple))
        if not hasattr(Tensor, name):
            return lambda *args: _to_list(method(*args)) if name in ("keys", "values", "items") else method(*args)
        tensors = functools.cache(_of_tensors)
        return lambda value, *args, **kwargs: (
            tensors(name)(value, *args, **kwargs) if isinstance(value, Tensor) else _plain(name, method(value, *args))
        )
    if scalar is None:
        return _of_tensors(name)
    of_tensors = functools.cache(_of_tensors)

    def run(*args: Any, **kwargs: Any) -> Any:
        return of_tensors(name)(*args, **kwargs) if _has_tensor(args) else scalar(*args, **kwargs)

    return run


def _plain(name: str, value: Any) -> Any:
    return list(value) if name in ("keys", "values", "items") else value


def find(full: str) -> Callable[..., Any]:
    """The op of a name such as ``aten.conv2d``."""
    space, _, name = full.partition(".")
    if space == "prim":
        return _PRIM.get(name) or _missing(f"prim::{name}")
    if space == "aten":
        return _aten(name)
    return _packet(space, name) or _missing(f"{space}::{name}")
