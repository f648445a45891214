"""Nodes as lines of Python."""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any

import ferrotorch as torch
from ferrotorch._ops import OpOverload
from ferrotorch.fx._names import (
    _custom_builtins,
    _get_qualified_name,
    _is_found,
    _is_from_torch,
    _name_in_code,
    _Namespace,
    _type_repr,
)
from ferrotorch.fx.node import Node

reflectable_magic_methods = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "floordiv": "{} // {}", "truediv": "{} / {}",
    "div": "{} / {}", "mod": "{} % {}", "pow": "{} ** {}", "lshift": "{} << {}", "rshift": "{} >> {}",
    "and_": "{} & {}", "or_": "{} | {}", "xor": "{} ^ {}", "getitem": "{}[{}]", "matmul": "{} @ {}",
}  # fmt: skip
magic_methods = {
    "eq": "{} == {}", "ne": "{} != {}", "lt": "{} < {}", "gt": "{} > {}", "le": "{} <= {}", "ge": "{} >= {}",
    "pos": "+{}", "neg": "-{}", "invert": "~{}", **reflectable_magic_methods,
}  # fmt: skip
inplace_methods = {
    "iadd": "{} += {}", "iand": "{} &= {}", "ifloordiv": "{} //= {}", "ilshift": "{} <<= {}", "imod": "{} %= {}",
    "imul": "{} *= {}", "imatmul": "{} @= {}", "ior": "{} |= {}", "ipow": "{} **= {}", "irshift": "{} >>= {}",
    "isub": "{} -= {}", "itruediv": "{} /= {}", "ixor": "{} ^= {}", "setitem": "{}[{}] = {}",
}  # fmt: skip

_ORIGINS = {
    list: typing.List,  # noqa: UP006 (what generated code calls them)
    dict: typing.Dict,  # noqa: UP006
    set: typing.Set,  # noqa: UP006
    frozenset: typing.FrozenSet,  # noqa: UP006
    tuple: typing.Tuple,  # noqa: UP006
}


def _format_target(base: str, target: str) -> str:
    """An attribute of a dotted name, by ``getattr`` where a part is no identifier."""
    for part in target.split("."):
        base = f"{base}.{part}" if part.isidentifier() else f'getattr({base}, "{part}")'
    return base


class Globals:
    """Names that generated code needs from outside, and the text of values and types with them."""

    def __init__(self, namespace: _Namespace) -> None:
        self._namespace = namespace
        self.values: dict[str, Any] = {}
        for name, builtin in _custom_builtins.items():
            self.values[namespace.create_name(name, builtin.obj)] = builtin.obj

    def add(self, name_hint: str, obj: Any) -> str:
        """The name by which the code refers to an object."""
        if _is_from_torch(obj) and obj is not torch.device and _is_found(obj):
            return _type_repr(obj) if isinstance(obj, type) else _name_in_code(obj)
        name = self._namespace.create_name(name_hint, obj)
        if self.values.setdefault(name, obj) is not obj and self.values[name] != obj:
            raise AssertionError(f"Global name {name} already assigned to different object")
        return name

    def type(self, annotation: Any) -> str:
        """An annotation."""
        if annotation == ():
            return "()"
        if isinstance(annotation, types.UnionType):
            return self._generic(typing.Union, typing.get_args(annotation))
        origin = getattr(annotation, "__origin__", None)
        if origin is None:
            return self.add(_type_repr(annotation), annotation)
        if isinstance(annotation, typing._GenericAlias):  # type: ignore[attr-defined]
            origin = _ORIGINS.get(origin, origin)
        return self._generic(origin, getattr(annotation, "dims", None) or typing.get_args(annotation))

    def _generic(self, origin: Any, args: Iterable[Any]) -> str:
        name, inner = self.add(_type_repr(origin), origin), [self.type(arg) for arg in args]
        return f"{name}[{','.join(inner)}]" if inner else name

    def value(self, arg: Any) -> str:
        """An argument."""
        if isinstance(arg, tuple) and hasattr(arg, "_fields"):
            cls = type(arg)
            return f"{self.add(_get_qualified_name(cls), cls)}{tuple(arg)!r}"
        if isinstance(arg, OpOverload):
            return self.add(_get_qualified_name(arg), arg)
        if isinstance(arg, enum.Enum):
            return f"{self.add(type(arg).__name__, type(arg))}.{arg.name}"
        if isinstance(arg, torch.Tensor):
            return f"torch.Tensor(size={list(arg.size())}, dtype={str(arg.dtype).split('.')[-1]})"
        if isinstance(arg, tuple):
            return f"({self.value(arg[0])},)" if len(arg) == 1 else f"({', '.join(map(self.value, arg))})"
        if isinstance(arg, list):
            return f"[{', '.join(map(self.value, arg))}]"
        if isinstance(arg, slice):
            return f"slice({', '.join(map(self.value, (arg.start, arg.stop, arg.step)))})"
        if isinstance(arg, complex) and not _is_plain(arg):
            return f"complex({arg.real!r}, {arg.imag!r})"
        return repr(arg)

    def arguments(self, args: Iterable[Any], kwargs: dict[str, Any]) -> str:
        """The arguments of a call."""
        return ", ".join([*map(self.value, args), *(f"{name} = {self.value(value)}" for name, value in kwargs.items())])


def _is_plain(number: complex) -> bool:
    """Is what ``repr`` makes of a complex number its value as an expression?"""
    parts = (number.real, number.imag)
    return all(map(math.isfinite, parts)) and 0.0 not in parts


class Emitter:
    """Writes the lines of a function, a node after the other.

    Attributes:
        inputs: parameters of the function.
        returns: the annotation of what it returns.
        wrapped: functions that shall be traced as leaves again.
    """

    def __init__(
        self, names: Globals, root_module: str, generate_output: Callable[[Any], str], annotate: Callable[[Node], str]
    ) -> None:
        self._names, self._root, self._generate_output, self._annotate = names, root_module, generate_output, annotate
        self.inputs: list[str] = []
        self.returns = ""
        self.wrapped: dict[str, None] = {}

    def line(self, node: Node) -> str:
        """The statement that computes a node; for a placeholder, what is to be said beside the parameter."""
        return str(getattr(self, f"_{node.op}")(node))

    def _assigned(self, node: Node, expression: str) -> str:
        return f"{node!r}{self._annotate(node)} = {expression}"

    def _placeholder(self, node: Node) -> str:
        default = f" = {self._names.value(node.args[0])}" if node.args else ""
        self.inputs.append(f"{node.target}{self._annotate(node)}{default}")
        name = str(node.target).replace("*", "")
        return f"{node!r} = {name}\n" if name != repr(node) else ""

    def _call_method(self, node: Node) -> str:
        target = _format_target(self._names.value(node.args[0]), str(node.target))
        return self._assigned(node, f"{target}({self._names.arguments(node.args[1:], node.kwargs)})")

    def _call_module(self, node: Node) -> str:
        target = _format_target(self._root, str(node.target))
        return self._assigned(node, f"{target}({self._names.arguments(node.args, node.kwargs)})")

    def _get_attr(self, node: Node) -> str:
        return self._assigned(node, _format_target(self._root, str(node.target)))

    def _output(self, node: Node) -> str:
        if node.type is not None:
            self.returns = f" -> {self._names.type(node.type)}"
        return self._generate_output(node.args[0])

    def _call_function(self, node: Node) -> str:
        target: Any = node.target
        args = [self._names.value(arg) for arg in node.args]
        if getattr(target, "__module__", None) == "_operator":
            if target.__name__ in magic_methods:
                return self._assigned(node, magic_methods[target.__name__].format(*args))
            if target.__name__ in inplace_methods:
                return f"{inplace_methods[target.__name__].format(*args)};  {self._assigned(node, args[0])}"
        if target is getattr and len(node.args) == 2 and str(node.args[1]).isidentifier():
            return self._assigned(node, _format_target(args[0], str(node.args[1])))
        name = self._names.add(_get_qualified_name(target), target)
        if node.meta.get("is_wrapped", False):
            self.wrapped[name] = None
        return self._assigned(node, f"{name}({self._names.arguments(node.args, node.kwargs)})")
