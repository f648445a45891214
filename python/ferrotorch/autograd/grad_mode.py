"""Whether ops are recorded: context managers that are decorators too."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from ferrotorch import _C

# `inspect.CO_GENERATOR`; the module itself takes several milliseconds to load.
_GENERATOR = 0x20

F = TypeVar("F", bound=Callable[..., Any])


class _Mode:
    """A context manager whose ``clone()`` wraps every call of a decorated function."""

    def clone(self) -> _Mode:
        """Another manager with the same settings."""
        return type(self)()

    def __enter__(self) -> object:
        raise AssertionError("a mode must say how it is entered")

    def __exit__(self, *exception: object) -> None:
        raise AssertionError("a mode must say how it is left")

    def __call__(self, function: F) -> F:
        if isinstance(function, type):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
                "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
                "the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            function.__init__ = self(function.__init__)  # type: ignore[misc]
            return function
        is_generator = getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR
        return _generator(self, function) if is_generator else _plain(self, function)


def _plain(mode: _Mode, function: Any) -> Any:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with mode.clone():
            return function(*args, **kwargs)

    return wrapped


def _generator(mode: _Mode, function: Any) -> Any:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        resume = functools.partial(next, generator)
        while True:
            try:
                with mode.clone():
                    item = resume()
            except StopIteration as stop:
                return stop.value
            try:
                received = yield item
            except GeneratorExit:
                with mode.clone():
                    generator.close()
                raise
            except BaseException as error:
                resume = functools.partial(generator.throw, error)
            else:
                resume = functools.partial(generator.send, received)

    return wrapped


class _GradMode(_Mode):
    """Recording on or off within the block."""

    _on: bool

    def __enter__(self) -> None:
        self._before = _C._set_grad_enabled(self._on)

    def __exit__(self, *exception: object) -> None:
        _C._set_grad_enabled(self._before)


class no_grad(_GradMode):
    """Ops are not recorded within the block, or within the decorated function."""

    _on = False

    def __new__(cls, orig_func: Any = None) -> Any:
        mode = super().__new__(cls)
        return mode if orig_func is None else mode(orig_func)

    def __init__(self, orig_func: Any = None) -> None:
        pass


class enable_grad(_GradMode):
    """Ops are recorded within the block, or within the decorated function."""

    _on = True

    def __new__(cls, orig_func: Any = None) -> Any:
        mode = super().__new__(cls)
        return mode if orig_func is None else mode(orig_func)

    def __init__(self, orig_func: Any = None) -> None:
        pass


class set_grad_enabled(_Mode):
    """Turns recording on or off, at once as a function and until the end of the block as a context manager."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = _C._set_grad_enabled(mode)

    def clone(self) -> set_grad_enabled:
        """Another manager with the same setting."""
        return type(self)(self.mode)

    def __call__(self, function: F) -> F:
        _C._set_grad_enabled(self._before)
        return super().__call__(function)

    def __enter__(self) -> None:
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *exception: object) -> None:
        _C._set_grad_enabled(self._before)


class inference_mode(_Mode):
    """Ops are not recorded within the block, and the tensors that it makes are inference tensors.

    These may be written to in inference mode only, count no writes, and cannot be saved for a backward rule
    (RuntimeError); ``clone()`` outside makes a normal tensor. With ``mode=False`` the block is back in normal mode.
    """

    def __new__(cls, mode: Any = True) -> Any:
        manager = super().__new__(cls)
        if isinstance(mode, bool):
            return manager
        manager.mode = True
        return manager(mode)

    def __init__(self, mode: Any = True) -> None:
        self.mode = mode

    def clone(self) -> inference_mode:
        """Another manager with the same setting."""
        return type(self)(self.mode)

    def __enter__(self) -> None:
        self._before = _C._set_grad_enabled(not self.mode), _C._set_inference_mode(self.mode)

    def __exit__(self, *exception: object) -> None:
        _C._set_grad_enabled(self._before[0])
        _C._set_inference_mode(self._before[1])
