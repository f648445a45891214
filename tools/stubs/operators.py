"""Operator objects as stub functions."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

from declarations import Parameter, Signature, parse
from layout import Function

_TYPES = {
    "Tensor": "Tensor",
    "Operand": "Tensor | _Number",
    "Tensor[]": "Sequence[Tensor]",
    "Scalar": "_Number",
    "int": "_int",
    "float": "_float",
    "bool": "_bool",
    "str": "str",
    "int[]": "Sequence[_int]",
    "int[1]": "_int | Sequence[_int]",
    "float[]": "Sequence[_float]",
    "dtype": "_DtypeLike",
    "device": "_DeviceLike",
    "layout": "_layout",
    "memory_format": "memory_format",
    "Generator": "Generator",
    "Any": "Any",
}
#: A list, or the remaining positional arguments.
_VARIADIC = {"Tensor...": "Tensor", "int...": "_int"}
_RETURNS = {"Tensor": "Tensor", "Tensor[]": "tuple[Tensor, ...]", "bool": "_bool", "int": "_int", "Any": "Any"}


def functions(name: str, op: Any, *, static: bool = False) -> list[Function]:
    """``torch.<name>``, or a function of a namespace."""
    forms = [form for line in op._declarations.splitlines() for form in _forms(parse(line))]
    decorators = ("staticmethod",) if static else ()
    made = [Function(name, _parameters(form), _returned(form.returns), decorators) for form in forms]
    return _overloaded(made, _summary(op))


def methods(name: str, op: Any) -> list[Function]:
    """``Tensor.<name>``: the first parameter is the tensor, never a number; what works in place returns it."""
    forms = [form for line in op._declarations.splitlines() for form in _forms(parse(line))]
    forms = [form for form in forms if form.parameters[0].type != "Scalar"]
    made = []
    for form in forms:
        rest = Signature(form.parameters[1:], form.returns)
        returns = "Self" if name.endswith("_") else _returned(form.returns)
        made.append(Function(name, ["self", *_parameters(rest)], returns))
    return _overloaded(made, _summary(op))


def _overloaded(made: list[Function], doc: str) -> list[Function]:
    distinct = list(dict.fromkeys((tuple(f.parameters), f.returns, tuple(f.decorators)) for f in made))
    overload = ("overload",) if len(distinct) > 1 else ()
    return [
        Function(made[0].name, parameters, returns, (*overload, *decorators), "" if i else doc)
        for i, (parameters, returns, decorators) in enumerate(distinct)
    ]


def _summary(op: Any) -> str:
    """The first line of the docstring behind the signatures."""
    return op.__doc__.split("\n\n", 1)[1].splitlines()[0].replace("\\", "\\\\")


def _forms(signature: Signature) -> Iterator[Signature]:
    """The signature; one with a variadic parameter also with the list in its place."""
    if any(p.type in _VARIADIC for p in signature.parameters):
        listed = [
            Parameter(p.type.replace("...", "[]"), p.name, p.nullable, p.default, p.keyword_only)
            for p in signature.parameters
        ]
        yield Signature(tuple(listed), signature.returns)
    yield signature


def _parameters(signature: Signature) -> list[str]:
    texts: list[str] = []
    variadic = False
    for p in signature.parameters:
        if p.type in _VARIADIC:
            variadic = True
            texts.append(f"*{p.name}: {_VARIADIC[p.type]}")
            continue
        if p.keyword_only and not variadic and "*" not in texts:
            texts.append("*")
        texts.append(_parameter(p, signature.returns))
        if keyword.iskeyword(p.name):
            texts.append("/")
    return texts


def _parameter(p: Parameter, returns: str) -> str:
    # A parameter that is called like a keyword of Python can be given by position only.
    name = f"{p.name}_" if keyword.iskeyword(p.name) else p.name
    if p.type not in _TYPES:
        raise ValueError(f"parameter {p.name!r}: no Python type is known for {p.type!r}")
    annotation = _out(returns) if name == "out" else _TYPES[p.type]
    if p.nullable:
        annotation += " | None"
    return f"{name}: {annotation}" if p.default is None else f"{name}: {annotation} = {_default(p)}"


def _out(returns: str) -> str:
    return "Tensor" if returns == "Tensor" else "Sequence[Tensor]"


def _default(p: Parameter) -> str:
    if p.type == "str" and p.default != "None":
        return f'"{p.default}"'
    return "..." if p.default == "inf" else str(p.default)


def _returned(returns: str) -> str:
    if returns.startswith("("):
        return f"tuple[{returns[1:-1]}]"
    return _RETURNS.get(returns, f"return_types.{returns}")
