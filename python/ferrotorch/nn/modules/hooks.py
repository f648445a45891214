"""Hooks: callables that a module, or every module, calls around forward and backward."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ferrotorch.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from ferrotorch.nn.modules.module import Module

Hook = Callable[..., Any]
NO_HOOKS: Mapping[int, Any] = MappingProxyType({})


class ForwardHook(NamedTuple):
    """A forward hook and how it wants to be called."""

    function: Hook
    with_kwargs: bool
    always_call: bool = False


def add_hook(hooks: OrderedDict[int, Any], hook: Any, prepend: bool = False) -> RemovableHandle:
    """Append ``hook`` to ``hooks``, or put it first."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


global_forward_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
global_forward_hooks: OrderedDict[int, ForwardHook] = OrderedDict()
global_backward_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
global_backward_hooks: OrderedDict[int, Hook] = OrderedDict()
global_registration_hooks: dict[str, OrderedDict[int, Hook]] = {
    "buffer": OrderedDict(),
    "module": OrderedDict(),
    "parameter": OrderedDict(),
}


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before every module's forward; what it returns replaces the arguments."""
    return add_hook(global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after every module's forward; what it returns replaces the output."""
    return add_hook(global_forward_hooks, ForwardHook(hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the backward of every module."""
    return add_hook(global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` after the backward of every module."""
    return add_hook(global_backward_hooks, hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` when a buffer is registered; what it returns is registered instead."""
    return add_hook(global_registration_hooks["buffer"], hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` when a module is registered; what it returns is registered instead."""
    return add_hook(global_registration_hooks["module"], hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` when a parameter is registered; what it returns is registered instead."""
    return add_hook(global_registration_hooks["parameter"], hook)


def apply_registration_hooks(kind: str, module: Module, name: str, value: Any) -> Any:
    """``value``, or what the hooks put in its place."""
    for hook in global_registration_hooks[kind].values():
        replacement = hook(module, name, value)
        if replacement is not None:
            value = replacement
    return value


class Hooks:
    """The part of :class:`Module` that registers hooks and calls forward between them.

    The tables are made at the first registration: a module without hooks pays for none.
    """

    _forward_pre_hooks: Mapping[int, ForwardHook] = NO_HOOKS
    _forward_hooks: Mapping[int, ForwardHook] = NO_HOOKS
    _backward_pre_hooks: Mapping[int, Hook] = NO_HOOKS
    _backward_hooks: Mapping[int, Hook] = NO_HOOKS

    def _hook_table(self, name: str) -> OrderedDict[int, Any]:
        return self.__dict__.setdefault(name, OrderedDict())

    def __getstate__(self) -> dict[str, Any]:
        # PyTorch, which may be the reader, expects these tables in every module.
        tables = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
        return {"_is_full_backward_hook": None, **{name: OrderedDict() for name in tables}, **self.__dict__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; what it returns (not None) replaces the arguments.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs)`` and returns both.
        """
        return add_hook(self._hook_table("_forward_pre_hooks"), ForwardHook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; what it returns (not None) replaces the output.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs, output)``; with ``always_call`` also when
        forward raises, the output then being None.
        """
        return add_hook(self._hook_table("_forward_hooks"), ForwardHook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's backward; what it returns replaces ``grad_output``."""
        return add_hook(self._hook_table("_backward_pre_hooks"), hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients by the module's inputs are known.

        What it returns (not None) replaces ``grad_input``. Only positional tensor arguments count as inputs.
        """
        return add_hook(self._hook_table("_backward_hooks"), hook, prepend)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run :meth:`forward` and the hooks around it."""
        if not (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or global_forward_hooks
            or global_forward_pre_hooks
            or global_backward_hooks
            or global_backward_pre_hooks
        ):
            return self.forward(*args, **kwargs)  # type: ignore[attr-defined]
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pending = {**global_forward_hooks, **self._forward_hooks}
        output: Any = None
        try:
            args, kwargs = self._run_pre_hooks(args, kwargs)
            boundary = self._backward_boundary()
            if boundary is not None:
                args = boundary.mark_inputs(args)
            output = self.forward(*args, **kwargs)  # type: ignore[attr-defined]
            for key in list(pending):
                output = _replaced(output, _run_forward_hook(self, pending.pop(key), args, kwargs, output))
            return output if boundary is None else boundary.mark_outputs(output)
        except Exception:
            _run_remaining(self, pending, args, kwargs, output)
            raise

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for hook in (
            *(ForwardHook(h, False) for h in global_forward_pre_hooks.values()),
            *self._forward_pre_hooks.values(),
        ):
            if not hook.with_kwargs:
                replacement = hook.function(self, args)
                if replacement is not None:
                    args = replacement if isinstance(replacement, tuple) else (replacement,)
                continue
            replacement = hook.function(self, args, kwargs)
            if replacement is None:
                continue
            if not isinstance(replacement, tuple) or len(replacement) != 2:
                raise RuntimeError(
                    "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                    f"{type(replacement).__name__}."
                )
            args, kwargs = replacement
        return args, kwargs

    def _backward_boundary(self) -> Any:
        pre = (*global_backward_pre_hooks.values(), *self._backward_pre_hooks.values())
        post = (*global_backward_hooks.values(), *self._backward_hooks.values())
        if not pre and not post:
            return None
        from ferrotorch.nn.modules.backward_hooks import BackwardBoundary

        return BackwardBoundary(self, pre, post)


def _run_forward_hook(
    module: Hooks, hook: ForwardHook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> Any:
    if hook.with_kwargs:
        return hook.function(module, args, kwargs, output)
    return hook.function(module, args, output)


def _replaced(value: Any, replacement: Any) -> Any:
    return value if replacement is None else replacement


def _run_remaining(
    module: Hooks, pending: dict[int, ForwardHook], args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> None:
    """After an error: the hooks that are called in any case. Their own errors become warnings."""
    for hook in pending.values():
        if not hook.always_call:
            continue
        try:
            output = _replaced(output, _run_forward_hook(module, hook, args, kwargs, output))
        except Exception as error:
            warnings.warn(
                f"module forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                f"was raised in forward: {error}",
                stacklevel=2,
            )
