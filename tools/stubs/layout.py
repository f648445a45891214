"""Stub functions as source text in the formatter's layout."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH = 120


@dataclass(frozen=True)
class Function:
    """One ``def`` of a stub file."""

    name: str
    #: Each as source text: ``self``, ``*``, ``dim: int = 0``.
    parameters: Sequence[str]
    returns: str
    decorators: Sequence[str] = ()
    doc: str = ""


def render(function: Function, indent: str) -> str:
    """The source text of a function, with a line break at the end."""
    decorators = "".join(f"{indent}@{decorator}\n" for decorator in function.decorators)
    if function.doc:
        return decorators + _head(function, indent, "") + "\n" + _docstring(function.doc, indent + "    ")
    return decorators + _head(function, indent, " ...") + " ...\n"


def _docstring(doc: str, indent: str) -> str:
    text = f'{indent}"""{doc}"""'
    return "\n".join(textwrap.wrap(text, _WIDTH, initial_indent="", subsequent_indent=indent)) + "\n"


def _head(function: Function, indent: str, tail: str) -> str:
    start, end = f"{indent}def {function.name}(", f") -> {function.returns}:"
    listed = ", ".join(function.parameters)
    if len(start + listed + end + tail) <= _WIDTH:
        return start + listed + end
    inner = indent + "    "
    if len(inner + listed) <= _WIDTH:
        return f"{start}\n{inner}{listed}\n{indent}{end}"
    each = "".join(f"{inner}{parameter},\n" for parameter in function.parameters)
    return f"{start}\n{each}{indent}{end}"
