"""Python functions as ops: ``torch.library.custom_op``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ferrotorch as torch
from ferrotorch._library import registry
from ferrotorch._library.infer import infer_schema
from ferrotorch._library.schema import parse_schema

__all__ = ["CustomOpDef", "custom_op"]

Function = Callable[..., Any]
DeviceTypes = str | Iterable[str] | None


def custom_op(
    name: str,
    fn: Function | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: DeviceTypes = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make a function an op, also called as ``torch.ops.<namespace>.<name>``. A decorator without ``fn``.

    What the function does has no derivative of its own; :meth:`CustomOpDef.register_autograd` gives the op one.

    Args:
        name: ``"namespace::name"``.
        fn: the function: it computes results of their own memory, and writes to ``mutates_args`` only.
        mutates_args: names of arguments that it writes to, or ``"unknown"``.
        device_types: kinds of devices that it serves for; None: all.
        schema: the schema as text, if it is not to be inferred from annotations.
        tags: accepted for compatibility.
    """

    def decorate(function: Function) -> CustomOpDef:
        text = schema or infer_schema(function, mutates_args=mutates_args)
        namespace, separator, short = name.partition("::")
        if not separator:
            raise ValueError(f"custom_op(name, ...): expected name to be of the form `namespace::name`, got {name!r}")
        op = CustomOpDef(namespace, short, text, function)
        op.register_kernel(device_types)(function)
        return op

    return decorate if fn is None else decorate(fn)


class CustomOpDef:
    """An op that :func:`custom_op` has made of a function; called like the function."""

    def __init__(self, namespace: str, name: str, schema: str, fn: Function) -> None:
        self._namespace, self._name, self._init_fn = namespace, name, fn
        parsed = parse_schema(f"{namespace}::{name}{schema}")
        self._entry = registry.Entry(parsed, below_autograd=True, shown_as=f"<CustomOpDef({namespace}::{name})>")
        previous = registry.entries.get(namespace, {}).get(name, {}).get("default")
        if previous is not None:
            # The newest definition of a function that is defined again, as in a notebook, is the one.
            registry.remove(previous)
        registry.register(self._entry)
        self._disabled: set[str] = set()
        self.__name__, self.__module__, self.__doc__ = name, fn.__module__, fn.__doc__

    @property
    def _qualname(self) -> str:
        return f"{self._namespace}::{self._name}"

    @property
    def _opoverload(self) -> Any:
        return getattr(getattr(torch.ops, self._namespace), self._name).default

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._opoverload(*args, **kwargs)

    def register_kernel(self, device_types: DeviceTypes, fn: Function | None = None, /) -> Any:
        """Compute the op by another function on some kinds of devices; None: all that have none of their own.

        Raises:
            ValueError: a kind of device that PyTorch does not know either.
        """
        kinds = [device_types] if device_types is None or isinstance(device_types, str) else list(device_types)

        def register(function: Function) -> Function:
            for kind in kinds:
                key = "any" if kind is None else torch.device(kind).type
                self._entry.kernels[key] = self._switchable(key, function)
            return function

        return register if fn is None else register(fn)

    def _switchable(self, key: str, function: Function) -> Function:
        def kernel(*args: Any, **kwargs: Any) -> Any:
            chosen = self._init_fn if key in self._disabled else function
            return chosen(*args, **kwargs)

        kernel.__module__ = function.__module__
        return kernel

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """A context in which the kernel of a kind of device is used, or the op's first function instead."""
        before = set(self._disabled)
        (self._disabled.discard if enabled else self._disabled.add)(device_type)
        try:
            yield
        finally:
            self._disabled = before

    def register_fake(self, fn: Function, /) -> Function:
        """Say what shapes and dtypes the results have: a function that makes tensors without computing them.

        It serves for tensors on the device ``meta``.
        """
        self._entry.fake = fn
        return fn

    def register_autograd(self, backward: Function, /, *, setup_context: Function | None = None) -> None:
        """Give the op a derivative.

        Args:
            backward: ``backward(ctx, *grads)`` returns the gradients of the positional arguments, None for what has
                none and a list for a list of tensors.
            setup_context: ``setup_context(ctx, inputs, output)`` keeps what it needs; with ``keyword_only_inputs`` as
                well where the op has such.

        Raises:
            RuntimeError: the op writes to its arguments.
        """
        if self._entry.schema.is_mutable:
            raise RuntimeError(
                f"Cannot register autograd formula for non-functional operator {self} with schema "
                f"{self._entry.schema}. Please create a functional operator and register an autograd formula for that."
            )
        self._entry.backward, self._entry.setup_context = backward, setup_context

    def register_vmap(self, func: Function | None = None) -> Any:
        """Say how the op is computed for all samples of ``vmap`` at once; one after the other otherwise.

        ``func(info, in_dims, *args)`` returns the results and the dimensions along which they hold the samples.
        """

        def register(function: Function) -> Function:
            self._entry.vmap = function
            return function

        return register if func is None else register(func)

    def register_torch_dispatch(self, torch_dispatch_class: type, fn: Function | None = None, /) -> Any:
        """Say what a dispatch mode of a class does with the op: ``fn(mode, func, types, args, kwargs)``."""

        def register(function: Function) -> Function:
            self._entry.torch_dispatch[torch_dispatch_class] = function
            return function

        return register if fn is None else register(fn)

    def register_autocast(self, device_type: str, cast_inputs: torch.dtype) -> None:
        """Cast floating-point inputs to a dtype where autocast is on for a kind of device."""
        if not isinstance(cast_inputs, torch.dtype):
            raise ValueError(f"cast_inputs: expected a dtype, got {type(cast_inputs)}")
        self._entry.autocast[device_type] = cast_inputs
