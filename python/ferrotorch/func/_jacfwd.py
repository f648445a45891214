"""Jacobians by forward mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ferrotorch import _C
from ferrotorch.func._argnums import Argnums, slice_argnums
from ferrotorch.func._columns import over_basis
from ferrotorch.func._jacrev import jacrev
from ferrotorch.func._jvp import jvp_with_argnums, require_tensors
from ferrotorch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

Tensor = _C.Tensor


def _refuse_complex(what: str, values: Any) -> None:
    for i, value in enumerate(tree_leaves(values)):
        if isinstance(value, Tensor) and value.is_complex():
            raise RuntimeError(
                f"jacfwd: Expected all {what} to be real but received complex tensor at flattened input idx: {i}"
            )


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The Jacobian of a function, column by column, in forward mode.

    The function runs once, inside `vmap`, for all elements of the arguments; where samples cannot run together it runs
    once for each.

    Args:
        func: takes tensors, or nested containers of them, and returns such.
        argnums: by which arguments.
        has_aux: ``func`` returns a pair whose second part is not differentiated but returned as it is.
        randomness: what random ops in ``func`` do. ``"error"``: they are refused, ``"same"``: they give the same
            numbers for all columns, ``"different"``: they do not.

    Returns:
        A function of the same arguments, which returns for each result, and each argument if ``argnums`` is a tuple, a
        tensor with the dimensions of the result and then those of the argument; with ``has_aux`` a pair of that and the
        second part.

    Raises:
        RuntimeError: by the function that is returned: for complex numbers, positions that there are not, results that
            are no tensors.
    """

    @wraps(func)
    def jacobian(*args: Any) -> Any:
        _refuse_complex("inputs", args)
        chosen = args if argnums is None else slice_argnums(args, argnums)
        flat, spec = tree_flatten(chosen)
        require_tensors(flat, "primals")

        def product(*basis: Tensor) -> Any:
            values, products, *aux = jvp_with_argnums(func, args, tree_unflatten(basis, spec), argnums, has_aux=has_aux)
            _refuse_complex("outputs", values)
            return (products, aux[0]) if has_aux else (products, None)

        columns, aux = over_basis(product, flat, randomness)
        leaves, results_spec = tree_flatten(columns)
        blocks = [tree_unflatten(split_columns(leaf, flat), spec) for leaf in leaves]
        jacobians = tree_unflatten([parts[0] if isinstance(argnums, int) else parts for parts in blocks], results_spec)
        return (jacobians, aux) if has_aux else jacobians

    return jacobian


def split_columns(columns: Tensor, primals: list[Tensor]) -> list[Tensor]:
    """A result's derivatives by every element, in the first dimension, as a Jacobian for each argument."""
    parts = columns.movedim(0, -1).split([x.numel() for x in primals], dim=-1)
    return [part.reshape((*part.shape[:-1], *x.shape)) for part, x in zip(parts, primals, strict=True)]


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The Hessian of a function: the Jacobian in forward mode of that in reverse mode.

    Args:
        func: takes tensors or nested containers of them and returns such, all of them real.
        argnums: by which positional arguments: a number or a tuple of numbers.

    Returns:
        A function of the same arguments that returns for a tensor result and argument a tensor of shape
        ``(*result.shape, *argument.shape, *argument.shape)``, in the structures that `jacrev` has.
    """
    return jacfwd(jacrev(func, argnums), argnums)
