"""Scripted and traced modules: the modules themselves, in a class of their own."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable
from typing import Any, NoReturn

from ferrotorch.jit._files import save
from ferrotorch.nn.modules.module import Module

__all__ = ["Error", "ScriptFunction", "ScriptModule", "TracerWarning", "script", "trace", "trace_module"]

_NO_GRAPH = "ferrotorch runs scripted and traced code as Python: there is no {} of TorchScript. torch.fx traces modules"


class Error(RuntimeError):
    """An error inside TorchScript."""


class TracerWarning(Warning):
    """What a trace cannot follow. No trace is made here."""

    @staticmethod
    def ignore_lib_warnings() -> None:
        """Show none of these that come from the library's own modules: there are none."""


class ScriptModule(Module):
    """A module for TorchScript, which runs as the Python that it is.

    Classes may be derived from it. What ``script`` and ``trace`` return for a module is of a class derived from this
    and from the module's, and shares its attributes, parameters and all.
    """

    __slots__ = ("_original",)
    _original: Module

    @property
    def original_name(self) -> str:
        """The name of the module's class."""
        return type(self).__name__

    @property
    def graph(self) -> NoReturn:
        """Raises: there is no program."""
        raise NotImplementedError(_NO_GRAPH.format("graph"))

    @property
    def code(self) -> NoReturn:
        """Raises: there is no program."""
        raise NotImplementedError(_NO_GRAPH.format("code"))

    def save(self, f: Any, **kwargs: Any) -> NoReturn:
        """Raises: there is no program. See :func:`torch.jit.save`."""
        save(self, f)

    def __deepcopy__(self, memo: dict[int, Any]) -> Module:
        if not hasattr(self, "_original"):
            duplicate = type(self).__new__(type(self))
            memo[id(self)] = duplicate
            duplicate.__dict__.update(copy.deepcopy(self.__dict__, memo))
            return duplicate
        return script(copy.deepcopy(self._original, memo))

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not hasattr(self, "_original"):
            return super().__reduce_ex__(protocol)
        return script, (self._original,)


class ScriptFunction:
    """The type of scripted functions in PyTorch. Here they stay functions: nothing is of this type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("torch.jit.ScriptFunction: " + _NO_GRAPH.format("program"))


_CLASSES: dict[type[Module], type[Module]] = {}


def _scripted_class(cls: type[Module]) -> type[Module]:
    """A class derived from that of a module, and from `ScriptModule`."""
    if cls not in _CLASSES:
        body = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__qualname__": cls.__qualname__}
        made = types.new_class(cls.__name__, (ScriptModule, cls), exec_body=lambda namespace: namespace.update(body))
        _CLASSES[cls] = made
    return _CLASSES[cls]


def script(
    obj: Any,
    optimize: Any = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """What is given, to run as the Python that it is.

    Args:
        obj: A function or class, returned as it is, or a module: then a :class:`ScriptModule` that shares all that it
            has is returned.
    """
    if not isinstance(obj, Module) or isinstance(obj, ScriptModule):
        return obj
    scripted = object.__new__(_scripted_class(type(obj)))
    # One dictionary: what is done to either is done to both.
    object.__setattr__(scripted, "__dict__", obj.__dict__)
    ScriptModule._original.__set__(scripted, obj)
    return scripted


def trace(func: Any, example_inputs: Any = None, *args: Any, example_kwarg_inputs: Any = None, **kwargs: Any) -> Any:
    """What is given, called once with the example inputs: what is returned runs as the Python that it is.

    Unlike a trace of PyTorch it goes on to look at values: branches and loops depend on the inputs of each call.

    Args:
        func: A function or module.
        example_inputs: A tensor, or a tuple of arguments.
        example_kwarg_inputs: Arguments by keyword, in the place of ``example_inputs``.
    """
    _try(func, example_inputs, example_kwarg_inputs)
    return script(func)


def _unique_state_dict(module: Module, keep_vars: bool = False) -> dict[str, Any]:
    """The state of a module in which a tensor that has several names stands under the first; names as packages use."""
    seen: set[int] = set()
    kept: dict[str, Any] = {}
    for name, value in module.state_dict(keep_vars=True).items():
        if id(value) not in seen:
            seen.add(id(value))
            kept[name] = value if keep_vars else value.detach()
    return kept


def trace_module(mod: Module, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    """A module whose methods are called once with example inputs, by the names of the methods; see :func:`trace`."""
    for name, example in inputs.items():
        _try(mod if name == "forward" else getattr(mod, name), example, None)
    return script(mod)


def _try(function: Callable[..., Any], example: Any, keywords: dict[str, Any] | None) -> None:
    import ferrotorch as torch

    if keywords is not None:
        example = ()
    elif not isinstance(example, tuple):
        example = (example,)
    state = torch.get_rng_state()
    with torch.no_grad():
        function(*example, **(keywords or {}))
    torch.set_rng_state(state)
