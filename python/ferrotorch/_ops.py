"""``torch.ops``: ops by name, such as ``torch.ops.aten.add.Tensor`` and those that programs define.

An op of ``aten`` is called through its name as through the package: ``torch.ops.aten.mm(a, b)`` is ``torch.mm(a, b)``.
Names of overloads follow PyTorch's schemas as far as the signatures tell. Dispatch modes and graphs know ops by these
names. What programs define is in :mod:`ferrotorch.library`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import Any

import ferrotorch as torch
from ferrotorch import _C

__all__ = ["HigherOrderOperator", "Launch", "OpOverload", "OpOverloadPacket", "aten", "ops", "overload_of"]

# Ops whose second operand is a tensor in PyTorch's schema even where a number was given.
_TENSORS_ONLY = frozenset(["add", "sub", "mul", "div"])
# Overloads of reductions that are given dimensions.
_ALONG = {
    **dict.fromkeys(["all", "any", "max", "mean", "median", "min"], "dim"), "prod": "dim_int", "sum": "dim_IntList",
}  # fmt: skip
# Overloads of ops that have one name for all calls here.
_ONLY = {
    "bernoulli_": "float", "empty": "memory_format", "index": "Tensor", "std": "correction", "transpose": "int",
    "unbind": "int", "var": "correction",
}  # fmt: skip
_PREFIXES = ("linalg", "special", "fft")


class OpOverload:
    """One overload of an op."""

    def __init__(self, packet: OpOverloadPacket, overload: str) -> None:
        self._packet = packet
        self._overloadname = overload
        self.__name__ = f"{packet.__name__}.{overload}"
        self.__qualname__, self.__module__ = self.__name__, f"torch._ops.{packet._namespace}"

    @property
    def overloadpacket(self) -> OpOverloadPacket:
        """The op, whatever the overload."""
        return self._packet

    _overloadpacket = overloadpacket

    @property
    def namespace(self) -> str:
        """``"aten"``, or where a program has defined it."""
        return self._packet._namespace

    @cached_property
    def _schema(self) -> Any:
        """Its parameters and results, by name and type."""
        return self._packet._schema_of(self._overloadname)

    def name(self) -> str:
        """As in PyTorch's schemas: ``aten::add.Tensor``; without the overload where it is the only one."""
        suffix = "" if self._overloadname == "default" else f".{self._overloadname}"
        return f"{self._packet._qualified_op_name}{suffix}"

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name."""
        from ferrotorch._library.schema import bind

        return bind(self._schema, args, kwargs)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._packet._call(self, args, kwargs)

    def __str__(self) -> str:
        return f"{self.namespace}.{self.__name__}"

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self._packet}', overload='{self._overloadname}')>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpOverload) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __deepcopy__(self, memo: Any) -> OpOverload:
        return self

    def __reduce__(self) -> Any:
        return getattr, (self._packet, self._overloadname)


class OpOverloadPacket:
    """An op of ``aten``, whatever the overload."""

    def __init__(self, namespace: str, name: str) -> None:
        self._namespace = namespace
        self._qualified_op_name = f"{namespace}::{name}"
        self.__name__ = self.__qualname__ = name
        self.__module__ = f"torch._ops.{namespace}"
        self._overloads: dict[str, OpOverload] = {}

    def __getattr__(self, overload: str) -> OpOverload:
        # An op that is no function says so here, too: Python asks again for a property that raised.
        if overload.startswith("__") or overload == "function":
            raise AttributeError(f"'{self}' has no overload {overload!r}")
        self._check_overload(overload)
        return self._overloads.setdefault(overload, OpOverload(self, overload))

    def _check_overload(self, overload: str) -> None:
        """The names of overloads of ``aten`` are PyTorch's: any is taken for one of them."""

    @property
    def function(self) -> Callable[..., Any]:
        """The function of the package that the op is."""
        return _function(self.__name__) if self._namespace == "aten" else _PRIMITIVES[self.__name__]

    @property
    def is_mutable(self) -> bool:
        """Does it write to its first argument?"""
        return self.__name__.endswith("_") and not self.__name__.endswith("__")

    def overloads(self) -> list[str]:
        """Names of overloads: those that calls of its signatures are, and those that were asked for."""
        function = self.function
        lines = function._declarations.splitlines() if isinstance(function, _C.Op) else []
        declared = ["Tensor", "Scalar"] if any(", Operand other" in line for line in lines[:1]) else ["default"]
        if any("out=None" in line for line in lines):
            declared.append("out")
        return list(dict.fromkeys([*declared, *self._overloads]))

    def _schema_of(self, overload: str) -> Any:
        from ferrotorch._aten.schemas import schemas_of
        from ferrotorch._library.schema import from_declaration

        function = self.function
        if not isinstance(function, _C.Op):
            if overload in schemas_of(self.__name__):
                return schemas_of(self.__name__)[overload]
            raise AttributeError(f"{self}: its schema is not known, for it is a function in Python here")
        lines = function._declarations.splitlines()
        suited = (line for line in lines if overload_of(self.__name__, line, (), {})._overloadname == overload)
        return from_declaration(self.__name__, overload, next(suited, lines[0]))

    def _call(self, overload: OpOverload | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        target: Any = self if overload is None else overload
        values = [*args, *kwargs.values()]
        if overrides_are_asked(values):
            return torch.overrides.handle_torch_function(target, values, *args, **kwargs)
        if self._namespace != "aten":
            return _by_position(self.function, args, kwargs)
        if _C._len_torch_dispatch_stack():
            from ferrotorch.utils import _python_dispatch

            answer = _python_dispatch.answer_to(target, args, kwargs)
            if answer is not NotImplemented:
                return answer
        return _by_position(self.function, *_as_here(self.function, args, kwargs))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._call(None, args, kwargs)

    def __str__(self) -> str:
        return f"{self._namespace}.{self.__name__}"

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __deepcopy__(self, memo: Any) -> OpOverloadPacket:
        return self

    def __reduce__(self) -> Any:
        return _packet, (self._namespace, self.__name__)


def overrides_are_asked(values: list[Any]) -> bool:
    """Do objects of other classes than tensors override the call of an op by its name?"""
    return any(not isinstance(value, torch.Tensor) for value in values) and torch.overrides.has_torch_function(
        [value for value in values if not isinstance(value, torch.Tensor)]
    )


def _by_position(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call with PyTorch's names of parameters: its schemas call the first tensor ``self``."""
    if "self" in kwargs:
        kwargs = dict(kwargs)
        args = (kwargs.pop("self"), *args)
    return function(*args, **kwargs)


_REDUCTIONS = ("none", "mean", "sum")


def _as_here(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments of an op of PyTorch's as the package's function takes them.

    A reduction is a name here, and that memory is not to be pinned need not be said.
    """
    if kwargs.get("pin_memory") is False:
        kwargs = {name: value for name, value in kwargs.items() if name != "pin_memory"}
    if not isinstance(function, _C.Op) or "str reduction" not in (declared := function._declarations):
        return args, kwargs
    names = declared.partition("\n")[0].split(", ")
    place = next(i for i, each in enumerate(names) if each.startswith("str reduction"))
    if len(args) > place and isinstance(args[place], int):
        args = (*args[:place], _REDUCTIONS[args[place]], *args[place + 1 :])
    if isinstance(kwargs.get("reduction"), int):
        kwargs = kwargs | {"reduction": _REDUCTIONS[kwargs["reduction"]]}
    return args, kwargs


class _DefinedPacket(OpOverloadPacket):
    """An op that a program has defined, whatever the overload."""

    def _entries(self) -> dict[str, Any]:
        from ferrotorch._library import registry

        return registry.entries.get(self._namespace, {}).get(self.__name__, {})

    def _check_overload(self, overload: str) -> None:
        # Names by which operations are only counted have no entries, and are of one overload.
        if overload not in (self._entries() or ["default"]):
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{overload}'")

    @property
    def is_mutable(self) -> bool:
        """Does it write to an argument?"""
        return any(entry.schema.is_mutable for entry in self._entries().values())

    def overloads(self) -> list[str]:
        """Names of the overloads."""
        return list(self._entries())

    def _schema_of(self, overload: str) -> Any:
        return self._entries()[overload].schema

    def _call(self, overload: OpOverload | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from ferrotorch._library.call import call

        chosen = overload or self._fitting(args, kwargs)
        entry = self._entries().get(chosen._overloadname)
        if entry is None:
            raise RuntimeError(f"{chosen}: the op is not defined any more")
        return call(self if overload is None else overload, entry, args, kwargs)

    def _fitting(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpOverload:
        """The first overload that takes the arguments; the only one in any case."""
        names = self.overloads()
        if not names:
            raise NotImplementedError(f"{self} is a name by which operations are counted: call torch.distributed")
        for name in names[:-1]:
            try:
                getattr(self, name)._bound(args, kwargs)
            except RuntimeError:
                continue
            return getattr(self, name)
        return getattr(self, names[-1])


class HigherOrderOperator:
    """An op that programs define, maybe of functions; what it computes is registered by keys of PyTorch's dispatcher.

    Only those of plain tensors are looked for: the key of the device's derivatives, then that of the device. What is
    registered for transforms is not: in them a function that is written in ops of the package transforms itself.
    """

    def __init__(self, name: str, *, cacheable: bool = False) -> None:
        self._name = self.__name__ = name
        self._implementations: dict[str, Callable[..., Any]] = {}

    def py_impl(self, k: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator that registers a function for a key."""

        key = str(getattr(k, "name", None) or getattr(k, "__name__", k))

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self._implementations[key] = function
            return function

        return register

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function of the first key computes that is registered.

        Raises:
            NotImplementedError: there is none for these arguments.
        """
        from ferrotorch.utils._pytree import tree_leaves

        device = next((x.device.type for x in tree_leaves((args, kwargs)) if isinstance(x, _C.Tensor)), "cpu").upper()
        for key in (f"Autograd{device}", "Autograd", device, "CompositeExplicitAutograd", "CompositeImplicitAutograd"):
            if key in self._implementations:
                return self._implementations[key](*args, **kwargs)
        raise NotImplementedError(f"{self._name}: no function is registered for tensors on {device.lower()}")


class Launch(OpOverload):
    """A launch of the core that no op of the package asked for, such as one of a backward pass.

    It equals the overload of its name. To be called once, with the arguments that came with it; it returns the tensors
    that the launch writes to. ``flops`` is what it costs in floating-point operations, where that is counted.
    """

    def __init__(
        self, name: str, run: Callable[[], None], args: tuple[Any, ...], results: tuple[Any, ...], flops: int
    ) -> None:
        super().__init__(aten._packet(name), _launched_overload(name, args))
        self._run, self._args, self._results, self.flops = run, args, results, flops

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        same = len(args) == len(self._args) and all(a is b for a, b in zip(args, self._args, strict=True))
        if not same or kwargs:
            raise RuntimeError(f"{self}: a launch takes the arguments that it was made with")
        self._run()
        return self._results[0] if len(self._results) == 1 else self._results


# Operators that are ops by their names in Python.
_OPERATORS = frozenset(f"__{i}{name}__" for i in ("", "i") for name in ("and", "or", "xor", "lshift", "rshift"))


class _OpNamespace:
    """Ops by name."""

    def __init__(self, name: str) -> None:
        self._name = self.name = name
        self.__name__ = f"torch.ops.{name}"
        self._packets: dict[str, OpOverloadPacket] = {}

    def _packet(self, name: str) -> OpOverloadPacket:
        """The op of a name, whether a function of the package is behind it or not."""
        if name not in self._packets:
            kind = OpOverloadPacket if self._name in ("aten", "prim") else _DefinedPacket
            self._packets[name] = kind(self._name, name)
        return self._packets[name]

    def _has(self, name: str) -> bool:
        if self._name == "prim":
            return name in _PRIMITIVES
        if self._name in ("c10d", "_dtensor"):
            from ferrotorch.distributed._watching import COUNTED

            return f"{self._name}.{name}" in COUNTED
        if self._name != "aten":
            from ferrotorch._library import registry

            return name in registry.entries.get(self._name, {})
        try:
            _function(name)
        except AttributeError:
            return False
        return True

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if (name.startswith("__") and name not in _OPERATORS) or not self._has(name):
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
        return self._packet(name)

    def __dir__(self) -> list[str]:
        return [name for name in self._packets if self._has(name)]

    def __repr__(self) -> str:
        return f"<module 'torch.ops.{self._name}' from 'torch.ops'>"


aten = _OpNamespace("aten")


# Modules that define the ops of a namespace.
_DEFINED_HERE = {
    "quantized": "ferrotorch._quantized._ops",
    **dict.fromkeys(("c10d_functional", "_c10d_functional"), "ferrotorch.distributed._functional_ops"),
}


class _Ops:
    """The namespaces of ops: ``aten``, and those in which programs define some."""

    def __init__(self) -> None:
        self._spaces = {"aten": aten}
        self.loaded_libraries: set[str] = set()

    def __getattr__(self, name: str) -> _OpNamespace:
        if name.startswith("__"):
            raise AttributeError(f"torch.ops has no attribute {name!r}")
        space = self._spaces.setdefault(name, _OpNamespace(name))
        if name in _DEFINED_HERE:
            self.import_module(_DEFINED_HERE[name])
        return space

    def __iter__(self) -> Any:
        return iter(self._spaces)

    def load_library(self, path: Any) -> None:
        """Define the ops of a compiled library that are written in ops of this library; torchvision's are.

        Raises:
            OSError: another library: compiled for PyTorch's runtime it cannot be loaded here.
        """
        from ferrotorch import _extensions

        if _extensions.load(path):
            self.loaded_libraries.add(str(path))
            return
        raise OSError(
            f"Could not load this library: {path}. Libraries of compiled ops need PyTorch's own runtime; define the "
            "ops by torch.library.custom_op or torch.library.Library instead"
        )

    def import_module(self, module: str) -> None:
        """Import a module that defines ops."""
        import importlib

        importlib.import_module(module)


ops = _Ops()


def _packet(namespace: str, name: str) -> OpOverloadPacket:
    """An op by namespace and name, for pickle."""
    found: OpOverloadPacket = getattr(getattr(ops, namespace), name)
    return found


_PRIMITIVES: dict[str, Callable[..., Any]] = {name: attrgetter(name) for name in ("device", "dtype", "layout")}


def _function(name: str) -> Callable[..., Any]:
    """The function of the package that an op is.

    Raises:
        AttributeError: there is none.
    """
    from ferrotorch import _aten

    composed = _aten.find(name)
    if composed is not None:
        return composed
    prefix, _, rest = name.partition("_")
    places: list[Any] = [_C, _C._nn, torch.Tensor, torch, torch.nn.functional]
    below = name
    if prefix in _PREFIXES:
        places, below = [getattr(_C, f"_{prefix}")], rest
    for place in places:
        if callable(getattr(place, below, None)):
            return getattr(place, below)
    raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")


def overload_of(name: str, declaration: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpOverload:
    """The overload of an op that a call is of, by the declaration of the signature that it fits."""
    from ferrotorch._aten import schemas

    packet = aten._packet(name)
    if "out" in kwargs:
        return packet.out
    overload = schemas.chosen(name, args, kwargs) if args or kwargs else None
    if overload is not None:
        return getattr(packet, overload)
    base, parameters = name.removesuffix("_"), declaration.split(" -> ")[0].strip("()").split(", ")
    if len(args) > 1 and len(parameters) > 1 and parameters[1].startswith("Operand "):
        kinds = ["Tensor" if isinstance(arg, torch.Tensor) else "Scalar" for arg in args[:2]]
        if base == "pow":
            return getattr(packet, "Scalar" if kinds[0] == "Scalar" else f"Tensor_{kinds[1]}")
        return packet.Tensor if base in _TENSORS_ONLY else getattr(packet, kinds[1])
    if base in _ALONG and len(args) > 1:
        return getattr(packet, _ALONG[base])
    return getattr(packet, _ONLY.get(name, "default"))


def normal_call(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The overload that a call of an op is of, with the arguments as PyTorch hands them on."""
    from ferrotorch._aten import schemas

    if isinstance(op, OpOverloadPacket):
        overload = schemas.chosen(op.__name__, args, kwargs)
        op = getattr(op, "default" if overload is None else overload)
    if op.namespace == "aten" and not isinstance(op, Launch) and "out" not in kwargs:
        args, kwargs = schemas.normalized(op.overloadpacket.__name__, op._overloadname, args, kwargs)
    return op, args, kwargs


def _launched_overload(name: str, args: tuple[Any, ...]) -> str:
    op = getattr(_C, name, None)
    declaration = op._declarations.splitlines()[0] if isinstance(op, _C.Op) else ""
    return overload_of(name, declaration, args[:2], {})._overloadname
