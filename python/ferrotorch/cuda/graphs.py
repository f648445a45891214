"""Graphs of launches: there are none here, launches are batched as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ferrotorch.cuda._state import gpus

__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing", "make_graphed_callables"]

_REASON = "launches cannot be captured here. Call the function itself: launches are recorded into batches as they come"


class CUDAGraph:
    """Launches captured to be run again. They cannot be captured here.

    Raises:
        RuntimeError: always, on a GPU; AssertionError where ``cuda`` means none.
    """

    def __init__(self, keep_graph: bool = False) -> None:
        gpus()
        raise RuntimeError(f"torch.cuda.CUDAGraph: {_REASON}")


class graph:
    """A block whose launches are captured: see :class:`CUDAGraph`.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, cuda_graph: CUDAGraph, pool: Any = None, stream: Any = None, **kwargs: Any) -> None:
        raise RuntimeError(f"torch.cuda.graph: {_REASON}")


def is_current_stream_capturing() -> bool:
    """False: launches cannot be captured."""
    return False


def graph_pool_handle() -> NoReturn:
    """Memory for captured launches.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(f"torch.cuda.graph_pool_handle(): {_REASON}")


def make_graphed_callables(callables: Callable[..., Any], *args: Any, **kwargs: Any) -> NoReturn:
    """Functions whose launches are captured.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(f"torch.cuda.make_graphed_callables(): {_REASON}")
