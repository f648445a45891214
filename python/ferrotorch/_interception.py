"""Public functions that are written in Python, made to ask for overrides; see :mod:`ferrotorch.overrides`.

What Rust defines asks by itself. Functions in Python are registered where the package is put together: each is replaced
by an object of the extension that looks at the arguments' types, and goes on to the function where nobody overrides it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from inspect import Parameter
from types import FunctionType
from typing import Any

from ferrotorch import _C
from ferrotorch._composite import unrecorded
from ferrotorch._homes import built_in_name

_REPLACED: dict[FunctionType, Any] = {}
# Methods by which overrides themselves are found, what Python calls at an object's end, and what notebooks show.
_NEVER = frozenset(
    ["__torch_function__", "__torch_dispatch__", "__init_subclass__", "__class_getitem__", "__del__", "_repr_html_"]
)


def functions(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """Let functions of a namespace ask for overrides; those that are not written in Python stay as they are.

    A function is replaced in the module that defines it, too: it is one object wherever it is found.
    """
    for name in names:
        function = namespace.get(name)
        if isinstance(function, FunctionType):
            namespace[name] = _replaced(function)


def _replaced(function: FunctionType) -> Any:
    if function not in _REPLACED:
        _REPLACED[function] = _C._overridable(function, function.__name__, unrecorded=unrecorded(function))
        home = inspect.unwrap(function).__globals__
        if home.get(function.__name__) is function:
            home[function.__name__] = _REPLACED[function]
    return _REPLACED[function]


def arranged(
    function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call as PyTorch hands them to overrides: by keyword what has a default, whether given or not.

    What PyTorch has built in gets them as they were given.

    Raises:
        TypeError: the function has no such parameters.
    """
    rewrite = getattr(function, "_rewritten_for_overrides", None)
    if rewrite is not None:
        return rewrite(*args), kwargs
    form = _signature(function)
    if _is_built_in(function):
        form.bind(*args, **kwargs)
        return args, kwargs
    kinds = {p.kind for p in form.parameters.values()}
    bound = form.bind(*args, **kwargs)
    if Parameter.VAR_POSITIONAL in kinds or Parameter.POSITIONAL_ONLY in kinds:
        return args, kwargs
    bound.apply_defaults()
    given: list[Any] = []
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        parameter = form.parameters[name]
        if parameter.kind is Parameter.VAR_KEYWORD:
            named.update(value)
        elif parameter.default is Parameter.empty and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD:
            given.append(value)
        else:
            named[name] = value
    return tuple(given), named


_signature = functools.cache(inspect.signature)


@functools.cache
def _is_built_in(function: Any) -> bool:
    home = inspect.unwrap(function)
    return isinstance(home, FunctionType) and built_in_name(home.__module__, home.__name__) is not None


def member(name: str, value: Any) -> Any:
    """What the class ``Tensor`` is to have under a name, a method or property, made to ask for overrides."""
    if name in _NEVER:
        return value
    if isinstance(value, property):
        assert value.fget is not None
        return property(_C._overridable(value.fget, name, _C.Tensor, getter=True), doc=value.__doc__)
    if isinstance(value, FunctionType):
        return _C._overridable(value, name, _C.Tensor, unrecorded=unrecorded(value))
    return value
