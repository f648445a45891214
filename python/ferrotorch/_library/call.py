"""Calls of ops that programs define: overrides, modes, derivatives, samples of `vmap`, kernels."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C, overrides
from ferrotorch._library.registry import Entry
from ferrotorch._library.schema import bind
from ferrotorch.autograd.function import Function
from ferrotorch.utils import _pytree as pytree

__all__ = ["call", "run_kernel"]


def call(overload: Any, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of an op."""
    tensors = [leaf for leaf in pytree.arg_tree_leaves(*args, **kwargs) if not isinstance(leaf, int | float | str)]
    if overrides.has_torch_function(tensors) or _C._is_torch_function_mode_enabled():
        return overrides.handle_torch_function(overload, tensors, *args, **kwargs)
    bound = bind(entry.schema, args, kwargs)
    # As they were bound: numbers of other kinds are Python's by now.
    args = tuple(bound[argument.name] for argument, _ in zip(entry.schema.positions(), args, strict=False))
    kwargs = {name: bound[name] for name in kwargs}
    if _C._len_torch_dispatch_stack():
        return _ask_mode(overload, entry, args, kwargs)
    tensors = [leaf for leaf in tensors if isinstance(leaf, torch.Tensor)]
    if entry.autocast:
        args, kwargs = _cast(entry, tensors, args, kwargs)
    casting = _casting_kernel(entry, tensors)
    if casting is not None:
        return casting(*args, **kwargs)
    batched = bool(_C._vmap_frames()) and any(map(_C._levels, tensors))
    needs_node = entry.below_autograd or entry.backward is not None
    records = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    if not entry.schema.is_mutable and (batched or (needs_node and records)):
        return _through_autograd(entry, bound)
    if "autograd" in entry.kernels:
        return entry.kernels["autograd"](*args, **kwargs)
    return run_kernel(entry, args, kwargs)


def _ask_mode(overload: Any, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the innermost dispatch mode makes of a call; it is off meanwhile."""
    from ferrotorch.utils import _python_dispatch

    mode = _python_dispatch._pop_mode()
    try:
        rule = entry.torch_dispatch.get(type(mode))
        if rule is not None:
            return rule(mode, overload, (), args, kwargs)
        return mode.__torch_dispatch__(overload, (), args, kwargs)
    finally:
        _python_dispatch._push_mode(mode)


def _casting_kernel(entry: Entry, tensors: list[torch.Tensor]) -> Any:
    """What was registered for calls where autocast is on; it switches autocast off before it calls the op again."""
    kind = tensors[0].device.type if tensors else "cpu"
    found = entry.kernels.get(f"autocast {kind}") or entry.kernels.get("autocast")
    return found if found is not None and torch.is_autocast_enabled(kind) else None


def _cast(
    entry: Entry, tensors: list[torch.Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments in the dtype of autocast, where that is on."""
    kind = tensors[0].device.type if tensors else "cpu"
    if kind not in entry.autocast or not torch.is_autocast_enabled(kind):
        return args, kwargs
    dtype = entry.autocast[kind]

    def cast(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(dtype) if tensor.is_floating_point() else tensor

    return pytree.tree_map_only(torch.Tensor, cast, (args, kwargs))


# ---- kernels


def run_kernel(entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of the kernel for the device of the arguments.

    Raises:
        NotImplementedError: nothing was registered for it.
    """
    tensors = [leaf for leaf in pytree.arg_tree_leaves(*args, **kwargs) if isinstance(leaf, torch.Tensor)]
    kind = next((t.device.type for t in tensors if t.device.type != "cpu"), "cpu")
    kernel = entry.kernels.get(kind)
    if kernel is None and kind == "meta" and entry.fake is not None:
        return entry.fake(*args, **kwargs)
    if kernel is None and (kind != "meta" or not entry.below_autograd):
        kernel = entry.kernels.get("any")
    if kernel is None:
        raise _missing_kernel(entry, kind)
    if not entry.below_autograd:
        return kernel(*args, **kwargs)
    with torch.no_grad():
        result = kernel(*args, **kwargs)
    _note_writes(entry, args, kwargs)
    _refuse_aliases(entry, kernel, tensors, result)
    return result


def _missing_kernel(entry: Entry, kind: str) -> Exception:
    """The error of a call that nothing was registered for."""
    name = entry.qualname
    if kind == "meta" and entry.below_autograd:
        short = entry.schema.name.partition("::")[2]
        return RuntimeError(
            f"There was no fake impl registered for {entry.shown_as}. This is necessary for torch.compile/export/fx "
            f"tracing to work. Please use `{short}.register_fake` to add an fake impl."
        )
    if kind == "meta":
        return NotImplementedError(
            f"{name}: attempted to run this operator with Meta tensors, but there was no fake impl or Meta kernel "
            "registered. Add one by `torch.library.register_fake`."
        )
    has = sorted(entry.kernels) or "none"
    return NotImplementedError(
        f"Could not run '{name}' with arguments from the '{kind.upper()}' backend: no kernel was registered for it "
        f"(registered: {has}). Add one by `torch.library.impl` or `register_kernel`."
    )


def _note_writes(entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Count writes to arguments, so that what autograd has saved of them is known to have changed."""
    if entry.schema.is_mutable:
        bound = bind(entry.schema, args, kwargs)
        written = [bound[a.name] for a in entry.schema.arguments if a.is_write and a.name in bound]
        for leaf in pytree.tree_leaves(written):
            if isinstance(leaf, torch.Tensor):
                _C._increment_version(leaf)


def _refuse_aliases(entry: Entry, kernel: Any, inputs: list[torch.Tensor], result: Any) -> None:
    """RuntimeError where a result shares memory with an input or another result."""
    seen = {_address(tensor) for tensor in inputs} - {0}
    for output in pytree.tree_leaves(result):
        if not isinstance(output, torch.Tensor):
            continue
        if any(output is tensor for tensor in inputs) or _address(output) in seen:
            short = entry.schema.name.partition("::")[2]
            raise RuntimeError(
                f"{short} (with implementation in {kernel.__module__}): The output of this custom operator (1) must "
                "not also be an input to this custom operator and (2) may not alias any inputs to this custom operator "
                "or other returns. The most common way to trigger this error is if we have y = custom_op(x) and y and "
                "x are the same Tensor. Please instead return a clone of the offending output tensor(s) (e.g. return "
                "x.clone()) or refactor the custom operator to not return y."
            )
        seen |= {_address(output)} - {0}


def _address(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_meta or tensor.numel() == 0 else tensor.untyped_storage().data_ptr()


# ---- derivatives and samples


class _Call:
    """One call, whose arguments and results are leaves for an autograd function."""

    def __init__(self, entry: Entry, bound: dict[str, Any]) -> None:
        named = {argument.name for argument in entry.schema.arguments if argument.kwarg_only}
        self._entry = entry
        args = tuple(value for name, value in bound.items() if name not in named)
        kwargs = {name: value for name, value in bound.items() if name in named}
        self.leaves, self.in_spec = pytree.tree_flatten((args, kwargs))
        self.out_spec = pytree.treespec_leaf()

    def arguments(self, leaves: Iterable[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and named arguments."""
        args, kwargs = pytree.tree_unflatten(leaves, self.in_spec)
        return args, kwargs

    def complete(self, leaves: Iterable[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As :meth:`arguments`, with defaults for what was not given."""
        args, kwargs = self.arguments(leaves)
        arguments = self._entry.schema.arguments
        rest = self._entry.schema.positions()[len(args) :]
        named = {a.name: a.default_value for a in arguments if a.kwarg_only and a.has_default_value()}
        return (*args, *(argument.default_value for argument in rest)), {**named, **kwargs}

    def flat(self, result: Any) -> Any:
        """A result as an autograd function returns it."""
        leaves, self.out_spec = pytree.tree_flatten(result)
        return leaves[0] if self.out_spec.is_leaf() else tuple(leaves)

    def result(self, flat: Any) -> Any:
        """The way back."""
        return flat if self.out_spec.is_leaf() else pytree.tree_unflatten(flat, self.out_spec)


def _through_autograd(entry: Entry, bound: dict[str, Any]) -> Any:
    made = _Call(entry, bound)
    entry.function = entry.function or _make_function(entry)
    return made.result(entry.function.apply(made, *made.leaves))


def _make_function(entry: Entry) -> Any:
    """The autograd function of an op: what was registered for it, on leaves."""

    def forward(made: _Call, *leaves: Any) -> Any:
        args, kwargs = made.arguments(leaves)
        return made.flat(run_kernel(entry, args, kwargs))

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        made, *leaves = inputs
        ctx._call = made
        ctx.needs_input_grad = tuple(pytree.tree_unflatten(ctx.needs_input_grad[1:], made.in_spec)[0])
        if entry.setup_context is None:
            return
        args, kwargs = made.complete(leaves)
        named = {"keyword_only_inputs": kwargs} if any(a.kwarg_only for a in entry.schema.arguments) else {}
        entry.setup_context(ctx=ctx, inputs=args, output=made.result(output), **named)

    def backward(ctx: Any, *grads: Any) -> Any:
        if entry.backward is None:
            overload = f"{entry.qualname.replace('::', '.')}{'' if entry.schema.overload_name else '.default'}"
            raise RuntimeError(
                f"Trying to backward through {overload} but no autograd formula was registered. Please use "
                "register_autograd to add one."
            )
        return (None, *_flat_gradients(entry, ctx, grads))

    def vmap(info: Any, in_dims: tuple[Any, ...], made: _Call, *leaves: Any) -> Any:
        args, kwargs = made.arguments(leaves)
        dims = pytree.tree_unflatten(in_dims[1:], made.in_spec)[0]
        rule = functools.partial(_sample_by_sample, entry) if entry.vmap is None else entry.vmap
        result, out_dims = rule(info, tuple(dims), *args, **kwargs)
        flat = made.flat(result)
        if made.out_spec.is_leaf():
            return flat, out_dims
        return flat, tuple(pytree._broadcast_to_and_flatten(out_dims, made.out_spec, lambda d: d is None) or ())

    name = entry.qualname.replace("::", "_").replace(".", "_")
    members = {
        "forward": staticmethod(forward), "setup_context": staticmethod(setup_context),
        "backward": staticmethod(backward), "vmap": staticmethod(vmap),
    }  # fmt: skip
    suffix = "" if entry.schema.overload_name else "_default"
    return type(f"GeneratedBackwardFor_{name}{suffix}", (Function,), members)


def _flat_gradients(entry: Entry, ctx: Any, grads: tuple[Any, ...]) -> list[Any]:
    """What the registered formula returns, one gradient for each leaf of the arguments."""
    made: _Call = ctx._call
    outputs = made.result(grads[0] if made.out_spec.is_leaf() else grads)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert entry.backward is not None
    answer = entry.backward(ctx, *outputs)
    answer = answer if isinstance(answer, tuple) else (answer,)
    args_spec, kwargs_spec = made.in_spec.children()
    expected = len(entry.schema.positions())
    if len(answer) != expected:
        raise RuntimeError(
            f"{entry.shown_as or entry.qualname}'s backward returned {len(answer)} gradients; expected one for each of "
            f"its {expected} positional arguments, None for what has none"
        )
    flat: list[Any] = []
    for gradient, spec in zip(answer, args_spec.children(), strict=False):
        flat += [gradient] if spec.is_leaf() else _of_list(entry, gradient, spec.num_leaves)
    return flat + [None] * kwargs_spec.num_leaves


def _of_list(entry: Entry, gradient: Any, count: int) -> list[Any]:
    if gradient is None:
        return [None] * count
    if not isinstance(gradient, list | tuple) or len(gradient) != count:
        raise RuntimeError(
            f"for {entry.shown_as or entry.qualname}: the gradient of a list of {count} tensors must be a list as long"
        )
    return list(gradient)


def _sample_by_sample(entry: Entry, info: Any, in_dims: tuple[Any, ...], *args: Any, **kwargs: Any) -> Any:
    """The op for one sample after the other."""
    results = []
    for i in range(info.batch_size):
        sample = pytree.tree_map(lambda leaf, dim, i=i: leaf if dim is None else leaf.select(dim, i), args, in_dims)
        results.append(_call_again(entry, sample, kwargs))
    stacked = pytree.tree_map(lambda *leaves: torch.stack(leaves), *results)
    return stacked, pytree.tree_map(lambda _: 0, stacked)


def _call_again(entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if entry.below_autograd or entry.backward is not None:
        return _through_autograd(entry, bind(entry.schema, args, kwargs))
    return run_kernel(entry, args, kwargs)
