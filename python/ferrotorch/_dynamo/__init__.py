"""The part of PyTorch that compiles Python, which is not here: code runs as it is, and all marks are passed over."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

from ferrotorch._compile import OptimizedModule
from ferrotorch.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    nonstrict_trace,
    reset,
    set_stance,
    substitute_in_graph,
)

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "disable",
    "disallow_in_graph",
    "explain",
    "export",
    "forbid_in_graph",
    "graph_break",
    "is_compiling",
    "is_dynamo_supported",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "nonstrict_trace",
    "optimize",
    "optimize_assert",
    "reset",
    "run",
    "set_stance",
    "substitute_in_graph",
]

disallow_in_graph = forbid_in_graph = allow_in_graph


def is_dynamo_supported() -> bool:
    """False: Python is not compiled."""
    return False


def optimize(backend: Any = "inductor", **kwargs: Any) -> Any:
    """A decorator that does what ``torch.compile`` does."""
    from ferrotorch._compile import compile

    return lambda function: compile(function, backend=backend)


optimize_assert = optimize


def run(fn: Any = None) -> Any:
    """The function itself; without one a decorator."""
    return fn if fn is not None else lambda function: function


def graph_break(msg: str = "") -> None:
    """There is no graph to break."""


def mark_dynamic(t: Any, index: Any, **kwargs: Any) -> None:
    """Accepted: code runs for every size."""


def maybe_mark_dynamic(t: Any, index: Any) -> None:
    """Accepted: code runs for every size."""


def mark_static(t: Any, index: Any = None) -> None:
    """Accepted: code runs for every size."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Accepted: no launches are captured."""


def explain(f: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """What would be compiled.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        "torch._dynamo.explain(): ferrotorch does not compile Python, there is nothing to explain"
    )


def export(f: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """A function as a graph.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("torch._dynamo.export(): ferrotorch does not compile Python. torch.fx traces modules")


_PARTS = ("_trace_wrapped_higher_order_op", "config", "decorators", "eval_frame", "exc", "external_utils", "utils")


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        return importlib.import_module(f"ferrotorch._dynamo.{name}")
    raise AttributeError(f"module 'torch._dynamo' has no attribute {name!r}")
