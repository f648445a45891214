"""Declared signatures of operators: ``(Tensor input, int[1]? dim=None, *, dtype? dtype=None) -> Tensor``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARAMETER = re.compile(r"(?P<type>.+?)(?P<nullable>\?)? (?P<name>\w+)(=(?P<default>.*))?")


@dataclass(frozen=True)
class Parameter:
    """One parameter, its type in the words of the declaration."""

    type: str
    name: str
    nullable: bool
    default: str | None
    keyword_only: bool


@dataclass(frozen=True)
class Signature:
    """One way of calling an operator, and what the call returns in the words of the declaration."""

    parameters: tuple[Parameter, ...]
    returns: str


def parse(declaration: str) -> Signature:
    """Read one declaration."""
    text, returns = declaration.split(" -> ")
    parameters = []
    keyword_only = False
    for part in re.split(r", (?![^()]*\))", text[1:-1]):
        if part == "*":
            keyword_only = True
        elif part:
            parameters.append(_parameter(part, keyword_only))
    return Signature(tuple(parameters), returns)


def _parameter(text: str, keyword_only: bool) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the parameter {text!r}")
    return Parameter(match["type"], match["name"], bool(match["nullable"]), match["default"], keyword_only)
