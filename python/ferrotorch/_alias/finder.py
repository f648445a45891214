"""An import hook that makes ``torch`` and every ``torch.X`` the very modules ``ferrotorch`` and ``ferrotorch.X``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ferrotorch._alias.absent import AbsentLoader, is_absent
from ferrotorch._alias.identity import VERSION, adopt
from ferrotorch._alias.moved import MODULES, SHADOWED

__all__ = ["SHIM_PATH", "install"]

# A folder whose module `torch` installs the hook: worker processes that start afresh inherit `sys.path`, not hooks.
SHIM_PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "path")

# The package from which `torch.func` came, which is installed beside PyTorch, and the modules that do its work.
_FUNCTORCH = {
    "functorch": "ferrotorch._functorch.deprecated",
    "functorch.compile": "ferrotorch._functorch.compile",
    "functorch.einops": "ferrotorch._functorch.einops",
    "functorch.experimental": "ferrotorch._functorch.experimental",
}


class _AliasLoader(Loader):
    """Hands out a module of this library under its other name, and leaves it as it is."""

    def __init__(self, native_name: str) -> None:
        self._native_name = native_name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._native_name)
        # The import system overwrites `__spec__`.
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Package(ModuleType):
    """A package in which a function stays when the module of its name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and callable(getattr(self, name, None))):
            super().__setattr__(name, value)


class _AdoptingLoader(Loader):
    """Loads a module of this library as its own loader does, and gives it the names that it has in PyTorch."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        adopt(module)

    def get_code(self, name: str) -> CodeType | None:
        return self._loader.get_code(name)


_METADATA = {
    "METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {VERSION}\n",
    "top_level.txt": "torch\n",
    "INSTALLER": "ferrotorch\n",
}


class _Metadata(Distribution):
    """What `importlib.metadata` tells of the distribution ``torch``."""

    def read_text(self, filename: str) -> str | None:
        return _METADATA.get(str(filename))

    def locate_file(self, path: Any) -> Path:
        return Path(__file__).parent.parent / path


def _register_below_extension(native: str) -> None:
    """Let the import system find a module that the extension has as an attribute."""
    from ferrotorch import _C

    found = getattr(_C, native.removeprefix("ferrotorch._C."), None)
    if isinstance(found, ModuleType):
        sys.modules.setdefault(native, found)


def _find_spec(native: str) -> ModuleSpec | None:
    """The spec of a module of this library; None without one, or without the package that it would be in."""
    try:
        return importlib.util.find_spec(native)
    except ModuleNotFoundError:
        return None


class _Finder(MetaPathFinder):
    """Finds ``torch.X`` wherever ``ferrotorch.X`` can be found, and says that ``torch`` is installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top, _, below = fullname.partition(".")
        if top == "ferrotorch":
            return self._native_spec(fullname, path)
        if fullname in _FUNCTORCH:
            return ModuleSpec(fullname, _AliasLoader(_FUNCTORCH[fullname]), is_package=True)
        if top != "torch":
            return None
        native = "ferrotorch" + (f".{MODULES.get(below, below)}" if below else "")
        if below.startswith("_C."):
            _register_below_extension(native)
        if below in SHADOWED:
            sys.modules[fullname.rpartition(".")[0]].__class__ = _Package
        found = sys.modules.get(native) or _find_spec(native)
        if found is None and is_absent(below):
            return ModuleSpec(fullname, AbsentLoader(below), is_package=True)
        if found is None:
            # Not None: the installed PyTorch must not answer for a part that this library lacks.
            raise ModuleNotFoundError(f"No module named {fullname!r}: ferrotorch has no such part", name=fullname)
        return ModuleSpec(fullname, _AliasLoader(native), is_package=True)

    def _native_spec(self, fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _AdoptingLoader(spec.loader)
        return spec

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        wanted = None if context is None else context.name
        return [_Metadata()] if wanted is None or wanted.lower() == "torch" else []


def install() -> None:
    """Make ``import torch`` mean ``import ferrotorch`` from now on, here and in worker processes; again is harmless."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
        for name, module in list(sys.modules.items()):
            if name == "ferrotorch" or name.startswith("ferrotorch."):
                adopt(module)
        # A package for the import system, so that it asks here for what is below.
        setattr(sys.modules["ferrotorch._C"], "__path__", [])  # noqa: B010 (mypy sees no such attribute)
    if SHIM_PATH not in sys.path:
        sys.path.insert(min(1, len(sys.path)), SHIM_PATH)
