"""Where hooks are kept: the tables of one module, and those of all modules."""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ferrotorch.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from ferrotorch.nn.modules.module import Module

Hook = Callable[..., Any]
Table = OrderedDict[int, Any]


class HookTable:
    """A table of a module, from numbers to hooks, that is made when it is first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, module: Any, owner: type | None = None) -> Any:
        if module is None:
            return self
        # From now on the instance's own attribute hides this one.
        table: Table = OrderedDict()
        module.__dict__[self._name] = table
        return table


class BoundHook:
    """A hook that is called with its module first; unlike a bound method it does not keep the module alive."""

    def __init__(self, hook: Hook, module: Any) -> None:
        functools.update_wrapper(self, hook)
        self.hook = hook
        self.module = weakref.ref(module)

    def __call__(self, *args: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args)

    def __getstate__(self) -> tuple[Hook, Any]:
        return self.hook, self.module()

    def __setstate__(self, state: tuple[Hook, Any]) -> None:
        hook, module = state
        if module is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        BoundHook.__init__(self, hook, module)


def add_hook(hooks: Table, hook: Hook, prepend: bool = False, *flags: tuple[Table, bool]) -> RemovableHandle:
    """Append ``hook`` to ``hooks``, or put it first; the flags that are set are noted in their tables."""
    handle = RemovableHandle(hooks, extra_dict=[table for table, _ in flags])
    hooks[handle.id] = hook
    for table, is_set in flags:
        if is_set:
            table[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


global_forward_pre_hooks: Table = OrderedDict()
global_forward_hooks: Table = OrderedDict()
global_forward_hooks_with_kwargs: Table = OrderedDict()
global_forward_hooks_always_called: Table = OrderedDict()
global_backward_pre_hooks: Table = OrderedDict()
global_backward_hooks: Table = OrderedDict()
# Under "full": whether the backward hooks of all modules are full ones. There is one kind at a time.
global_kinds: dict[str, bool] = {}
global_registration_hooks: dict[str, Table] = {
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
    return add_hook(
        global_forward_hooks,
        hook,
        False,
        (global_forward_hooks_with_kwargs, with_kwargs),
        (global_forward_hooks_always_called, always_call),
    )


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the backward of every module."""
    return add_hook(global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` after the backward of every module."""
    _set_global_kind(True)
    return add_hook(global_backward_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` after the last step of every module's computation.

    Deprecated; see ``Module.register_backward_hook``.
    """
    _set_global_kind(False)
    return add_hook(global_backward_hooks, hook)


def _set_global_kind(full: bool) -> None:
    if global_backward_hooks and global_kinds.get("full") is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only "
            "one of them."
        )
    global_kinds["full"] = full


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


def __getattr__(name: str) -> Any:
    """The tables by the names that they have in PyTorch, such as ``_global_forward_hooks``."""
    kind = name.removeprefix("_global_").removesuffix("_registration_hooks")
    if kind in global_registration_hooks:
        return global_registration_hooks[kind]
    table = globals().get(name[1:]) if name.startswith("_global_") else None
    if table is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return table
