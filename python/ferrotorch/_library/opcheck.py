"""Whether an op does what was registered for it: schema, derivative, shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.utils import _pytree as pytree

__all__ = ["OpCheckError", "opcheck"]

DEFAULT_TEST_UTILS = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")


class OpCheckError(Exception):
    """A check of an op has failed."""


def opcheck(
    op: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    test_utils: str | Sequence[str] = DEFAULT_TEST_UTILS,
    raise_exception: bool = True,
    atol: float | None = None,
    rtol: float | None = None,
) -> dict[str, str | Exception]:
    """Call an op with arguments and check that it does what was registered for it.

    Args:
        op: an op, its overload, or what :func:`custom_op` returned.
        args, kwargs: the arguments of a call.
        test_utils: what is checked. ``test_schema``: it writes to the arguments that the schema says, and no result
            shares memory with one. ``test_autograd_registration``: what it returns for inputs that require gradients
            has a history. ``test_faketensor``: on the device ``meta`` it returns the same shapes and dtypes.
            ``test_aot_dispatch_dynamic``: the gradients are those of a call with copies of the inputs.
        raise_exception: raise the first failure.
        atol, rtol: tolerances for values.

    Returns:
        ``"SUCCESS"``, or the error, by check.

    Raises:
        OpCheckError: a check failed.
        ValueError: an unknown check.
    """
    names = (test_utils,) if isinstance(test_utils, str) else tuple(test_utils)
    unknown = set(names) - set(_CHECKS)
    if unknown:
        raise ValueError(f"opcheck(op, ..., test_utils={test_utils}), expected a subset of {set(_CHECKS)}")
    overload = getattr(op, "_opoverload", None) or getattr(op, "default", op)
    tolerances = {} if atol is None and rtol is None else {"atol": atol or 0.0, "rtol": rtol or 0.0}
    results: dict[str, str | Exception] = {}
    for name in names:
        try:
            _CHECKS[name](overload, args, kwargs or {}, tolerances)
            results[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(f"opcheck(op, ...): {name} failed with {error}") from error
            results[name] = error
    return results


def _copies(values: Any) -> Any:
    """Arguments with tensors of their own memory."""

    def copy(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().clone().requires_grad_(tensor.requires_grad)

    return pytree.tree_map_only(torch.Tensor, copy, values)


def _check_schema(op: Any, args: Any, kwargs: Any, tolerances: dict[str, float]) -> None:
    given, named = pytree.tree_map_only(torch.Tensor, lambda t: t.detach().clone(), (args, kwargs))
    before = _copies((given, named))
    with torch.no_grad():
        result = op(*given, **named)
    bound, old = op._bound(given, named), op._bound(*before)
    for argument in op._schema.arguments:
        if argument.name not in bound or argument.is_write:
            continue
        leaves, copies = (pytree.tree_leaves(values[argument.name]) for values in (bound, old))
        for tensor, copy in zip(leaves, copies, strict=True):
            if isinstance(tensor, torch.Tensor) and not torch.equal(tensor.nan_to_num(), copy.nan_to_num()):
                raise RuntimeError(f"Argument {argument.name} is not defined as mutable but was mutated")
    addresses = {leaf.untyped_storage().data_ptr() for leaf in pytree.tree_leaves((given, named)) if _has_memory(leaf)}
    for leaf in pytree.tree_leaves(result):
        if _has_memory(leaf) and leaf.untyped_storage().data_ptr() in addresses and not op._schema.is_mutable:
            raise RuntimeError("a result of the op shares memory with an argument, which its schema does not say")


def _has_memory(leaf: Any) -> bool:
    return isinstance(leaf, torch.Tensor) and leaf.numel() > 0 and not leaf.is_meta


def _check_autograd(op: Any, args: Any, kwargs: Any, tolerances: dict[str, float]) -> None:
    given, named = _copies((args, kwargs))
    if op._schema.is_mutable or not any(
        leaf.requires_grad for leaf in pytree.tree_leaves((given, named)) if _has_memory(leaf)
    ):
        return
    results = [leaf for leaf in pytree.tree_leaves(op(*given, **named)) if _has_memory(leaf)]
    if any(leaf.is_floating_point() for leaf in results) and not any(leaf.requires_grad for leaf in results):
        raise AssertionError(
            "Expected outputs of the operator to have requires_grad=True where an input has: register a derivative "
            "by torch.library.register_autograd"
        )


def _check_shapes(op: Any, args: Any, kwargs: Any, tolerances: dict[str, float]) -> None:
    given, named = _copies((args, kwargs))
    with torch.no_grad():
        right = op(*given, **named)
        fake_args, fake_kwargs = pytree.tree_map_only(torch.Tensor, lambda t: t.detach().to("meta"), (args, kwargs))
        found = op(*fake_args, **fake_kwargs)
    left, right_leaves = pytree.tree_leaves(found), pytree.tree_leaves(right)
    for fake, real in zip(left, right_leaves, strict=True):
        if isinstance(real, torch.Tensor) and (fake.shape, fake.dtype) != (real.shape, real.dtype):
            raise AssertionError(
                f"the fake impl returns {tuple(fake.shape)} of {fake.dtype}, the op {tuple(real.shape)} of {real.dtype}"
            )


def _check_gradients(op: Any, args: Any, kwargs: Any, tolerances: dict[str, float]) -> None:
    found = [_gradients(op, *_copies((args, kwargs))) for _ in range(2)]
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second, equal_nan=True, **tolerances)


def _gradients(op: Any, args: Any, kwargs: Any) -> list[torch.Tensor]:
    """Results, and gradients of their sum."""
    leaves = [leaf for leaf in pytree.tree_leaves((args, kwargs)) if _has_memory(leaf) and leaf.requires_grad]
    results = [leaf for leaf in pytree.tree_leaves(op(*args, **kwargs)) if _has_memory(leaf)]
    outputs = [leaf for leaf in results if leaf.requires_grad]
    if not leaves or not outputs:
        return results
    total = torch.stack([leaf.sum() for leaf in outputs]).sum()
    grads = torch.autograd.grad(total, leaves, allow_unused=True)
    return results + [grad for grad in grads if grad is not None]


_CHECKS: dict[str, Callable[..., None]] = {
    "test_schema": _check_schema,
    "test_autograd_registration": _check_autograd,
    "test_faketensor": _check_shapes,
    "test_aot_dispatch_dynamic": _check_gradients,
}
