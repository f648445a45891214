"""``torch.ops``: the names by which dispatch modes know ops, such as ``torch.ops.aten.add.Tensor``.

An op is called through its name as through the package: ``torch.ops.aten.mm(a, b)`` is ``torch.mm(a, b)``. Names of
overloads follow PyTorch's schemas as far as the signatures tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C

__all__ = ["Launch", "OpOverload", "OpOverloadPacket", "aten", "ops", "overload_of"]

# Ops whose second operand is a tensor in PyTorch's schema even where a number was given.
_TENSORS_ONLY = frozenset(["add", "sub", "mul", "div"])
# Overloads of reductions that are given dimensions.
_ALONG = {
    **dict.fromkeys(["all", "any", "max", "mean", "median", "min"], "dim"), "prod": "dim_int", "sum": "dim_IntList",
}  # fmt: skip
_PREFIXES = ("linalg", "special", "fft")


class OpOverload:
    """One overload of an op."""

    def __init__(self, packet: OpOverloadPacket, overload: str) -> None:
        self._packet = packet
        self._overloadname = overload
        self.__name__ = f"{packet.__name__}.{overload}"
        self.__qualname__, self.__module__ = self.__name__, f"ferrotorch._ops.{packet._namespace}"

    @property
    def overloadpacket(self) -> OpOverloadPacket:
        """The op, whatever the overload."""
        return self._packet

    @property
    def namespace(self) -> str:
        """``"aten"``."""
        return self._packet._namespace

    def name(self) -> str:
        """As in PyTorch's schemas: ``aten::add.Tensor``; without the overload where it is the only one."""
        suffix = "" if self._overloadname == "default" else f".{self._overloadname}"
        return f"{self.namespace}::{self._packet.__name__}{suffix}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._packet(*args, **kwargs)

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
    """An op, whatever the overload."""

    def __init__(self, namespace: str, name: str) -> None:
        self._namespace = namespace
        self.__name__ = self.__qualname__ = name
        self._overloads: dict[str, OpOverload] = {}

    def __getattr__(self, overload: str) -> OpOverload:
        if overload.startswith("__"):
            raise AttributeError(f"'{self}' has no overload {overload!r}")
        return self._overloads.setdefault(overload, OpOverload(self, overload))

    def overloads(self) -> list[str]:
        """Names of the overloads that were asked for."""
        return list(self._overloads)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _function(self.__name__)(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self._namespace}.{self.__name__}"

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __deepcopy__(self, memo: Any) -> OpOverloadPacket:
        return self

    def __reduce__(self) -> Any:
        return getattr, (aten, self.__name__)


class Launch(OpOverload):
    """A launch of the core that no op of the package asked for, such as one of a backward pass.

    It equals the overload of its name. To be called once, with the arguments that came with it; it returns the tensors
    that the launch writes to. ``flops`` is what it costs in floating-point operations, where that is counted.
    """

    def __init__(
        self, name: str, run: Callable[[], None], args: tuple[Any, ...], results: tuple[Any, ...], flops: int
    ) -> None:
        super().__init__(getattr(aten, name), _launched_overload(name, args))
        self._run, self._args, self._results, self.flops = run, args, results, flops

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        same = len(args) == len(self._args) and all(a is b for a, b in zip(args, self._args, strict=True))
        if not same or kwargs:
            raise RuntimeError(f"{self}: a launch takes the arguments that it was made with")
        self._run()
        return self._results[0] if len(self._results) == 1 else self._results


class _Namespace:
    """Ops by name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._packets: dict[str, OpOverloadPacket] = {}

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(f"'{self._name}' has no op {name!r}")
        return self._packets.setdefault(name, OpOverloadPacket(self._name, name))


aten = _Namespace("aten")


class _Ops:
    """The namespaces of ops: there is ``aten``."""

    aten = aten


ops = _Ops()


def _function(name: str) -> Callable[..., Any]:
    """The function of the package that an op is.

    Raises:
        AttributeError: there is none.
    """
    prefix, _, rest = name.partition("_")
    places: list[Any] = [_C, _C._nn, torch.Tensor, torch, torch.nn.functional]
    if prefix in _PREFIXES:
        places, name = [getattr(_C, f"_{prefix}")], rest
    for place in places:
        if callable(getattr(place, name, None)):
            return getattr(place, name)
    raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")


def overload_of(name: str, declaration: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpOverload:
    """The overload of an op that a call is of, by the declaration of the signature that it fits."""
    packet: OpOverloadPacket = getattr(aten, name)
    if "out" in kwargs:
        return packet.out
    base, parameters = name.removesuffix("_"), declaration.split(" -> ")[0].strip("()").split(", ")
    if len(args) > 1 and len(parameters) > 1 and parameters[1].startswith("Operand "):
        kinds = ["Tensor" if isinstance(arg, torch.Tensor) else "Scalar" for arg in args[:2]]
        if base == "pow":
            return getattr(packet, "Scalar" if kinds[0] == "Scalar" else f"Tensor_{kinds[1]}")
        return packet.Tensor if base in _TENSORS_ONLY else getattr(packet, kinds[1])
    if base in _ALONG and len(args) > 1:
        return getattr(packet, _ALONG[base])
    return packet.default


def _launched_overload(name: str, args: tuple[Any, ...]) -> str:
    op = getattr(_C, name, None)
    declaration = op._declarations.splitlines()[0] if isinstance(op, _C.Op) else ""
    return overload_of(name, declaration, args[:2], {})._overloadname
