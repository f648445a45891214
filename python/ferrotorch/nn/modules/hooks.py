"""Hooks: callables that a module, or every module, calls around forward and backward."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.hook_tables import (
    BoundHook,
    Hook,
    HookTable,
    add_hook,
    global_backward_hooks,
    global_backward_pre_hooks,
    global_forward_hooks,
    global_forward_hooks_always_called,
    global_forward_hooks_with_kwargs,
    global_forward_pre_hooks,
    global_kinds,
)
from ferrotorch.utils.hooks import RemovableHandle

# What a file holds of these tables, for PyTorch, which may be its reader, expects them in every module.
_SAVED_TABLES = (
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks", "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called", "_backward_pre_hooks", "_backward_hooks",
)  # fmt: skip


class Hooks:
    """The part of :class:`Module` that registers hooks and calls forward between them.

    The tables hold the hooks themselves; how one wants to be called is in tables of flags beside them.
    """

    _forward_pre_hooks = HookTable()
    _forward_pre_hooks_with_kwargs = HookTable()
    _forward_hooks = HookTable()
    _forward_hooks_with_kwargs = HookTable()
    _forward_hooks_always_called = HookTable()
    _backward_pre_hooks = HookTable()
    _backward_hooks = HookTable()
    # Whether the backward hooks are full ones; None while there are none. A module has one kind only.
    _is_full_backward_hook: bool | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_is_full_backward_hook": None, **{name: OrderedDict() for name in _SAVED_TABLES}, **self.__dict__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Files of old versions lack it.
        self.__dict__.setdefault("_non_persistent_buffers_set", set())

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; what it returns (not None) replaces the arguments.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs)`` and returns both.
        """
        return add_hook(self._forward_pre_hooks, hook, prepend, (self._forward_pre_hooks_with_kwargs, with_kwargs))

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; what it returns (not None) replaces the output.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs, output)``; with ``always_call`` also when
        forward raises, the output then being None.
        """
        return add_hook(
            self._forward_hooks,
            hook,
            prepend,
            (self._forward_hooks_with_kwargs, with_kwargs),
            (self._forward_hooks_always_called, always_call),
        )

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's backward; what it returns replaces ``grad_output``."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients by the module's inputs are known.

        What it returns (not None) replaces ``grad_input``. Only positional tensor arguments count as inputs.

        Raises:
            RuntimeError: the module has hooks of :meth:`register_backward_hook`.
        """
        self._set_kind_of_backward_hooks(True)
        return add_hook(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` after the last step of the module's computation only.

        Deprecated: the gradients are those by the inputs of the node that made the output, however many steps the
        module consists of. :meth:`register_full_backward_hook` sees the whole module.

        Raises:
            RuntimeError: the module has hooks of :meth:`register_full_backward_hook`.
        """
        self._set_kind_of_backward_hooks(False)
        return add_hook(self._backward_hooks, hook)

    def _set_kind_of_backward_hooks(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        self.__dict__["_is_full_backward_hook"] = full

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
        pending = self._pending_forward_hooks()
        output: Any = None
        try:
            args, kwargs = self._run_pre_hooks(args, kwargs)
            boundary = self._backward_boundary()
            if boundary is not None:
                args = boundary.mark_inputs(args)
            output = self.forward(*args, **kwargs)  # type: ignore[attr-defined]
            for key in list(pending):
                hook, with_kwargs, _ = pending.pop(key)
                output = _replaced(output, _run_forward_hook(self, hook, with_kwargs, args, kwargs, output))
            if boundary is not None:
                output = boundary.mark_outputs(output)
            self._register_on_last_node(args, output)
            return output
        except Exception:
            _run_remaining(self, pending, args, kwargs, output)
            raise

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for key, hook in (*global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if key not in self._forward_pre_hooks_with_kwargs:
                replacement = hook(self, args)
                if replacement is not None:
                    args = replacement if isinstance(replacement, tuple) else (replacement,)
                continue
            replacement = hook(self, args, kwargs)
            if replacement is None:
                continue
            if not isinstance(replacement, tuple) or len(replacement) != 2:
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replacement}."
                )
            args, kwargs = replacement
        return args, kwargs

    def _pending_forward_hooks(self) -> dict[int, tuple[Hook, bool, bool]]:
        """The hooks to call after forward: each with whether it takes keywords, and is called in any case."""
        pending = {
            key: (hook, key in global_forward_hooks_with_kwargs, key in global_forward_hooks_always_called)
            for key, hook in global_forward_hooks.items()
        }
        for key, hook in self._forward_hooks.items():
            pending[key] = (hook, key in self._forward_hooks_with_kwargs, key in self._forward_hooks_always_called)
        return pending

    def _backward_hooks_of_kind(self, full: bool) -> Iterator[Hook]:
        if global_kinds.get("full") is full:
            yield from global_backward_hooks.values()
        if self._is_full_backward_hook is full:
            yield from self._backward_hooks.values()

    def _register_on_last_node(self, inputs: Any, output: Any) -> None:
        """Give the hooks that are not full ones to the node that made the first tensor of the output."""
        hooks = tuple(self._backward_hooks_of_kind(False))
        if not hooks:
            return
        node = _first_tensor(output).grad_fn
        if node is None:
            return
        from ferrotorch.nn.modules._partial_hooks import warn_of_missing_gradients

        for hook in hooks:
            node.register_hook(BoundHook(hook, self))
        warn_of_missing_gradients(inputs, output, node)

    def _backward_boundary(self) -> Any:
        pre = (*global_backward_pre_hooks.values(), *self._backward_pre_hooks.values())
        post = tuple(self._backward_hooks_of_kind(True))
        if not pre and not post:
            return None
        from ferrotorch.nn.modules.backward_hooks import BackwardBoundary

        return BackwardBoundary(self, pre, post)


def _run_forward_hook(
    module: Hooks, hook: Hook, with_kwargs: bool, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> Any:
    return hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)


def _first_tensor(output: Any) -> Tensor:
    while not isinstance(output, Tensor):
        output = next(v for v in output.values() if isinstance(v, Tensor)) if isinstance(output, dict) else output[0]
    return output


def _replaced(value: Any, replacement: Any) -> Any:
    return value if replacement is None else replacement


def _run_remaining(
    module: Hooks,
    pending: dict[int, tuple[Hook, bool, bool]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    output: Any,
) -> None:
    """After an error: the hooks that are called in any case. Their own errors become warnings."""
    for hook, with_kwargs, always_call in pending.values():
        if not always_call:
            continue
        try:
            output = _replaced(output, _run_forward_hook(module, hook, with_kwargs, args, kwargs, output))
        except Exception as error:
            warnings.warn(
                f"module forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                f"was raised in forward: {error}",
                stacklevel=2,
            )
