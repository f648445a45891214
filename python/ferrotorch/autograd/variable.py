"""``Variable``, which in old programs wraps a tensor that is to be differentiated."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

from ferrotorch import _C

__all__ = ["Variable"]


class _VariableMeta(type):
    """The type of `Variable`: every tensor is an instance, and calling it makes a tensor."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _C.Tensor)

    def __call__(
        cls,
        data: Any = None,
        requires_grad: bool = False,
        volatile: bool = False,
        _grad_fn: Any = None,
        name: Any = None,
    ) -> _C.Tensor:
        if data is None:
            data = _C.empty(0)
        if not isinstance(data, _C.Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if volatile and requires_grad:
            raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if _grad_fn is not None:
            raise TypeError(f"_grad_fn has to be a Function object or None, but got {type(_grad_fn).__name__}")
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", stacklevel=2
            )
        return data.detach().requires_grad_(requires_grad)


class _Waiting(threading.local):
    """The functions of this thread that are to be called at the end of a backward pass."""

    def __init__(self) -> None:
        self.of_passes: dict[int, list[Callable[[], None]]] = {}
        # Those of the pass that has just ended, while they are called.
        self.called: list[Callable[[], None]] | None = None


_waiting = _Waiting()


def _call_all(task: int, is_complete: bool) -> None:
    """Call the functions of a pass, and those that they queue."""
    callbacks = _waiting.of_passes.pop(task)
    outer, _waiting.called = _waiting.called, callbacks
    try:
        while is_complete and callbacks:
            callbacks.pop(0)()
    finally:
        _waiting.called = outer


class _Engine:
    """What walks the graph, as far as programs speak to it."""

    @staticmethod
    def queue_callback(callback: Callable[[], None]) -> None:
        """Have a function called when the present backward pass has come to its end, without an error.

        Raises:
            RuntimeError: no backward pass is running.
        """
        task = _C._current_graph_task_id()
        if task < 0 and _waiting.called is None:
            raise RuntimeError("Final callbacks can only be installed during backward pass.")
        if task < 0 and _waiting.called is not None:
            _waiting.called.append(callback)
        elif task in _waiting.of_passes:
            _waiting.of_passes[task].append(callback)
        else:
            _waiting.of_passes[task] = [callback]
            _C._call_after_walk(functools.partial(_call_all, task))


class Variable(metaclass=_VariableMeta):
    """``Variable(data, requires_grad=False)``: a leaf of the graph over the memory of a tensor.

    For programs from the time when tensors themselves had no gradients. ``isinstance(x, Variable)`` is true of every
    tensor.

    Raises:
        TypeError: ``data`` is no tensor.
        ValueError: both ``volatile``, which has no effect any more, and ``requires_grad``.
    """

    _execution_engine = _Engine()
