"""Programs of several lines by subject: each takes the names of `space.py` as attributes and returns what is compared.

Every module here is a subject, every function of it that has no underscore before its name a program.
"""

import importlib
import pkgutil
from collections.abc import Callable
from types import FunctionType
from typing import Any


def programs_of(subject: str) -> dict[str, Callable[[Any], Any]]:
    module = importlib.import_module(f"{__name__}.{subject}")
    functions = {name: value for name, value in vars(module).items() if isinstance(value, FunctionType)}
    return {name: f for name, f in functions.items() if f.__module__ == module.__name__ and not name.startswith("_")}


PROGRAMS = {f"programs_{module.name}": programs_of(module.name) for module in pkgutil.iter_modules(__path__)}
