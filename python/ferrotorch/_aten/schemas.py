"""PyTorch's schemas of the ops of ``aten``: the overload that a call is of, and the arguments that modes see."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._library.schema import Argument, FunctionSchema, parse_schema

__all__ = ["chosen", "normalized", "schemas_of"]

Call = tuple[tuple[Any, ...], dict[str, Any]]
# Ops that take a number for a tensor: no other overload of them is called from Python.
_NUMBERS_AS_TENSORS = frozenset(
    name + suffix for name in ("add", "sub", "mul", "div", "floor_divide", "true_divide") for suffix in ("", "_")
)
_REDUCTIONS = ("none", "mean", "sum")
_LIST = re.compile(r"(.*)\[(\d*)\]")


@cache
def _lines() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    text = (Path(__file__).parent / "schemas.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        found.setdefault(line.partition("(")[0].partition(".")[0], []).append(line)
    return found


@cache
def schemas_of(name: str) -> dict[str, FunctionSchema]:
    """The schemas of an op's overloads but for those with ``out=``, by their names."""
    parsed = (parse_schema(f"aten::{line}") for line in _lines().get(name, ()))
    return {schema.overload_name or "default": schema for schema in parsed}


def chosen(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The name of the overload that a call from Python is of; None for a call that fits none."""
    schemas = schemas_of(name)
    if name in _NUMBERS_AS_TENSORS:
        overloads = ["Tensor_mode", "Tensor", "default"]
        schemas = {overload: schemas[overload] for overload in overloads if overload in schemas}
    for lenient in (False, True):
        for overload, schema in schemas.items():
            if _fits(schema, args, kwargs, lenient):
                return overload
    return None


def _fits(schema: FunctionSchema, args: tuple[Any, ...], kwargs: dict[str, Any], lenient: bool) -> bool:
    given = _by_name(schema, args, kwargs, lenient)
    if given is None:
        return False
    for argument in schema.arguments:
        if argument.name not in given:
            if not argument.has_default_value():
                return False
        elif not (
            _accepts(argument.type, given[argument.name], lenient) or _is_reduction(argument, given[argument.name])
        ):
            return False
    return True


def _by_name(
    schema: FunctionSchema, args: tuple[Any, ...], kwargs: dict[str, Any], lenient: bool = True
) -> dict[str, Any] | None:
    """The arguments of a call by the schema's names; None where they are other ones.

    What is given by position may stand for a keyword if the call need not fit exactly.
    """
    positions = schema.arguments if lenient else schema.positions()
    if len(args) > len(positions):
        return None
    given = {argument.name: value for argument, value in zip(positions, args, strict=False)}
    names = {argument.name for argument in schema.arguments}
    for name, value in kwargs.items():
        own = "self" if name == "input" and "input" not in names else name
        if own not in names or own in given:
            return None
        given[own] = value
    return given


def _is_reduction(argument: Argument, value: Any) -> bool:
    return argument.name == "reduction" and argument.type == "int" and value in _REDUCTIONS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_ACCEPTED: dict[str, Any] = {
    "int": _is_int, "SymInt": _is_int, "bool": lambda value: isinstance(value, bool),
    "float": lambda value: isinstance(value, float) or _is_int(value), "Scalar": _is_number,
    "str": lambda value: isinstance(value, str), "ScalarType": lambda value: isinstance(value, _C.dtype),
    "Device": lambda value: isinstance(value, _C.device | str),
    "Generator": lambda value: isinstance(value, torch.Generator),
    "MemoryFormat": lambda value: isinstance(value, torch.memory_format),
}  # fmt: skip


def _accepts(kind: str, value: Any, lenient: bool) -> bool:
    if kind == "bool" and lenient and _is_int(value) and value in (0, 1):
        return True
    if kind.endswith("?"):
        return value is None or _accepts(kind[:-1], value, lenient)
    if (items := _LIST.fullmatch(kind)) is not None:
        if items.group(2) and _accepts(items.group(1), value, lenient):
            return True
        return isinstance(value, list | tuple) and all(_accepts(items.group(1), item, lenient) for item in value)
    if kind == "Tensor":
        return isinstance(value, _C.Tensor) or (lenient and _is_number(value))
    return kind not in _ACCEPTED or bool(_ACCEPTED[kind](value))


def normalized(name: str, overload: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """The arguments as PyTorch hands them on: by position where they may be, no defaults at the end, lists of sizes."""
    schema = schemas_of(name).get(overload)
    given = None if schema is None else _by_name(schema, args, kwargs)
    if schema is None or given is None:
        return args, kwargs
    positional: list[Any] = []
    named: dict[str, Any] = {}
    last = 0
    for argument in schema.arguments:
        # What only PyTorch's kernels ask for is a switch that is off.
        preset = argument.default_value if argument.has_default_value() else False
        value = _converted(argument, given.get(argument.name, preset))
        is_default = argument.has_default_value() and _is_same(value, argument)
        if argument.kwarg_only:
            named |= {} if is_default else {argument.name: value}
            continue
        positional.append(value)
        last = last if is_default else len(positional)
    return tuple(positional[:last]), named


def _converted(argument: Argument, value: Any) -> Any:
    """A value as the type of its parameter has it."""
    kind = argument.type.removesuffix("?")
    if value is None:
        return None
    if (items := _LIST.fullmatch(kind)) is not None:
        if isinstance(value, list | tuple):
            if items.group(1).startswith("float"):
                return [float(item) for item in value]
            return list(value)
        return [value] * int(items.group(2) or 1)
    if kind == "float" and _is_int(value):
        return float(value)
    if kind == "bool" and _is_int(value):
        return bool(value)
    if kind == "int" and argument.name == "reduction" and isinstance(value, str):
        return _REDUCTIONS.index(value)
    return torch.device(value) if kind == "Device" else value


def _is_same(value: Any, argument: Argument) -> bool:
    default = argument.default_value
    if isinstance(value, _C.Tensor) or isinstance(default, _C.Tensor):
        return False
    if argument.type.startswith("MemoryFormat") and isinstance(default, str):
        return str(value).removeprefix("torch.") == default
    if isinstance(value, list):
        return isinstance(_converted(argument, default), list) and _converted(argument, default) == value
    # A float is not the default that an integer is, where either may stand.
    return bool(value is default or (type(value) is type(default) and value == default))
