"""Dispatch modes: contexts that see each op as it is run, in forward and backward passes.

A mode is asked below all overrides of :mod:`ferrotorch.overrides`. It sees the ops of ``aten`` that PyTorch dispatches,
with its overloads and arguments: functions as what PyTorch makes of them (`_aten/lowering`), such as ``aten.t`` and
``aten.addmm`` for ``linear``. Ops of the package that PyTorch has no counterpart of are seen as they are. It also sees
the launches of the core that no op made, above all those of a backward pass, as :class:`ferrotorch._ops.Launch`.

A class may have a ``__torch_dispatch__`` of its own for its instances: :mod:`ferrotorch._wrappers`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Self

from ferrotorch import _C

__all__ = ["TorchDispatchMode", "return_and_correct_aliasing"]


class TorchDispatchMode:
    """A context in which the mode's ``__torch_dispatch__(func, types, args=(), kwargs=None)`` is asked for every op.

    ``func`` is an overload such as ``torch.ops.aten.add.Tensor``; called with the arguments it does what the op does.
    What the method returns stands for the result. Modes may be nested: the innermost is asked first, and is off while
    it is asked.
    """

    # Modes of the package may want the package's own ops, whole layers among them.
    _sees_layers = False

    def __init__(self, _dispatch_key: object = None) -> None:
        pass

    def __torch_dispatch__(
        self, func: Any, types: tuple[type[Any], ...], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """To be overridden: the result of ``func(*args, **kwargs)``."""
        raise NotImplementedError

    @classmethod
    def is_infra_mode(cls) -> bool:
        """Is it a part of what runs programs, rather than of a program?"""
        return False

    def __enter__(self) -> Self:
        if isinstance(inspect.getattr_static(self, "__torch_dispatch__"), classmethod):
            raise RuntimeError(
                f"{type(self).__name__}.__torch_dispatch__: classmethod is not supported, please make it a plain method"
            )
        _push_mode(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _pop_mode()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Self:
        """The older form of ``cls(*args, **kwargs)``; warns."""
        import warnings

        warnings.warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2)
        return cls(*args, **kwargs)


class _Lowered:
    """What is on the stack for a mode: asks it about the ops of which PyTorch makes a layer, not about the layer."""

    def __init__(self, mode: TorchDispatchMode) -> None:
        self.mode = mode

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from ferrotorch._aten.lowering import rule_for
        from ferrotorch._ops import Launch

        kwargs = kwargs or {}
        is_op = func.namespace == "aten" and not isinstance(func, Launch) and not types
        is_op = is_op and all(x.layout is _C.strided for x in args if isinstance(x, _C.Tensor))
        rule = rule_for(func.overloadpacket.__name__) if is_op else None
        if rule is None or "out" in kwargs:
            return self.ask(func, types, args, kwargs)
        return rule(lambda op, *given, **named: self.ask(op, (), given, named), *args, **kwargs)

    def ask_from_here(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """The mode's answer, asked where it is on."""
        return _outside(self, func, args, kwargs, self.ask)

    def ask(self, func: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """The mode's answer, asked with the arguments that PyTorch would hand on."""
        from ferrotorch._aten.saved import kept_of
        from ferrotorch._ops import aten, normal_call

        func, args, kwargs = normal_call(func, args, kwargs)
        result = self.mode.__torch_dispatch__(func, types, args, kwargs)
        if func.namespace == "aten":
            for kept in kept_of(func, result):
                self.mode.__torch_dispatch__(aten.detach.default, (), (kept,), {})
        return result


def _outside(entry: _Lowered, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], ask: Any) -> Any:
    """``ask(func, (), args, kwargs)`` outside of the innermost mode."""
    _C._pop_torch_dispatch_stack()
    try:
        return ask(func, (), args, kwargs)
    finally:
        _C._push_on_torch_dispatch_stack(entry)


def answer_to(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the innermost mode says to the call of an op by its name.

    ``NotImplemented`` where it sees layers as they are.
    """
    from ferrotorch._aten.lowering import DISPATCHED
    from ferrotorch._opaque import handles_among
    from ferrotorch._ops import OpOverload, normal_call

    entry = _C._get_dispatch_stack_at(_C._len_torch_dispatch_stack() - 1)
    if not isinstance(entry, _Lowered) or "out" in kwargs or any(handles_among(args, kwargs)):
        return NotImplemented
    is_overload = isinstance(op, OpOverload)
    op, args, kwargs = normal_call(op, args, kwargs)
    # An overload that is dispatched itself is asked about as it is.
    as_it_is = is_overload and op.overloadpacket.__name__ in DISPATCHED
    return _outside(entry, op, args, kwargs, entry.ask if as_it_is else entry.__torch_dispatch__)


def _mode_of(entry: Any) -> Any:
    """The mode that something on the stack stands for."""
    return entry.mode if isinstance(entry, _Lowered) else entry


def _get_current_dispatch_mode() -> Any:
    """The innermost mode, or None."""
    depth = _C._len_torch_dispatch_stack()
    return _mode_of(_C._get_dispatch_stack_at(depth - 1)) if depth else None


def _get_current_dispatch_mode_stack() -> list[Any]:
    """All modes of this thread, the outermost first."""
    return [_mode_of(_C._get_dispatch_stack_at(i)) for i in range(_C._len_torch_dispatch_stack())]


def is_in_torch_dispatch_mode(include_infra_modes: bool = True) -> bool:
    """Is this thread in a dispatch mode, of those that count?"""
    return any(include_infra_modes or not mode.is_infra_mode() for mode in _get_current_dispatch_mode_stack())


def any_torch_dispatch_mode_on_stack() -> bool:
    """As `is_in_torch_dispatch_mode`."""
    return is_in_torch_dispatch_mode()


def _push_mode(mode: TorchDispatchMode) -> None:
    """Enter a mode."""
    sees_layers = getattr(mode, "_sees_layers", False)
    _C._push_on_torch_dispatch_stack(mode if sees_layers else _Lowered(mode))
    _look_at_functions()


def _pop_mode(k: object = None) -> Any:
    """Leave the innermost mode; returns it."""
    entry = _C._pop_torch_dispatch_stack()
    _look_at_functions()
    return _mode_of(entry)


def _look_at_functions() -> None:
    """Let functions in Python be looked at while a mode is on that sees no layers."""
    from ferrotorch._rules import set_dispatched

    stack = (_C._get_dispatch_stack_at(i) for i in range(_C._len_torch_dispatch_stack()))
    set_dispatched(_replaced() if any(isinstance(entry, _Lowered) for entry in stack) else None)


def _asked_now(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Lowered | None:
    """The innermost mode, if it is to be asked about a call with these arguments."""
    from ferrotorch._opaque import handles_among

    depth = _C._len_torch_dispatch_stack()
    entry = _C._get_dispatch_stack_at(depth - 1) if depth else None
    return None if not isinstance(entry, _Lowered) or any(handles_among(args, kwargs)) else entry


def asked_by_rule(rule: Any, *args: Any) -> Any:
    """What a rule makes of a call; ``NotImplemented`` where no mode is asked, or the rule declines."""
    entry = _asked_now(args, {})
    return NotImplemented if entry is None else rule(entry.ask_from_here, *args)


@cache
def _replaced() -> dict[str, Any]:
    from ferrotorch._aten.lowering import composed_rules

    return {name: _Composed(rule) for name, rule in composed_rules().items()}


class _Composed:
    """What is called in the place of a function in Python while dispatch modes are on."""

    def __init__(self, rule: Any) -> None:
        self._rule, self._form = rule, inspect.signature(rule)

    def __call__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        entry = _asked_now(args, kwargs)
        if entry is None or "out" in kwargs:
            return function(*args, **kwargs)
        try:
            self._form.bind(entry.ask_from_here, *args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)
        result = self._rule(entry.ask_from_here, *args, **kwargs)
        return function(*args, **kwargs) if result is NotImplemented else result


@contextmanager
def _pop_mode_temporarily(k: object = None) -> Iterator[Any]:
    """A block outside of the innermost mode."""
    mode = _pop_mode()
    try:
        yield mode
    finally:
        _push_mode(mode)


@contextmanager
def _disable_current_modes() -> Iterator[list[Any]]:
    """A block outside of all modes."""
    modes = [_pop_mode() for _ in range(_C._len_torch_dispatch_stack())]
    try:
        yield modes
    finally:
        for mode in reversed(modes):
            _push_mode(mode)


def return_and_correct_aliasing(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """What a class returns for an op that its wrappers computed as ``out``: the argument itself if the op writes to it.

    Views of wrappers share nothing by themselves, for wrappers have no memory: what they wrap does.
    """
    if "out" in kwargs:
        return kwargs["out"]
    return args[0] if func.overloadpacket.is_mutable else out


def transform_subclass(t: Any, callback: Any, outer_size: Any = None, outer_stride: Any = None) -> Any:
    """A tensor like a wrapper, of ``callback(name, tensor)`` for all that it is made of."""
    names, context = t.__tensor_flatten__()
    parts = {name: callback(name, getattr(t, name)) for name in names}
    size = t.size() if outer_size is None else outer_size
    stride = t.stride() if outer_stride is None else outer_stride
    return type(t).__tensor_unflatten__(parts, context, size, stride)


def is_traceable_wrapper_subclass(t: object) -> bool:
    """Is it a tensor of a class that says what it is made of, by ``__tensor_flatten__`` and its counterpart?"""
    return isinstance(t, _C.Tensor) and is_traceable_wrapper_subclass_type(type(t))


def is_traceable_wrapper_subclass_type(t: type[Any]) -> bool:
    """Is it such a class?"""
    own = issubclass(t, _C.Tensor) and t is not _C.Tensor
    return own and hasattr(t, "__tensor_flatten__") and hasattr(t, "__tensor_unflatten__")
