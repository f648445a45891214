"""Overriding the library's functions: ``__torch_function__`` of classes, and modes.

A class with a class method ``__torch_function__(func, types, args=(), kwargs=None)`` is asked whenever a function,
method, operator or attribute of the library is used with an instance among the arguments, also inside a list or tuple.
``func`` is the public object itself, ``types`` the classes that override. Of several classes the first in the call is
asked first, but subclasses before their bases; one that returns ``NotImplemented`` declines. A
:class:`TorchFunctionMode` is asked before all arguments, and for functions without tensors among their arguments, too.

A subclass of ``Tensor`` without an override of its own has that of ``Tensor``: the function is called with overrides of
classes off, and the tensors that it returns become instances of the subclass.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import _has_torch_function as has_torch_function
from ferrotorch._C import _has_torch_function_unary as has_torch_function_unary
from ferrotorch._C import _has_torch_function_variadic as has_torch_function_variadic
from ferrotorch._checks import is_tensor_like
from ferrotorch._ops import OpOverload, OpOverloadPacket
from ferrotorch._tensor import KEPT_AS_THEY_ARE

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "enable_reentrant_dispatch",
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "redispatch_function",
    "resolve_name",
    "wrap_torch_function",
]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

_NAMESPACES = ("", "functional", "nn.functional", "nn.init", "Tensor", "linalg", "fft", "special")
#: What of the class ``Tensor`` no class can override by ``__torch_function__``: Python's own protocol of objects.
_OBJECT_PROTOCOL = frozenset(
    [
        "__class__", "__del__", "__delattr__", "__delitem__", "__dir__", "__getattribute__", "__hash__", "__init__",
        "__init_subclass__", "__iter__", "__new__", "__setattr__", "__subclasshook__", "__torch_function__", "_outlive",
        "_make_subclass", "as_subclass",
    ]
)  # fmt: skip


def get_default_nowrap_functions() -> set[Function]:
    """Functions whose result ``Tensor.__torch_function__`` does not convert to the subclass."""
    return set(KEPT_AS_THEY_ARE)


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[F], F]:
    """Make a function of one's own overridable.

    Args:
        dispatcher: Returns, for the arguments of a call, those whose classes may override it.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    return decorate


def _get_overloaded_args(
    relevant_args: Iterable[Any], get_type_fn: Callable[[Any], type[Any]] | None = None
) -> list[Any]:
    """The arguments whose classes have overrides: one of each class, subclasses before their bases."""
    if not _C._is_torch_function_enabled():
        return []
    type_of = get_type_fn or type
    found: list[Any] = []
    for arg in relevant_args:
        kind = type_of(arg)
        override = getattr(kind, "__torch_function__", None)
        if override is None or override is _C._disabled_torch_function_impl:
            continue
        if any(type_of(other) is kind for other in found):
            continue
        below = (i for i, other in enumerate(found) if issubclass(kind, type_of(other)))
        found.insert(next(below, len(found)), arg)
    return found


def handle_torch_function(public_api: Function, relevant_args: Iterable[Any], /, *args: Any, **kwargs: Any) -> Any:
    """Ask modes and arguments for what ``public_api(*args, **kwargs)`` shall return; see :func:`has_torch_function`.

    Raises:
        TypeError: everyone declined.
    """
    overloaded = _get_overloaded_args(relevant_args)
    kinds = tuple(map(type, overloaded))
    in_mode = _C._is_torch_function_mode_enabled()
    if in_mode:
        with _pop_mode_temporarily() as mode:
            result = mode.__torch_function__(public_api, kinds, args, kwargs)
        if result is not NotImplemented:
            return result
    for arg in overloaded:
        method = arg.__torch_function__
        if getattr(method, "__self__", None) is arg:
            warnings.warn(
                "Defining your `__torch_function__ as a plain method is deprecated and will be an error in future, "
                "please define it as a classmethod.",
                DeprecationWarning,
                stacklevel=2,
            )
        result = method(public_api, kinds, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{public_api.__module__}.{public_api.__name__}"
    text = f"no implementation found for '{name}' on types that implement __torch_function__: {list(kinds)}"
    raise TypeError(f"{text} nor in mode {_get_current_function_mode()}" if in_mode else text)


def _namespaces() -> Iterator[tuple[str, Any]]:
    """Where overridable functions are, with the names of these places."""
    for path in _NAMESPACES:
        place: Any = torch
        for part in filter(None, path.split(".")):
            place = getattr(place, part, None)
        if place is not None:
            yield f"torch.{path}".rstrip("."), place


def _takes_tensors(op: Any) -> bool:
    """Has an operator of the extension a parameter for tensors beside ``out``?"""
    return any(
        kind in part.split()[0]
        for line in op._declarations.splitlines()
        for part in line.split(" -> ")[0].strip("()").split(", ")
        if part and not part.endswith("out=None")
        for kind in ("Tensor", "Operand")
    )


def _asks(function: Any) -> bool:
    """Does the function ask its arguments for overrides?"""
    if isinstance(function, _C.Op):
        return _takes_tensors(function)
    if isinstance(function, types.WrapperDescriptorType | types.MethodDescriptorType):
        return function.__objclass__ is torch.Tensor
    return type(function).__name__ == "_Overridable" and not function._modes_only


@functools.cache
def _survey() -> tuple[dict[Any, list[Function]], dict[Function, str], set[Function]]:
    """Overridable functions by where they are, the names of all functions, and those that are not overridable."""
    overridable: dict[Any, list[Function]] = defaultdict(list)
    names: dict[Function, str] = {}
    ignored: set[Function] = set()
    for path, place in _namespaces():
        is_class = place is torch.Tensor
        public = place.__all__ if path in ("torch", "torch.functional") else dir(place)
        for name in public:
            value = getattr(place, name)
            if (is_class and getattr(object, name, None) is value) or isinstance(value, types.ModuleType):
                continue
            if is_class and not callable(value) and hasattr(value, "__get__") and hasattr(value, "__set__"):
                if name not in ("__dict__", "__weakref__"):
                    names[value.__get__] = f"{path}.{name}.__get__"
                    names[value.__set__] = f"{path}.{name}.__set__"
                    overridable[value].append(value.__get__)
                continue
            if not callable(value) or isinstance(value, type) or (not is_class and name.startswith("_")):
                continue
            if value not in names or getattr(value, "__name__", None) == name:
                names[value] = f"{path}.{name}"
            if not _asks(value) or (is_class and name in _OBJECT_PROTOCOL):
                ignored.add(value)
            elif is_class or not name.endswith("_"):
                overridable[place].append(value)
    return overridable, names, ignored


def get_overridable_functions() -> dict[Any, list[Function]]:
    """The functions that classes can override, by the module or class that has them.

    An attribute of ``Tensor`` has an entry of its own, with its ``__get__``.
    """
    return _survey()[0]


def get_ignored_functions() -> set[Function]:
    """Public functions that classes cannot override: they take no tensors, or are how Python itself uses objects."""
    return set(_survey()[2])


def resolve_name(f: Function) -> str | None:
    """The name of a function that ``__torch_function__`` was given; evaluated it is the function. None for others."""
    return str(f) if isinstance(f, OpOverload | OpOverloadPacket) else _survey()[1].get(f)


@functools.cache
def _tensor_methods() -> set[Function]:
    return set(get_overridable_functions()[torch.Tensor])


def is_tensor_method_or_property(func: Function) -> bool:
    """Is the function that ``__torch_function__`` was given a method of ``Tensor``, or what gets an attribute of it?"""
    return func in _tensor_methods() or func.__name__ == "__get__"


@functools.cache
def get_testing_overrides() -> dict[Function, Function]:
    """For each overridable function one of the same signature that returns -1, as an override in tests."""
    return {f: _stand_in(f) for functions in get_overridable_functions().values() for f in functions}


def _stand_in(function: Function) -> Function:
    """A function that takes what ``function`` takes, and returns -1."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return lambda *args, **kwargs: -1

    # An operator may have more signatures than the one that it shows.
    has_several = isinstance(function, _C.Op) and "\n" in function._declarations

    def stand_in(*args: Any, **kwargs: Any) -> int:
        if not has_several:
            signature.bind(*args, **kwargs)
        return -1

    stand_in.__signature__ = signature.replace(return_annotation=int)  # type: ignore[attr-defined]
    stand_in.__name__ = getattr(function, "__name__", "stand_in")
    return stand_in


class TorchFunctionMode:
    """A context in which the mode's ``__torch_function__(func, types, args=(), kwargs=None)`` is asked for functions.

    Modes may be nested: the innermost is asked first. While a mode is asked, it is off, so that what it calls is seen
    by those outside of it only; ``with self:`` switches it on again.
    """

    inner: TorchFunctionMode

    def __init__(self) -> None:
        pass

    def __torch_function__(
        self, func: Function, types: tuple[type[Any], ...], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """To be overridden: the result of ``func(*args, **kwargs)``, or ``NotImplemented``."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        _C._push_on_torch_function_stack(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _C._pop_torch_function_stack()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """The older form of ``cls(*args, **kwargs)``; warns."""
        warnings.warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2)
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that calls every function as it is."""

    def __torch_function__(
        self, func: Function, types: tuple[type[Any], ...], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """The result of the function."""
        return func(*args, **(kwargs or {}))


def _get_current_function_mode() -> Any:
    depth = _C._len_torch_function_stack()
    return _C._get_function_stack_at(depth - 1) if depth else None


def _get_current_function_mode_stack() -> list[Any]:
    return [_C._get_function_stack_at(i) for i in range(_C._len_torch_function_stack())]


def _push_mode(mode: Any) -> None:
    _C._push_on_torch_function_stack(mode)


def _pop_mode() -> Any:
    return _C._pop_torch_function_stack()


@contextlib.contextmanager
def _pop_mode_temporarily() -> Iterator[Any]:
    mode = _pop_mode()
    try:
        yield mode
    finally:
        _push_mode(mode)


@contextlib.contextmanager
def _enable_torch_function() -> Iterator[None]:
    """Overrides are on again, whatever switched them off outside."""
    switch = _C._EnableTorchFunction()
    try:
        yield
    finally:
        del switch


@contextlib.contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """What a ``__torch_dispatch__`` calls here is seen by dispatch modes, classes and autograd again."""
    from ferrotorch._wrappers._recording import reentrant

    with _enable_torch_function(), reentrant():
        yield


def redispatch_function(func: Function, types: tuple[type[Any], ...], args: tuple[Any, ...], kwargs: Any) -> Any:
    """Call a function past the override that is being asked, while functions that it calls in turn are overridden."""
    return _C._skip_one_hop_torch_function(func, types, args, kwargs)
