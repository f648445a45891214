"""Schemas of Python functions, by their annotations."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import ferrotorch as torch

__all__ = ["infer_schema"]


def _supported() -> dict[Any, str]:
    """The schema's types by those of Python: each with lists, optionals, and both where PyTorch has them."""
    number = int | float | bool
    rows: tuple[tuple[Any, str, bool, bool, bool], ...] = (
        (torch.Tensor, "Tensor", True, True, True),
        (int, "SymInt", True, False, True),
        (float, "float", True, False, True),
        (bool, "bool", True, False, True),
        (str, "str", False, False, False),
        (number, "Scalar", True, False, False),
        (torch.dtype, "ScalarType", False, False, False),
        (torch.device, "Device", False, False, False),
    )
    found: dict[Any, str] = {}
    for base, name, has_list, of_optional, optional_list in rows:
        found[base] = name
        found[base | None] = f"{name}?"
        if has_list:
            found.update(dict.fromkeys(_lists(base), f"{name}[]"))
        if of_optional:
            found.update(dict.fromkeys(_lists(base | None), f"{name}?[]"))
        if optional_list:
            found.update({item | None: f"{name}[]?" for item in _lists(base)})
        if of_optional and optional_list:
            found.update({item | None: f"{name}?[]?" for item in _lists(base | None)})
    return found


def _lists(item: Any) -> list[Any]:
    return [list[item], collections.abc.Sequence[item]]


_RETURNS = ("Tensor", "Tensor[]", "SymInt", "float", "bool", "Scalar")


def infer_schema(
    prototype_function: Callable[..., Any],
    /,
    *,
    mutates_args: str | Iterable[str],
    op_name: str | None = None,
) -> str:
    """The schema of an op that a function computes, as text.

    Args:
        prototype_function: a function all of whose parameters, and the result, are annotated.
        mutates_args: the names of the arguments that it writes to, or ``"unknown"`` for all tensors.
        op_name: a name to put before.

    Raises:
        ValueError: a parameter or an annotation that no schema can have.
    """
    signature = inspect.signature(prototype_function)

    def fail(what: str) -> NoReturn:
        raise ValueError(f"infer_schema(func): {what} Got func with signature {signature})")

    unknown = isinstance(mutates_args, str)
    if unknown and mutates_args != "unknown":
        raise ValueError(
            "mutates_args must either be a sequence of the names of the arguments that are mutated or the string "
            "'unknown'. "
        )
    mutated = set() if unknown else set(mutates_args)
    parts: list[str] = []
    for position, parameter in enumerate(signature.parameters.values()):
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            fail("We do not support positional-only args, varargs, or varkwargs.")
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        kind = _type_of(parameter, prototype_function, fail)
        if parameter.name in mutated or (unknown and kind.startswith("Tensor")):
            kind = _written(kind, position, parameter.name, fail)
        parts.append(f"{kind} {parameter.name}{_default(parameter, fail)}")
    absent = mutated - signature.parameters.keys()
    if absent:
        fail(
            f"{absent} in mutates_args were not found in the custom op's signature. mutates_args should contain the "
            "names of all args that the custom op mutates, or just the string 'unknown' if you don't know."
        )
    result = _returned(signature.return_annotation, prototype_function, fail)
    return f"{op_name or ''}({', '.join(parts)}) -> {result}"


def _evaluated(annotation: Any, function: Any, fail: Callable[[str], NoReturn]) -> Any:
    """An annotation with what texts in it mean, in the forms of today's Python."""
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, inspect.unwrap(function).__globals__)
        except Exception as error:
            fail(f"Unsupported type annotation {annotation}. It is not a type. ({type(error).__name__}: {error})")
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        return annotation
    items = [item if item is type(None) else _evaluated(item, function, fail) for item in args]
    if origin in (typing.Union, types.UnionType):
        joined = items[0]
        for item in items[1:]:
            joined = joined | item
        return joined
    return types.GenericAlias(origin, tuple(items))


def _type_of(parameter: inspect.Parameter, function: Any, fail: Callable[[str], NoReturn]) -> str:
    if parameter.annotation is parameter.empty:
        fail(f"Parameter {parameter.name} must have a type annotation.")
    annotation, supported = _evaluated(parameter.annotation, function, fail), _supported()
    if annotation in supported:
        return supported[annotation]
    text = f"Parameter {parameter.name} has unsupported type {parameter.annotation}. "
    if typing.get_origin(annotation) is tuple:
        text += "We do not support Tuple inputs in schema. As a workaround, please try to use List instead. "
        items = set(typing.get_args(annotation)) - {...}
        as_list = list[items.pop()] if len(items) == 1 else None  # type: ignore[misc]
        text += f"For example, {as_list}.\n\n" if as_list in supported else "\n\n"
    fail(f"{text}The valid types are: {supported.keys()}.")


def _written(kind: str, position: int, name: str, fail: Callable[[str], NoReturn]) -> str:
    if not kind.startswith("Tensor"):
        fail(f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated")
    return f"Tensor(a{position}!){kind.removeprefix('Tensor')}"


def _default(parameter: inspect.Parameter, fail: Callable[[str], NoReturn]) -> str:
    value = parameter.default
    if value is parameter.empty:
        return ""
    if value is None or isinstance(value, int | float | bool):
        return f"={value}"
    if isinstance(value, str | torch.device):
        return f'="{value}"'
    if isinstance(value, torch.dtype):
        return f"={str(value).rpartition('.')[2]}"
    fail(f"Parameter {parameter.name} has an unsupported default value type {type(value)}.")


def _returned(annotation: Any, function: Any, fail: Callable[[str], NoReturn]) -> str:
    if annotation is None or annotation == "None":
        return "()"
    if annotation is inspect.Parameter.empty:
        fail("No return type annotation was provided. Please add one.")
    evaluated, supported = _evaluated(annotation, function, fail), _supported()
    in_tuple = typing.get_origin(evaluated) is tuple
    names = [supported.get(item, "") for item in (typing.get_args(evaluated) if in_tuple else (evaluated,))]
    if any(name not in _RETURNS for name in names):
        valid = {kind: name for kind, name in supported.items() if name in _RETURNS}
        fail(f"Return has unsupported type {annotation}. The valid types are: {valid}.")
    if not in_tuple:
        return names[0]
    return f"(({names[0]}))" if len(names) == 1 else f"({', '.join(names)})"
