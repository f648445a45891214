"""Calls with tensors whose classes are asked: the op of ``aten`` that a call is, and the question itself."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C, _ops
from ferrotorch._C import Tensor
from ferrotorch._opaque import BY_CORE
from ferrotorch._tensor import _copy_attributes
from ferrotorch._tensor_str import as_parameter
from ferrotorch._wrappers import _views, contiguous, handle_of, is_asked
from ferrotorch.utils import _python_dispatch, _pytree

_OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__rsub__": "rsub", "__mul__": "mul", "__rmul__": "mul",
    "__truediv__": "div", "__floordiv__": "floor_divide", "__matmul__": "matmul", "__pow__": "pow", "__neg__": "neg",
    "__abs__": "abs", "__mod__": "remainder", "__invert__": "bitwise_not", "__and__": "bitwise_and",
    "__or__": "bitwise_or", "__xor__": "bitwise_xor", "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_",
    "__itruediv__": "div_", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__gt__": "gt", "__le__": "le",
    "__ge__": "ge",
}  # fmt: skip


def _deepcopied(x: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy of a leaf: what the class makes of ``clone``, with a copy of the gradient and of other attributes."""
    if not x.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
        )
    if id(x) in memo:
        copied: Tensor = memo[id(x)]
        return copied
    with torch.no_grad():
        result = x.clone()
    if type(result) is not type(x):
        raise RuntimeError(
            "The default implementation of __deepcopy__() for wrapper subclasses only works for subclass types that "
            "properly implement clone() for which cloning returns another instance of the same subclass. "
            f"{type(x).__name__} returned a {type(result).__name__}."
        )
    memo[id(x)] = result.requires_grad_(x.requires_grad)
    if x.grad is not None:
        result.grad = copy.deepcopy(x.grad, memo)
    _copy_attributes(x, result, memo)
    return result


def _without_classes(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that computes with tensors that have memory as if their classes said nothing."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _C._disabled_torch_dispatch_impl(function, (), args, kwargs)

    return call


def _reshaped(x: Tensor, shape: Any) -> Tensor:
    """A view where the memory allows it, as far as a wrapper says how it lies, or else of a copy."""
    handle = handle_of(x)
    lies = x if handle is None else torch.empty_strided(x.shape, handle.strides, device="meta")
    try:
        _without_classes(Tensor.view)(lies, shape)
    except RuntimeError:
        x = x.clone(memory_format=torch.contiguous_format)
    return x.view(shape)


# Calls that PyTorch, too, makes other calls of.
_REWRITTEN: dict[str, Callable[..., Any]] = {
    "__rtruediv__": lambda x, other: x.reciprocal() * other,
    "__rpow__": lambda x, other: torch.pow(other, x),
    "__pos__": lambda x: x,
    "reshape": lambda x, *shape: _reshaped(x, shape[0] if isinstance(shape[0], tuple | list) else shape),
    "reshape_as": lambda x, other: _reshaped(x, other.shape),
    "contiguous": lambda x, **form: x if handle_of(x) or _without_classes(x.is_contiguous)(**form) else x.clone(**form),
    **{
        name: functools.partial(Tensor.to, dtype=getattr(torch, name))
        for name in ("float", "double", "half", "bfloat16")
    },
    "__deepcopy__": _deepcopied,
}  # fmt: skip

# Questions that tensors with memory answer by themselves.
_OF_WRAPPERS: dict[str, Callable[..., Any]] = {
    "stride": lambda x, dim=None: handle_of(x).strides if dim is None else handle_of(x).strides[dim],  # type: ignore[union-attr]
    "storage_offset": lambda x: handle_of(x).offset,  # type: ignore[union-attr]
    "is_contiguous": lambda x, **_: handle_of(x).strides == contiguous(x.shape),  # type: ignore[union-attr]
    "data_ptr": lambda x: 0,
    "_is_view": lambda x: _views.base_of(x) is not NotImplemented,
    "__repr__": lambda x, tensor_contents="...": as_parameter(x, f"{type(x).__name__}({tensor_contents})"),
}  # fmt: skip
_OF_MEMORY = frozenset(
    ["stride", "storage_offset", "__repr__", "is_contiguous", "data_ptr", "untyped_storage", "storage"]
)

_GETTERS: dict[str, Callable[[Tensor], Any]] = {
    "data": lambda x: x.detach(),
    "T": lambda x: x.permute(list(range(x.dim()))[::-1]), "mT": lambda x: x.transpose(-2, -1),
    "_base": _views.base_of, "_version": _views.version_of,
}  # fmt: skip
_RENAMED = {"to": "_to_copy", "item": "_local_scalar_dense"}


def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """See `ferrotorch._opaque.Handle`."""
    *path, last = name.split(".")
    if last in ("__get__", "__set__", "__delete__"):
        getter = _GETTERS.get(path[-1]) if last == "__get__" else None
        return NotImplemented if getter is None or not is_asked(args[0]) else getter(args[0])
    if last in _REWRITTEN and is_asked(args[0]):
        return _REWRITTEN[last](*args, **kwargs)
    if last in _OF_WRAPPERS and handle_of(args[0]) is not None:
        return _OF_WRAPPERS[last](*args, **kwargs)
    if last in _OF_MEMORY and handle_of(args[0]) is None:
        return _without_classes(getattr(Tensor, last))(*args, **kwargs)
    if last == "backward" and len(args) == 1 and kwargs.get("gradient") is None:
        return args[0].backward(torch.ones_like(args[0]), **{k: v for k, v in kwargs.items() if k != "gradient"})
    op = _OPERATORS.get(last, last)
    if op in ("__getitem__", "__setitem__"):
        from ferrotorch._wrappers import _indexing

        return getattr(_indexing, op.strip("_"))(*args)
    if op in BY_CORE or composed:
        return NotImplemented
    return _asked(op, args, kwargs)


def _asked(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of an op, or of those that PyTorch makes of it."""
    from ferrotorch._aten.lowering import rule_for
    from ferrotorch._wrappers import _recording

    def ask_for(target: Any, *given: Any, **named: Any) -> Any:
        return _recording.run(*_ops.normal_call(target, given, named))

    # No schema of an op has it: the result is made a leaf that gets a gradient.
    wants_grad = bool(kwargs.get("requires_grad"))
    func, args, kwargs = _op(op, args, {k: v for k, v in kwargs.items() if k != "requires_grad"})
    rule = None if "out" in kwargs else rule_for(op)
    result = ask_for(func, *args, **kwargs) if rule is None else rule(ask_for, *args, **kwargs)
    return result.requires_grad_() if wants_grad else result


def _op(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The overload that a call is of, and the arguments as its schema has them."""
    for line in getattr(_ops._function(op), "_declarations", "").splitlines():
        arranged = _arranged(line, args, kwargs)
        if arranged is not None:
            return _ops.overload_of(op, line, *arranged), *arranged
    return getattr(_ops.aten._packet(_RENAMED.get(op, op)), "default"), args, kwargs  # noqa: B009


@functools.cache
def _parameters(line: str) -> list[tuple[str, str, bool, bool]]:
    """Kind, name, whether it must be given, and whether only by keyword, of the parameters of a declaration."""
    found = []
    named = False
    for part in line.split(" -> ")[0].strip("()").split(", "):
        if part == "*":
            named = True
            continue
        declared, default, _ = part.partition("=")
        kind, name = declared.split(" ")
        found.append((kind, name, not default and not kind.endswith("?"), named))
    return found


def _arranged(
    line: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments by position where the declaration has them so, sizes as lists; None if they do not fit."""
    parameters = _parameters(line)
    kinds, names = [p[0] for p in parameters], [p[1] for p in parameters]
    last = next((i for i, kind in enumerate(kinds) if kind.endswith("...")), None)
    if last is not None and len(args) > last and isinstance(args[last], int):
        args = (*args[:last], list(args[last:]))
    named = dict(kwargs)
    if "self" in named:
        named[names[0]] = named.pop("self")
    given = list(args)
    while len(given) < len(parameters) and not parameters[len(given)][3] and names[len(given)] in named:
        given.append(named.pop(names[len(given)]))
    taken = {*names[: len(given)], *named}
    most = sum(not p[3] for p in parameters)
    if len(given) > most or not taken <= set(names) or any(p[2] and p[1] not in taken for p in parameters):
        return None
    for i, (kind, value) in enumerate(zip(kinds, given, strict=False)):
        if not _fits(kind, value):
            return None
        if (kind.startswith("int[") and isinstance(value, int)) or (kind.endswith("...") and isinstance(value, tuple)):
            given[i] = [value] if isinstance(value, int) else list(value)
    return tuple(given), named


def _fits(kind: str, value: Any) -> bool:
    if value is None:
        return kind.endswith("?")
    kind = kind.rstrip("?")
    if kind == "Tensor":
        return isinstance(value, Tensor)
    if kind == "dtype":
        return isinstance(value, torch.dtype)
    return not (kind.startswith(("int", "Scalar", "bool", "device")) and isinstance(value, Tensor | torch.dtype))


def ask(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the innermost dispatch mode makes of an op, or else the classes of the arguments.

    Raises:
        TypeError: all of them declined.
    """
    types = classes((args, kwargs))
    if _C._len_torch_dispatch_stack():
        mode = _python_dispatch._pop_mode()
        try:
            return mode.__torch_dispatch__(func, tuple(types), args, kwargs)
        finally:
            _python_dispatch._push_mode(mode)
    for cls in types:
        result = cls.__torch_dispatch__(func, tuple(types), args, kwargs)
        if isinstance(result, str | bytes):
            raise RuntimeError(
                f"{func}: Unable to cast what {cls.__name__}.__torch_dispatch__ returned, a {type(result).__name__}, "
                "to a Tensor"
            )
        if result is not NotImplemented:
            return result
    listed = "".join(f"\n  - tensor subclass {cls}" for cls in types)
    raise TypeError(
        f"Multiple dispatch failed for 'torch._ops.{func}'; all __torch_dispatch__ handlers returned NotImplemented:"
        f"\n{listed}"
    )


def classes(values: Any) -> list[Any]:
    """The classes among arguments that are asked, subclasses before their bases."""
    found: list[Any] = []
    for leaf in _pytree.tree_leaves(values):
        cls = type(leaf)
        if cls not in found and is_asked(leaf):
            at = next((i for i, other in enumerate(found) if issubclass(cls, other)), len(found))
            found.insert(at, cls)
    return found
