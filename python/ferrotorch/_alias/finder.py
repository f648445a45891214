"""An import hook that makes ``torch`` and every ``torch.X`` the very modules ``ferrotorch`` and ``ferrotorch.X``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["SHIM_PATH", "install"]

# A folder whose module `torch` installs the hook: worker processes that start afresh inherit `sys.path`, not hooks.
SHIM_PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "path")


def _native_name(name: str) -> str | None:
    """The module of this library that a name stands for; None where it stands for none."""
    if name == "torch" or name.startswith("torch."):
        return "ferrotorch" + name.removeprefix("torch")
    return None


class _Loader(Loader):
    """Hands out a module that is there already, and leaves it as it is."""

    def __init__(self, native_name: str) -> None:
        self._native_name = native_name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._native_name)
        # The import system overwrites `__spec__`, which must go on naming the module's own file.
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds ``torch.X`` wherever ``ferrotorch.X`` can be found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        native = _native_name(fullname)
        if native is None:
            return None
        found = sys.modules.get(native) or importlib.util.find_spec(native)
        if found is None:
            # Not None: the installed PyTorch must not answer for a part that this library lacks.
            raise ModuleNotFoundError(f"No module named {fullname!r}: ferrotorch has no such part", name=fullname)
        return ModuleSpec(fullname, _Loader(native), is_package=True)


def install() -> None:
    """Make ``import torch`` mean ``import ferrotorch`` from now on, here and in worker processes; again is harmless."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if SHIM_PATH not in sys.path:
        sys.path.insert(min(1, len(sys.path)), SHIM_PATH)
