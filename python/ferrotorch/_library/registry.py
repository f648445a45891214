"""The ops that programs have defined, and what was registered for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ferrotorch._library.schema import FunctionSchema

__all__ = ["Entry", "entries", "find", "register", "remove"]

Function = Callable[..., Any]

# Dispatch keys, by the kernel that they stand for here: a kind of device, "any", or a step before kernels, which may be
# for one kind of device.
_KEYS = {
    "": "any",
    "CPU": "cpu",
    "CUDA": "cuda",
    "Meta": "meta",
    "PrivateUse1": "wgpu",
    "WGPU": "wgpu",
    "CompositeImplicitAutograd": "any",
    "CompositeExplicitAutograd": "any",
    "CompositeExplicitAutogradNonFunctional": "any",
    "BackendSelect": "any",
    "Autograd": "autograd",
    "AutogradCPU": "autograd",
    "AutogradCUDA": "autograd",
    "AutogradMeta": "autograd",
    "AutogradPrivateUse1": "autograd",
    "Autocast": "autocast",
    "AutocastCPU": "autocast cpu",
    "AutocastCUDA": "autocast cuda",
    "AutocastPrivateUse1": "autocast wgpu",
    "AutocastXPU": "autocast xpu",
    "Functionalize": "functionalize",
    "ADInplaceOrView": "functionalize",
    "Python": "functionalize",
    "FuncTorchBatched": "batched",
    # Kernels for devices that are never there may be registered all the same.
    **{kind.upper(): kind for kind in ("xpu", "hpu", "mps", "xla", "mtia")},
}


def kernel_key(dispatch_key: str) -> str:
    """What a dispatch key stands for.

    Raises:
        RuntimeError: there is no such key.
    """
    if dispatch_key not in _KEYS:
        raise RuntimeError(f"could not parse dispatch key: {dispatch_key}")
    return _KEYS[dispatch_key]


@dataclass
class Entry:
    """An overload of an op that a program has defined.

    Attributes:
        schema: its schema.
        kernels: what computes it, by kind of device, or ``"any"``.
        fake: what computes shapes only.
        backward, setup_context: its derivative.
        vmap: what computes it for all samples at once.
        torch_dispatch: what modes and classes do with it.
        autocast: the dtype that inputs are cast to, by kind of device.
        below_autograd: kernels have no derivative of their own.
        shown_as: what messages call it.
        function: the autograd function of it, once there is one.
    """

    schema: FunctionSchema
    kernels: dict[str, Function] = field(default_factory=dict)
    fake: Function | None = None
    backward: Function | None = None
    setup_context: Function | None = None
    vmap: Function | None = None
    torch_dispatch: dict[type, Function] = field(default_factory=dict)
    autocast: dict[str, Any] = field(default_factory=dict)
    below_autograd: bool = False
    shown_as: str = ""
    function: Any = None

    @property
    def qualname(self) -> str:
        """``"mylib::add.Tensor"``."""
        overload = self.schema.overload_name
        return f"{self.schema.name}.{overload}" if overload else self.schema.name


# Entries by namespace, name and overload.
entries: dict[str, dict[str, dict[str, Entry]]] = {}
# What computes shapes, of ops that are not defined yet.
_early_fakes: dict[str, Function] = {}
# Kernels of ops that are not defined yet.
_early_kernels: dict[str, dict[str, Function]] = {}


def register(entry: Entry) -> None:
    """Add an op.

    Raises:
        RuntimeError: there is one of this name.
    """
    namespace, _, name = entry.schema.name.partition("::")
    overloads = entries.setdefault(namespace, {}).setdefault(name, {})
    overload = entry.schema.overload_name or "default"
    if overload in overloads:
        raise RuntimeError(
            f"Tried to register an operator ({entry.schema}) with the same name and overload name multiple times. Each "
            "overload's schema should only be registered with a single call to def()."
        )
    overloads[overload] = entry
    entry.fake = entry.fake or _early_fakes.pop(entry.qualname, None)
    entry.kernels.update(_early_kernels.pop(entry.qualname, {}))


def set_fake(qualname: str, fake: Function) -> None:
    """Note what computes the shapes of an op, which may be defined later."""
    try:
        find(qualname).fake = fake
    except RuntimeError:
        _early_fakes[qualname] = fake


def kernels_of(qualname: str) -> dict[str, Function]:
    """The kernels of an op by what they are for; the op may be defined later."""
    try:
        return find(qualname).kernels
    except RuntimeError:
        return _early_kernels.setdefault(qualname, {})


def remove(entry: Entry) -> None:
    """Take an op away again."""
    namespace, _, name = entry.schema.name.partition("::")
    overloads = entries.get(namespace, {}).get(name, {})
    overloads.pop(entry.schema.overload_name or "default", None)
    if not overloads:
        entries.get(namespace, {}).pop(name, None)


def find(qualname: str) -> Entry:
    """The op of a name such as ``"mylib::add"`` or ``"mylib::add.Tensor"``.

    Raises:
        RuntimeError: there is none.
    """
    namespace, _, rest = qualname.partition("::")
    name, _, overload = rest.partition(".")
    found = entries.get(namespace, {}).get(name, {}).get(overload or "default")
    if found is None:
        raise RuntimeError(f"operator {qualname} does not exist: define it first")
    return found
