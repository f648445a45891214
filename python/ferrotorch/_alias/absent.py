"""Modules of PyTorch that packages import and that are not here: they can be imported, and refuse what they are for.

A package that imports such a module for one of its functions does all else that it does. What it took from the module
says at its use what is possible.
"""

from __future__ import annotations

from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from ferrotorch._alias.absent_names import ABSENT

__all__ = ["AbsentError", "AbsentLoader", "is_absent", "reason"]

# By the beginnings of modules' names, longer ones first.
_REASONS = {
    "distributed._shard": "there are no sharded tensors; a DTensor (torch.distributed.tensor) is a tensor in parts",
    "distributed._symmetric_memory": "processes do not see one another's memory; use collective operations",
    "distributed.fsdp": "parameters are sharded by FullyShardedDataParallel and fully_shard, whose insides are others",
    "distributed.launcher": "processes are started by mpiexec, or python -m ferrotorch.distributed.run",
    "distributed": "torch.distributed has no such part",
    "nn.attention": "scaled_dot_product_attention and flex_attention compute attention",
    "package": "there are no archives of code and data; save state_dict(), or torch.save a module",
    "sparse": "there is no Triton; products of sparse tensors are those of torch.sparse",
    "profiler": "torch.profiler has tables and traces of ops, and no timelines of memory",
    "fx": "torch.fx traces, runs and splits graphs, and has no such part",
    "_decomp": "ops are not rewritten into others",
    "_meta_registrations": "shapes of results come from device 'meta'",
    "_subclasses": "there are no functional tensors: programs run as they are",
    "_higher_order_ops": "programs run as the Python that they are",
    "_library": "torch.library registers functions on tensors only",
    "_opaque_base": "torch.library registers functions on tensors only",
    "utils._sympy": "sizes are numbers",
    "": "nothing is compiled: programs run as the Python that they are",
}


def is_absent(name: str) -> bool:
    """Is ``torch.<name>`` such a module, or a package that has some below it?"""
    return name in ABSENT or any(other.startswith(f"{name}.") for other in ABSENT)


def reason(name: str) -> str:
    """What is said where ``torch.<name>`` is used."""
    said = next(text for start, text in _REASONS.items() if name.startswith(start))
    return f"torch.{name} is not in ferrotorch: {said}. See docs/compatibility.md"


class AbsentError(NotImplementedError, ImportError):
    """Something was called that is not here. Programs that do without what they cannot import go on, too."""


class _Refusing(type):
    """The class of names that are not here. There is nothing in them and nothing is of their type."""

    def _reason(cls) -> str:
        """What is said of such a class, and of one that a package derived from it."""
        absent = next(base for base in cls.__mro__ if base.__module__.removeprefix("torch.") in ABSENT)
        return reason(f"{absent.__module__.removeprefix('torch.')}.{absent.__name__}")

    def __getattr__(cls, name: str) -> NoReturn:
        raise AttributeError(cls._reason())

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise AbsentError(cls._reason())


class _PassingOver(_Refusing):
    """The class of decorators by which programs tell a compiler how to write their ops. Nobody asks for it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return lambda function: function


_TOLD_TO_A_COMPILER = frozenset(["register_decomposition", "register_lowering"])


class AbsentLoader(Loader):
    """Makes such a module.

    Args:
        name: its name, without the package's.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> None:
        """None: a module as any other is."""

    def exec_module(self, module: ModuleType) -> None:
        """Put its names into it."""
        module.__doc__ = reason(self._name)
        for name in ABSENT.get(self._name, "").split():
            namespace = {"__module__": f"torch.{self._name}", "__doc__": reason(f"{self._name}.{name}")}
            kind = _PassingOver if name in _TOLD_TO_A_COMPILER else _Refusing
            setattr(module, name, kind(name, (), namespace))
