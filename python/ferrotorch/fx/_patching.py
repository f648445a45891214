"""Functions and methods that are replaced while a program is traced: ``wrap``, and calls of modules."""

from __future__ import annotations

import builtins
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, TypeVar

import ferrotorch as torch
from ferrotorch.fx.node import map_aggregate
from ferrotorch.fx.proxy import Proxy

T = TypeVar("T")
_MISSING = object()

# What `wrap` was called for: globals of a module by their identity and a name.
_wrapped_fns_to_patch: dict[tuple[int, str], dict[str, Any]] = {}
_wrapped_methods_to_patch: list[tuple[type, str]] = []


class Patcher:
    """Replaces entries of dicts and attributes of classes, and puts back what was there."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] = []
        self._patched: set[tuple[int, str]] = set()
        self.visited: set[int] = set()

    def patch(self, namespace: dict[str, Any], name: str, value: Any, *, once: bool = True) -> None:
        """Replace an entry of a dict."""
        if once and not self._first(namespace, name):
            return
        before = namespace.get(name, _MISSING)
        undo = functools.partial(namespace.pop, name, None)
        if before is not _MISSING:
            undo = functools.partial(namespace.__setitem__, name, before)
        namespace[name] = value
        self._undo.append(undo)

    def patch_method(self, cls: type, name: str, value: Any, *, once: bool = True) -> None:
        """Replace an attribute of a class."""
        if once and not self._first(cls, name):
            return
        before = cls.__dict__.get(name, _MISSING)
        undo: Callable[[], Any] = functools.partial(delattr, cls, name)
        if before is not _MISSING:
            undo = functools.partial(setattr, cls, name, before)
        setattr(cls, name, value)
        self._undo.append(undo)

    def _first(self, place: Any, name: str) -> bool:
        key = (id(place), name)
        if key in self._patched:
            return False
        self._patched.add(key)
        return True

    def revert(self) -> None:
        """Put back what was replaced, the last first."""
        while self._undo:
            self._undo.pop()()
        self._patched.clear()
        self.visited.clear()


@contextmanager
def patching() -> Iterator[Patcher]:
    """A context at whose end all is as it was."""
    patcher = Patcher()
    try:
        yield patcher
    finally:
        patcher.revert()


def _find_proxy(*values: Any) -> Proxy | None:
    """A proxy among values, also in containers."""
    found: list[Proxy] = []

    def note(value: Any) -> None:
        if isinstance(value, Proxy):
            found.append(value)

    map_aggregate(values, note)
    return found[-1] if found else None


def _create_wrapped_func(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is a node of the graph where a proxy is among its arguments."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return function(*args, **kwargs)
        result = proxy.tracer.create_proxy("call_function", function, args, kwargs)
        result.node.meta["is_wrapped"] = True
        return result

    return wrapped


def _create_wrapped_method(cls: type, name: str) -> Callable[..., Any]:
    """A method that is a node of the graph where a proxy is among its arguments."""
    method = getattr(cls, name)

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return method(*args, **kwargs)
        return proxy.tracer.create_proxy("call_method", name, args, kwargs)

    return wrapped


def patch_wrapped_functions(patcher: Patcher) -> None:
    """Replace what `wrap` was called for."""
    for (_, name), namespace in list(_wrapped_fns_to_patch.items()):
        function = namespace.get(name, getattr(builtins, name, None))
        if function is not None:
            patcher.patch(namespace, name, _create_wrapped_func(function))
    for cls, name in _wrapped_methods_to_patch:
        patcher.patch_method(cls, name, _create_wrapped_method(cls, name))


def autowrap(patcher: Patcher, namespace: dict[str, Any], function_ids: set[int]) -> dict[str, Any]:
    """Replace functions in the globals of a module that has just come into sight."""
    if id(namespace) in patcher.visited:
        return namespace
    patcher.visited.add(id(namespace))
    for name, value in list(namespace.items()):
        if not name.startswith("_") and callable(value) and id(value) in function_ids:
            patcher.patch(namespace, name, _create_wrapped_func(value))
    return namespace


def wrap(fn_or_name: str | Callable[..., Any]) -> Any:
    """Make a function of a module a node of graphs, instead of tracing through it.

    To be called at the top level of the module, with the function or its name, or as a decorator.

    Raises:
        NotImplementedError: called anywhere else.
        RuntimeError: neither a function nor a name.
    """
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError("Unsupported type for global function! Must be either a callable or string name")
    name = fn_or_name if isinstance(fn_or_name, str) else fn_or_name.__name__
    frame = inspect.currentframe()
    caller = None if frame is None else frame.f_back
    if caller is None or caller.f_code.co_name != "<module>":
        raise NotImplementedError("wrap must be called at the top level of a module")
    _wrapped_fns_to_patch[(id(caller.f_globals), name)] = caller.f_globals
    return fn_or_name


def without_variadics(function: Any, count: int) -> Any:
    """A function that takes what ``*args`` and ``**kwargs`` gather as ordinary arguments, ``count`` in all."""
    gathering = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    code: CodeType = function.__code__
    plain = code.replace(
        co_flags=code.co_flags & ~gathering, co_argcount=count, co_posonlyargcount=0, co_kwonlyargcount=0
    )
    return FunctionType(plain, function.__globals__, function.__name__, None, function.__closure__)


def is_tensor_module(module: torch.nn.Module) -> bool:
    """Is the class of a module one of the library's?"""
    home = type(module).__module__
    return home.startswith(("torch.nn", "torch.ao.nn", "ferrotorch.nn"))
