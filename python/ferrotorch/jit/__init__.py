"""TorchScript. Nothing is compiled here: scripted and traced functions and modules run as the Python that they are.

``script`` and ``trace`` return what was given, modules as a :class:`ScriptModule` with the very same parameters; what
needs a program of TorchScript, as saving one does, raises and says what is possible. See docs/compatibility.md.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

from ferrotorch.futures import Future
from ferrotorch.jit._annotations import (
    Attribute,
    _overload,
    _overload_method,
    _script_if_tracing,
    annotate,
    export,
    ignore,
    interface,
    is_scripting,
    is_tracing,
    script_if_tracing,
    script_method,
    unused,
)
from ferrotorch.jit._files import load, save
from ferrotorch.jit._modules import (
    Error,
    ScriptFunction,
    ScriptModule,
    TracerWarning,
    _unique_state_dict,
    script,
    trace,
    trace_module,
)

RecursiveScriptModule = TopLevelTracedModule = TracedModule = ScriptModule

__all__ = [
    "Attribute",
    "CompilationUnit",
    "Error",
    "Final",
    "Future",
    "ScriptFunction",
    "ScriptModule",
    "TracerWarning",
    "annotate",
    "enable_onednn_fusion",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "onednn_fusion_enabled",
    "optimize_for_inference",
    "optimized_execution",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "set_fusion_strategy",
    "trace",
    "trace_module",
    "unused",
    "wait",
]


class CompilationUnit:
    """Functions of TorchScript given as text, which cannot be compiled here.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, lang: str | None = None, _frames_up: int = 0) -> None:
        raise NotImplementedError("torch.jit.CompilationUnit: TorchScript is not compiled by ferrotorch, write Python")


def isinstance(obj: Any, target_type: Any) -> bool:
    """Is an object of a type, which may be that of a container and its items, such as ``list[int]``?"""
    from ferrotorch.jit._annotations import is_of_type

    return is_of_type(obj, target_type)


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """The module itself, which must be in evaluation.

    Raises:
        RuntimeError: it is in training.
    """
    if mod.training:
        raise RuntimeError("Freezing is currently only implemented for modules in eval mode.")
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """The module itself."""
    return mod


def optimized_execution(should_optimize: bool) -> Any:
    """A block, in which nothing is different: nothing is compiled."""
    import contextlib

    return contextlib.nullcontext()


def enable_onednn_fusion(enabled: bool) -> None:
    """Accepted: nothing is compiled, hence nothing fused."""


def onednn_fusion_enabled() -> bool:
    """False: nothing is compiled, hence nothing fused."""
    return False


def set_fusion_strategy(strategy: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Accepted: nothing is compiled, hence nothing fused. Returns the strategy before, which is empty."""
    return []


def fork(func: Any, *args: Any, **kwargs: Any) -> Future[Any]:
    """Call a function; its result as a future that is done, as in PyTorch outside of TorchScript."""
    future: Future[Any] = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Future[Any]) -> Any:
    """The result of a future.

    Raises:
        RuntimeError: it is None.
    """
    if future is None:
        raise RuntimeError("Future can't be None")
    return future.wait()


_fork, _wait = fork, wait


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in ("annotations", "frontend", "_script", "_trace", "_serialization", "mobile", "_state"):
        try:
            return importlib.import_module(f"ferrotorch.jit.{name}")
        except ModuleNotFoundError:
            pass
    raise AttributeError(f"module 'torch.jit' has no attribute {name!r}")


def _get_trace_graph(*args: Any, **kwargs: Any) -> Any:
    """Raises: there is no program of TorchScript."""
    raise NotImplementedError(
        "torch.jit._get_trace_graph(): ferrotorch makes no graphs of TorchScript; torch.fx traces"
    )
