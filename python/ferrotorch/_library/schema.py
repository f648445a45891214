"""Schemas of ops: ``mylib::add(Tensor x, Tensor(a!) y, int n=1, *, float? s=None) -> Tensor``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ferrotorch as torch

__all__ = ["Argument", "FunctionSchema", "bind", "from_declaration", "parse_schema"]

_MISSING = object()
_ALIAS = re.compile(r"\(([a-z0-9]+)(!?)[^)]*\)")


@dataclass(frozen=True)
class AliasInfo:
    """What a tensor shares memory with, and whether it is written to."""

    name: str
    is_write: bool


@dataclass(frozen=True)
class Argument:
    """A parameter or result of an op."""

    name: str
    type: str
    default_value: Any = _MISSING
    kwarg_only: bool = False
    alias_info: AliasInfo | None = None

    def has_default_value(self) -> bool:
        """Need it not be given?"""
        return self.default_value is not _MISSING

    @property
    def is_write(self) -> bool:
        """Is it written to?"""
        return self.alias_info is not None and self.alias_info.is_write

    @property
    def holds_tensors(self) -> bool:
        """Is it a tensor, or a list of them?"""
        return self.type.startswith("Tensor")

    def __str__(self) -> str:
        text = self.type
        if self.alias_info is not None:
            mark = f"({self.alias_info.name}{'!' if self.is_write else ''})"
            text = f"Tensor{mark}{text.removeprefix('Tensor')}"
        text = f"{text} {self.name}".rstrip()
        return f"{text}={_shown(self.default_value)}" if self.has_default_value() else text


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, list | tuple) else str(value)


@dataclass(frozen=True)
class FunctionSchema:
    """The schema of an overload of an op."""

    name: str
    overload_name: str
    arguments: tuple[Argument, ...]
    returns: tuple[Argument, ...]
    # ``(Tensor)`` is a tuple of one, ``Tensor`` is not.
    returns_tuple: bool = False

    @property
    def is_mutable(self) -> bool:
        """Does it write to an argument?"""
        return any(argument.is_write for argument in self.arguments)

    def __str__(self) -> str:
        overload = f".{self.overload_name}" if self.overload_name else ""
        positional = [str(argument) for argument in self.arguments if not argument.kwarg_only]
        named = [str(argument) for argument in self.arguments if argument.kwarg_only]
        results = ", ".join(map(str, self.returns))
        results = results if len(self.returns) == 1 and not self.returns_tuple else f"({results})"
        return f"{self.name}{overload}({', '.join(positional + (['*', *named] if named else []))}) -> {results}"

    def positions(self) -> tuple[Argument, ...]:
        """The parameters that may be given by position."""
        return tuple(argument for argument in self.arguments if not argument.kwarg_only)


def parse_schema(text: str) -> FunctionSchema:
    """The schema that a text describes.

    Raises:
        RuntimeError: the text is none.
    """
    match = re.fullmatch(r"\s*([\w:]*)(?:\.(\w+))?\s*\((.*)\)\s*->\s*(.*?)\s*", text, re.DOTALL)
    if match is None:
        raise RuntimeError(f"cannot parse the schema {text!r}: expected `name(arguments) -> results`")
    name, overload, inside, results = match.groups()
    arguments: list[Argument] = []
    named = False
    for part in _split(inside):
        if part == "*":
            named = True
        else:
            arguments.append(_argument(part, named, text))
    in_tuple = results.startswith("(")
    returns = tuple(_result(part) for part in _split(results[1:-1] if in_tuple else results))
    return FunctionSchema(name, overload or "", tuple(arguments), returns, in_tuple)


def _split(text: str) -> list[str]:
    """What commas outside of brackets separate."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _argument(text: str, named: bool, schema: str) -> Argument:
    declared, equals, default = text.partition("=")
    kind, _, name = declared.strip().rpartition(" ")
    if not kind or not name.isidentifier():
        raise RuntimeError(f"cannot parse the argument {text!r} of the schema {schema!r}")
    kind, alias = _without_alias(kind.strip())
    return Argument(name, kind, _value(default.strip(), kind) if equals else _MISSING, named, alias)


def _result(text: str) -> Argument:
    kind, alias = _without_alias(text)
    kind, _, name = kind.partition(" ")
    return Argument(name, kind, alias_info=alias)


def _without_alias(kind: str) -> tuple[str, AliasInfo | None]:
    match = _ALIAS.search(kind)
    if match is None:
        return kind, None
    return kind.replace(match.group(0), ""), AliasInfo(match.group(1), bool(match.group(2)))


def _value(text: str, kind: str) -> Any:
    """A default: a literal of Python, or a dtype, device or mode by its name."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        if kind.rstrip("?") == "ScalarType":
            return getattr(torch, text)
        return {"true": True, "false": False, "Mean": 1}.get(text, text)


# ---- arguments of calls

_Check = Callable[[Any], bool]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: dict[str, tuple[str, _Check]] = {
    "Tensor": ("Tensor", lambda value: isinstance(value, torch.Tensor)),
    "int": ("int", _is_int),
    "SymInt": ("int", _is_int),
    "float": ("float", lambda value: isinstance(value, float) or _is_int(value)),
    "bool": ("bool", lambda value: isinstance(value, bool)),
    "str": ("str", lambda value: isinstance(value, str)),
    "Scalar": ("number", lambda value: isinstance(value, int | float | complex)),
    "ScalarType": ("int", lambda value: isinstance(value, torch.dtype)),
    "Device": ("Device", lambda value: isinstance(value, torch.device | str)),
}


def _accepts(kind: str, value: Any) -> bool:
    if kind.endswith("?"):
        return value is None or _accepts(kind[:-1], value)
    items = re.fullmatch(r"(.*)\[\d*\]", kind)
    if items is not None:
        return isinstance(value, list | tuple) and all(_accepts(items.group(1), item) for item in value)
    # Other types belong to nobody that could check them.
    return kind not in _CHECKS or _CHECKS[kind][1](value)


def bind(schema: FunctionSchema, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, without defaults, in the order of the schema.

    Raises:
        RuntimeError: they do not fit the schema.
    """
    positions = schema.positions()
    if len(args) > len(positions):
        raise RuntimeError(
            f"{schema.name}() takes {len(positions)} positional argument(s) but {len(args)} was/were given.  "
            f"Declaration: {schema}"
        )
    given = dict(zip((argument.name for argument in positions), args, strict=False))
    known = {argument.name for argument in schema.arguments}
    for name in kwargs:
        if name not in known or name in given:
            raise RuntimeError(
                f"Unknown keyword argument '{name}' for operator '{schema.name}'. Schema: {schema}"
                if name not in known
                else f"{schema.name}() got multiple values for argument '{name}'. Declaration: {schema}"
            )
    given |= kwargs
    bound: dict[str, Any] = {}
    for position, argument in enumerate(schema.arguments):
        if argument.name in given:
            bound[argument.name] = _checked(schema, argument, given[argument.name], position)
        elif not argument.has_default_value():
            raise RuntimeError(
                f"{schema.name}() is missing value for argument '{argument.name}'. Declaration: {schema}"
            )
    return bound


_NUMBERS = {"float": float, "int": int}
_NUMPY = {"float": (np.floating, np.integer), "int": (np.integer,)}


def _checked(schema: FunctionSchema, argument: Argument, value: Any, position: int) -> Any:
    if _accepts(argument.type, value):
        return value
    kind = argument.type.removesuffix("?")
    if kind in _NUMBERS and isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
        # A scale or a zero point may be a buffer of a model.
        return _NUMBERS[kind](value.item())
    if kind in _NUMBERS and isinstance(value, _NUMPY[kind]):
        return _NUMBERS[kind](value)
    shown = _CHECKS[kind][0] if kind in _CHECKS else argument.type
    raise RuntimeError(
        f"{schema.name}() Expected a value of type '{shown}' for argument '{argument.name}' but instead found type "
        f"'{type(value).__name__}'.\nPosition: {position}\nValue: {value!r}\nDeclaration: {schema}"
    )


# ---- ops of this library

_KINDS = {"Operand": "Tensor", "dtype": "ScalarType", "device": "Device", "Any": "Tensor", "Tensors": "Tensor[]"}


def from_declaration(name: str, overload: str, declaration: str) -> FunctionSchema:
    """The schema of an op of this library, from the declaration of a signature.

    Types are those of the declaration as PyTorch calls them; the first tensor is ``self``.
    """
    inside, _, results = declaration.partition(" -> ")
    arguments: list[Argument] = []
    named = False
    for part in _split(inside.strip()[1:-1]):
        if part == "*":
            named = True
            continue
        kind, _, rest = part.partition(" ")
        parameter, equals, default = rest.partition("=")
        if parameter == "out" and overload != "out":
            continue
        kind = kind.replace("...", "[]")
        base = re.match(r"\w+", kind)
        kind = _KINDS.get(base[0], base[0]) + kind[base.end() :] if base else kind
        value = _value(default.replace("()", "[]"), kind) if equals else _MISSING
        arguments.append(Argument(parameter, kind, value, named))
    return FunctionSchema(
        f"aten::{name}", "" if overload == "default" else overload, _as_in_place(name, overload, arguments),
        tuple(_result(part) for part in _split(results.strip("()") or "Tensor")), results.startswith("("),
    )  # fmt: skip


def _as_in_place(name: str, overload: str, arguments: Iterable[Argument]) -> tuple[Argument, ...]:
    """What ops in place, and those with ``out``, write to."""
    in_place = name.endswith("_") and not name.endswith("__")
    marked = []
    for i, argument in enumerate(arguments):
        writes = (in_place and i == 0) or (overload == "out" and argument.name == "out")
        renamed = replace(argument, name="self") if i == 0 and argument.name == "input" else argument
        marked.append(replace(renamed, alias_info=AliasInfo("a", True)) if writes else renamed)
    return tuple(marked)
