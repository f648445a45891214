"""Text of functions made callable, in such a way that tracebacks and debuggers show it; and its imports."""

from __future__ import annotations

import linecache
import pickle
import re
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

import ferrotorch as torch
from ferrotorch.fx._names import _custom_builtins, _is_from_torch

_IMPORT_OF_TORCH = re.compile(r"^(from|import) torch(?=[\s.]|$)", re.MULTILINE)


class _Sources:
    """Texts by the names of files that they stand for."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, text: str, names: dict[str, Any], origin: dict[str, Any]) -> str:
        """Keep a text; returns its file name."""
        key = f"<eval_with_key>.{len(self._texts)}"
        if {"co_filename", "co_firstlineno", "co_name"} <= origin.keys():
            key += f" from {origin['co_filename']}:{origin['co_firstlineno']} in {origin['co_name']}"
        self._texts[key] = text
        spec = ModuleSpec(key, self)  # type: ignore[arg-type]
        linecache.lazycache(key, {**names, "__file__": key, "__name__": key, "__loader__": self, "__spec__": spec})
        return key

    def get_source(self, module_name: str) -> str | None:
        """What ``linecache`` asks a loader for."""
        return self._texts.get(module_name)


_sources = _Sources()


def _method_from_src(
    method_name: str, src: str, names: dict[str, Any], origin: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """A function that a text defines."""
    namespace = dict(names)
    key = _sources.add(src, namespace, origin or {})
    # Annotations shall be what they say, not text as in this file.
    exec(compile(src, key, "exec", dont_inherit=True), namespace)
    function: Callable[..., Any] = namespace[method_name]
    return function


def _forward_from_src(src: str, names: dict[str, Any], origin: dict[str, Any] | None = None) -> Callable[..., Any]:
    """The function ``forward`` that a text defines."""
    return _method_from_src("forward", src, names, origin)


def _import_block(names: dict[str, Any]) -> str:
    """The lines that import what generated code needs."""
    return "\n".join(sorted({_import_line(name, value) for name, value in names.items()}))


def _import_line(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{name} = {value!r}"
    if name in _custom_builtins:
        return _custom_builtins[name].import_str
    if _is_from_torch(value):
        return "import torch"
    path = getattr(value, "__qualname__", None) or value.__name__
    return f"from {pickle.whichmodule(value, path)} import {path} as {name}"  # type: ignore[attr-defined]


def for_this_library(text: str) -> str:
    """Imports of ``torch`` as imports of this library, whatever it goes by."""
    if torch.__name__ == "torch":
        return text
    text = re.sub(r"^import torch$", f"import {torch.__name__} as torch", text, flags=re.MULTILINE)
    return _IMPORT_OF_TORCH.sub(rf"\1 {torch.__name__}", text)
