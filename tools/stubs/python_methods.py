"""Methods that the package gives to ``Tensor`` in Python, as stub functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from layout import Function

#: Inside of the class ``Tensor`` these are methods and attributes.
_HIDDEN = re.compile(r"\b(int|float|bool|type|dtype|device|layout)\b")


def method(name: str, function: Callable[..., Any]) -> Function:
    """The stub of an annotated function, whose first parameter becomes ``self``."""
    parameters = list(inspect.signature(function).parameters.values())
    texts = ["self"]
    for p in parameters[1:]:
        if p.kind is p.KEYWORD_ONLY and not any(text.startswith("*") for text in texts):
            texts.append("*")
        texts.append(_parameter(p, name))
    doc = (function.__doc__ or "").splitlines()
    returns = "Self" if name.endswith("_") and not name.endswith("__") else _annotation(_result(function), name)
    return Function(name, texts, returns, (), doc[0] if doc else "")


def getter(name: str, attribute: property) -> Function:
    """The stub of a property whose getter is annotated."""
    assert attribute.fget is not None
    return Function(name, ["self"], _annotation(_result(attribute.fget), name), ("property",))


def _result(function: Callable[..., Any]) -> Any:
    return inspect.signature(function).return_annotation


def _parameter(p: inspect.Parameter, method: str) -> str:
    star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
    text = f"{star}{p.name}: {_annotation(p.annotation, method)}"
    return text if p.default is p.empty else f"{text} = {_default(p.default)}"


def _default(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _annotation(annotation: Any, method: str) -> str:
    if annotation is inspect.Signature.empty:
        raise TypeError(f"Tensor.{method} lacks an annotation")
    return _HIDDEN.sub(r"_\1", str(annotation).replace("_C.", ""))
