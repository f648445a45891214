"""``torch.compile``, which returns what it is given: functions and modules run as the Python that they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ferrotorch.nn.modules.module import Module

__all__ = ["OptimizedModule", "compile"]


def _disable_dynamo(fn: Callable[..., Any] | None = None, recursive: bool = True) -> Any:
    """The function as it is, or a decorator that returns it: no function is compiled."""
    return (lambda function: function) if fn is None else fn


_BACKENDS = frozenset(
    ["aot_eager", "aot_ts", "cudagraphs", "eager", "inductor", "onnxrt", "openxla", "openvino", "tensorrt", "tvm"]
)


class OptimizedModule(Module):
    """A module as ``torch.compile`` returns it: it calls the original, whose attributes it has as its own.

    The names in its ``state_dict`` begin with ``_orig_mod.``, as in PyTorch.
    """

    def __init__(self, mod: Module, dynamo_ctx: Any = None) -> None:
        super().__init__()
        self._modules["_orig_mod"] = mod

    @property
    def _orig_mod(self) -> Module:
        module = self._modules["_orig_mod"]
        assert module is not None
        return module

    @property
    def training(self) -> bool:
        """Is the original in training?"""
        return self._orig_mod.training

    @training.setter
    def training(self, value: bool) -> None:
        if "_orig_mod" in self._modules:
            self._orig_mod.training = value

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._orig_mod, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN or "_orig_mod" not in self.__dict__.get("_modules", {}):
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._orig_mod)})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the original returns."""
        return self._orig_mod(*args, **kwargs)


_OWN = frozenset(["training"])


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
    **kwargs: Any,
) -> Any:
    """A function or module to run as the Python that it is; without one a decorator.

    Args:
        model: A module, which comes back in an :class:`OptimizedModule`, or a function, which comes back wrapped.
        fullgraph: Accepted, as ``dynamic``, ``mode`` and ``options``: nothing is compiled.
        backend: The name of one of PyTorch's; None for its default.
        disable: Return the function or module itself.

    Raises:
        RuntimeError: ``backend`` is a function, which would be given a graph, or a name that is not known.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if callable(backend):
        raise RuntimeError(
            "torch.compile(): a backend that is a function would be given a graph, and ferrotorch makes none of Python "
            "code. Name a backend such as 'inductor' or 'eager': the code runs as it is (docs/compatibility.md)"
        )
    if backend is not None and backend not in _BACKENDS:
        raise RuntimeError(f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available backends.")
    if model is None:
        return functools.partial(compile, backend=backend, disable=disable)
    if disable or isinstance(model, type):
        return model
    if isinstance(model, Module):
        return OptimizedModule(model)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    return _wrapped(model)


def _wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    compiled._torchdynamo_orig_callable = function  # type: ignore[attr-defined]
    return compiled
