"""Derivatives of functions in reverse mode."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd._transforms import depends_on_outside, entered, left, transform, walk
from ferrotorch.func._argnums import Argnums, replace_argnums, slice_argnums
from ferrotorch.func._aux import map_aux, with_aux
from ferrotorch.utils._pytree import tree_flatten, tree_unflatten

Tensor = _C.Tensor


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function that returns a tensor of no dimension.

    Calls may be nested, for higher derivatives, and be a function of one sample for `vmap`, for gradients of every
    sample. Recording is on inside the function; `no_grad` inside it is respected, `no_grad` around the call is not.

    Args:
        func: returns one real tensor of no dimension; with ``has_aux`` a pair of that and other tensors.
        argnums: by which positional arguments, tensors or nested containers of them: a number or a tuple of numbers.
        has_aux: ``func`` returns other tensors besides, or containers of them, which are not differentiated.

    Returns:
        A function of the same arguments that returns the gradients in the structure of the argument (a tuple of these
        for a tuple of numbers); with ``has_aux`` a pair of these and what else the function returned.

    Raises:
        RuntimeError: another result of ``func``, or arguments that there are not.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradients, value = _grad_and_value(func, argnums, has_aux, args, kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return wrapper


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `grad`, with what the function returned.

    Returns:
        A function that returns ``(gradients, value)``; with ``has_aux`` ``(gradients, (value, aux))``.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return _grad_and_value(func, argnums, has_aux, args, kwargs)

    return wrapper


def _grad_and_value(
    func: Callable[..., Any], argnums: Argnums, has_aux: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    with transform() as own:
        given, spec = tree_flatten(slice_argnums(args, argnums))
        own.extend(map(entered, given))
        output = func(*replace_argnums(args, tree_unflatten(own, spec), argnums), **kwargs)
        output, aux = with_aux(output, "grad_and_value(f)(*args): output of function f") if has_aux else (output, None)
        _require_scalar(output)
        keep = depends_on_outside([output], given)
        seed = _C.ones_like(output, memory_format=_C.preserve_format)
        gradients = walk([output], own, [seed], retain=keep, create=keep)
        result = tree_unflatten([left(gradient, keep=keep) for gradient in gradients], spec)
        result = result[0] if isinstance(argnums, int) else result
        value = left(output, keep=keep)
        if not has_aux:
            return result, value
        return result, (value, map_aux(lambda leaf: left(leaf, keep=keep), aux))


def _require_scalar(output: Any) -> None:
    if not isinstance(output, Tensor):
        raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(output)}")
    if output.dim() != 0:
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
            f"{output.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )
    if output.is_complex():
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {output.dtype}")


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function, and a function that multiplies vectors by its Jacobian.

    Args:
        func: takes tensors, or nested containers of them, and returns such.
        primals: the arguments.
        has_aux: ``func`` returns a pair whose second part is not differentiated but returned as it is.

    Returns:
        The results; a function that takes cotangents, in the structure of the results, and returns a tuple of the
        products, one an argument; with ``has_aux`` also the second part.

    Raises:
        RuntimeError: results or cotangents of another structure, or results that are not floating point.
    """
    return vjp_by(func, primals, None, has_aux=has_aux)


def vjp_by(func: Callable[..., Any], args: tuple[Any, ...], argnums: Argnums | None, *, has_aux: bool) -> Any:
    """`vjp` by some of the arguments."""
    with transform() as own:
        given, spec = tree_flatten(args if argnums is None else slice_argnums(args, argnums))
        own.extend(map(entered, given))
        inputs = tree_unflatten(own, spec)
        results = func(*(inputs if argnums is None else replace_argnums(args, inputs, argnums)))
        results, aux = with_aux(results, "vjp(f, *primals): output of function f") if has_aux else (results, None)
        outputs, results_spec = tree_flatten(results)
        _require_results(outputs)
        keep = depends_on_outside(outputs, given)
        values = tree_unflatten([left(output, keep=keep) for output in outputs], results_spec)
        aux = map_aux(lambda leaf: left(leaf, keep=keep), aux) if has_aux else None

    def products(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        flat, own_spec = tree_flatten(cotangents)
        if own_spec != results_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to "
                "the function. "
                f"cotangents: {own_spec}, primal output: {results_spec}"
            )
        create = (_C.is_grad_enabled() if create_graph is None else create_graph) and (
            keep or any(cotangent.requires_grad for cotangent in flat)
        )
        found = walk(outputs, own, flat, retain=retain_graph or create, create=create)
        return tree_unflatten([left(gradient, keep=create) for gradient in found], spec)

    return (values, products, aux) if has_aux else (values, products)


def _require_results(outputs: Sequence[Any]) -> None:
    if not outputs or (len(outputs) == 1 and outputs[0] is None):
        raise RuntimeError(
            f"vjp(f, *primals): Expected f to be a function that has non-empty output (got output = {outputs})"
        )
    for output in outputs:
        if not isinstance(output, Tensor):
            raise RuntimeError(
                f"vjp(f, *primals): expected f(*primals) to return only tensors, got unsupported type {type(output)}"
            )
        if not (output.is_floating_point() or output.is_complex()):
            raise RuntimeError(
                "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                f"{output.dtype}"
            )
