"""Names: of what nodes call, as PyTorch writes them, and of the values of a graph, each of which has its own."""

from __future__ import annotations

import builtins
import inspect
import keyword
import math
import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._homes import built_in_name, home_in_pytorch
from ferrotorch._ops import OpOverload, OpOverloadPacket

# Modules whose functions PyTorch's extension has, with their name before that of the function.
_FAMILIES = ("fft", "linalg", "special")

# Modules of the extension, by the prefix that PyTorch gives the names of what they have.
_NATIVE_MODULES = {"_linalg": "linalg_", "_fft": "fft_", "_special": "special_", "_nn": ""}


def _resolve(path: str) -> Any:
    """What a dotted name that begins with ``torch`` means, or None."""
    found: Any = torch
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
        if found is None:
            return None
    return found


def _family_name(func: Any) -> str | None:
    """PyTorch's name of a function of ``torch.fft``, ``linalg`` or ``special``, all of which its extension has."""
    name = getattr(func, "__name__", None)
    if not isinstance(func, _C.Op | _C._Overridable | types.FunctionType) or getattr(torch, str(name), None) is func:
        return None
    for family in _FAMILIES:
        if getattr(getattr(torch, family), str(name), None) is func:
            return f"{family}_{name}"
    return None


def _name_of_target(func: Any) -> str:
    """What the name of a node that calls a function is made of."""
    if func is torch.nn.functional.logsigmoid:
        return "log_sigmoid"
    return _family_name(func) or str(func.__name__)


def _native_name(op: Any) -> str:
    """The name of an op of the extension: where PyTorch has it, as far as that can be found from there."""
    name = op.__name__
    for path in (f"torch.Tensor.{name}", f"torch.{name}"):
        if _resolve(path) is op:
            return path
    for module in _NATIVE_MODULES:
        if getattr(getattr(_C, module), name, None) is op:
            return f"torch._C.{module}.{name}"
    raise RuntimeError(f"cannot find module for {op}")


def _find_module_of_method(orig_method: Any) -> str:
    """The module of PyTorch that a callable is in."""
    module, name = orig_method.__module__, orig_method.__name__
    if module is None:
        for path in ("torch", "torch.nn.functional"):
            if _resolve(f"{path}.{name}") is orig_method:
                return path
        raise RuntimeError(f"cannot find module for {orig_method}")
    top, dot, below = module.partition(".")
    return home_in_pytorch(f"ferrotorch{dot}{below}", name) if top in ("torch", "ferrotorch") else str(module)


def _get_qualified_name(func: Callable[..., Any]) -> str:
    """The name by which generated code refers to a callable."""
    name = func.__name__
    if getattr(builtins, name, None) is func:
        return name
    in_family = _family_name(func)
    if in_family is not None:
        return f"torch._C._{in_family.partition('_')[0]}.{in_family}"
    if isinstance(func, _C.Op):
        return _native_name(func)
    if isinstance(func, OpOverload | OpOverloadPacket):
        return f"torch.ops.{func}"
    if getattr(torch.Tensor, name, None) is func:
        return f"torch.Tensor.{name}"
    if isinstance(func, _C._Overridable):
        built_in = built_in_name(func.__module__, name)
        if built_in is not None:
            return built_in
    if name == "<lambda>":
        name = _name_of_lambda(func)
    return f"{_find_module_of_method(func)}.{name}"


def _name_of_lambda(func: Any) -> str:
    try:
        return inspect.getsource(func).split("=")[0].strip()
    except Exception as error:
        raise RuntimeError("Unable to represent lambda") from error


def _name_in_code(func: Any) -> str:
    """As `_get_qualified_name`, but a name by which exactly this is found here."""
    name = _get_qualified_name(func)
    ours = f"torch.nn.functional.{func.__name__}"
    return ours if _resolve(name) is not func and _resolve(ours) is func else name


def _is_found(obj: Any) -> bool:
    """Is an object found by its name in code? Functions and classes are not that layers have for themselves."""
    if isinstance(obj, type):
        return _resolve(_type_repr(obj)) is obj
    return not isinstance(obj, _C._Overridable | types.FunctionType) or _resolve(_name_in_code(obj)) is obj


def _is_from_torch(obj: Any) -> bool:
    """Is an object found by its name below ``torch``, so that code can use it without an import?"""
    if isinstance(obj, OpOverload | OpOverloadPacket):
        return True
    module = getattr(obj, "__module__", None)
    if not isinstance(module, str):
        name = getattr(obj, "__name__", None)
        return name not in (None, "torch") and any(
            getattr(place, str(name), None) is obj for place in (torch, torch.nn.functional)
        )
    return module.partition(".")[0] in ("torch", "ferrotorch") and hasattr(obj, "__name__")


def _type_repr(obj: Any) -> str:
    """A type as annotations show it."""
    if isinstance(obj, type) and not isinstance(obj, types.GenericAlias):
        if obj.__module__ == "builtins":
            return obj.__qualname__
        if obj is torch.Tensor:
            return "torch.Tensor"
        module = obj.__module__
        if module.partition(".")[0] == "ferrotorch":
            module = home_in_pytorch(module, obj.__name__)
        return f"{module}.{obj.__qualname__}"
    if obj is ...:
        return "..."
    if isinstance(obj, types.FunctionType):
        return obj.__name__
    return repr(obj)


class _CustomBuiltin(NamedTuple):
    """What generated code may use without a word: how it is imported, and the object."""

    import_str: str
    obj: Any


_custom_builtins: dict[str, _CustomBuiltin] = {}
_illegal_names: dict[str, Any] = {name: object() for name in keyword.kwlist}
_illegal_names.update(builtins.__dict__)


def _register_custom_builtin(name: str, import_str: str, obj: Any) -> None:
    """Let all generated code use a name."""
    _custom_builtins[name] = _CustomBuiltin(import_str, obj)
    _illegal_names[name] = obj


_register_custom_builtin("inf", "from math import inf", math.inf)
_register_custom_builtin("nan", "from math import nan", math.nan)
_register_custom_builtin("NoneType", "NoneType = type(None)", type(None))
_register_custom_builtin("torch", "import torch", torch)
_register_custom_builtin("device", "from torch import device", torch.device)

_NUMBERED = re.compile(r"^([a-zA-Z_][0-9a-zA-Z_]*?)(?:_(\d+))?$")
_ILLEGAL = re.compile(r"[^0-9a-zA-Z_]+")
_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")


def _snake_case(text: str) -> str:
    """``mod.pascalCase`` as ``mod.pascal_case``."""
    return _CAMEL.sub(r"_\1", text).lower()


class _Namespace:
    """Names of objects: each has one, no two the same, none hides a builtin unless it is that."""

    def __init__(self) -> None:
        self._obj_to_name: dict[Any, str] = {}
        self._used_names: set[str] = set()
        self._base_count: dict[str, int] = {}

    def create_name(self, candidate: str, obj: Any | None) -> str:
        """A name like ``candidate`` that nothing has yet, for an object if one is given."""
        if obj is not None and obj in self._obj_to_name:
            return self._obj_to_name[obj]
        match = _NUMBERED.match(candidate) or _NUMBERED.match(_made_legal(candidate))
        assert match is not None
        candidate, (base, number) = match.group(0), match.groups()
        count = self._base_count.get(base, 0)
        if number is not None and candidate not in self._used_names:
            count = int(number)
        elif _illegal_names.get(candidate, obj) is not obj:
            count += 1
            candidate = f"{base}_{count}"
        while candidate in self._used_names:
            count += 1
            candidate = f"{base}_{count}"
        self._used_names.add(candidate)
        self._base_count[base] = count
        if obj is not None:
            self._obj_to_name[obj] = candidate
        return candidate

    def associate_name_with_obj(self, name: str, obj: Any) -> None:
        """Give an object that has no name yet one that was created."""
        if self._obj_to_name.setdefault(obj, name) is not name:
            raise AssertionError("obj is already associated")

    def _rename_object(self, obj: Any, name: str) -> None:
        if obj not in self._obj_to_name:
            raise AssertionError(f"Object {obj} is not in _obj_to_name")
        self._obj_to_name[obj] = name
        self._used_names.add(name)


def _made_legal(candidate: str) -> str:
    candidate = _ILLEGAL.sub("_", candidate) or "_unnamed"
    return f"_{candidate}" if candidate[0].isdigit() else candidate
