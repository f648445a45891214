"""The names by which programs know the parts of PyTorch, given to the parts of this library that stand for them.

Only a program run by ``python -m ferrotorch`` sees them: there ``torch.nn.Linear.__module__`` is
``"torch.nn.modules.linear"``, and ``torch.__version__`` the version of PyTorch whose behaviour this library follows.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ferrotorch._alias.imported import complete
from ferrotorch._alias.moved import PARENTS
from ferrotorch._C import _Overridable
from ferrotorch._homes import home_in_pytorch

__all__ = ["VERSION", "adopt", "alias_of"]

# The version of PyTorch that the behaviour here follows.
VERSION = "2.15.0+ferrotorch"


def alias_of(name: str) -> str:
    """The name that stands in programs for a module of this library."""
    return "torch" + name.removeprefix("ferrotorch")


def adopt(module: ModuleType) -> None:
    """Give a loaded module, and the classes and functions that it defines, the names that they have in PyTorch."""
    native = module.__name__
    if not (native == "ferrotorch" or native.startswith("ferrotorch.")):
        return
    alias = alias_of(native)
    for value in list(vars(module).values()):
        if isinstance(value, type | FunctionType | BuiltinFunctionType | _Overridable) and _is_ours(value.__module__):
            _move(value)
    _rename(module, alias)
    complete(module, alias.partition(".")[2])
    sys.modules[alias] = module
    if alias.partition(".")[2] in PARENTS and not hasattr(module, "__path__"):
        module.__path__ = []
    if native == "ferrotorch":
        _set_version(module)


def _move(value: Any) -> None:
    alias = alias_of(value.__module__)
    # Private names stay where they are: pickled objects refer to some of them.
    home = alias if value.__name__.startswith("_") else home_in_pytorch(value.__module__, value.__name__)
    if isinstance(value, type) and home != alias:
        # What the annotations of a class mean is asked of its module: here, while it is still this one.
        with suppress(NameError):
            value.__annotations__ = inspect.get_annotations(value, eval_str=True)
    # Since Python 3.13 a class that changes its module forgets the line at which `inspect` finds its source. It stays
    # forgotten where the new module is another file: a line of that would be the source of something else.
    line = vars(value).get("__firstlineno__") if isinstance(value, type) and home == alias else None
    value.__module__ = home
    if line is not None:
        value.__firstlineno__ = line


def _is_ours(module: Any) -> bool:
    return isinstance(module, str) and (module == "ferrotorch" or module.startswith("ferrotorch."))


def _rename(module: ModuleType, alias: str) -> None:
    module.__name__ = alias
    spec = module.__spec__
    if spec is None:
        return
    renamed = ModuleSpec(alias, spec.loader, origin=spec.origin, is_package=spec.submodule_search_locations is not None)
    renamed.submodule_search_locations = spec.submodule_search_locations
    renamed.has_location, renamed.cached = spec.has_location, spec.cached
    module.__spec__ = renamed
    # Relative imports compare the two.
    module.__package__ = renamed.parent


def _set_version(package: Any) -> None:
    from ferrotorch import version
    from ferrotorch.torch_version import TorchVersion

    package.__version__ = TorchVersion(VERSION)
    version.__version__ = VERSION
