"""Jacobians and Hessians of functions, all rows at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._functorch.vmap import vmap
from ferrotorch.func._argnums import Argnums, slice_argnums
from ferrotorch.func._columns import standard_basis
from ferrotorch.func._reverse import vjp_by
from ferrotorch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_unflatten

Tensor = _C.Tensor


def jacrev(
    func: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:  # fmt: skip
    """The Jacobian of a function, in reverse mode.

    The function runs once. One walk over its graph computes all rows of the Jacobian at once.

    Args:
        func: takes tensors or nested containers of them and returns such, all of them real.
        argnums: by which positional arguments: a number or a tuple of numbers.
        has_aux: ``func`` returns a pair whose second part is not differentiated but returned as it is.
        chunk_size: compute so many rows at a time, to save memory.

    Returns:
        A function of the same arguments that returns for every result and every argument a tensor of shape
        ``(*result.shape, *argument.shape)``, in the structure of the results, and in that the structure of the
        arguments.

    Raises:
        ValueError: a chunk size below 1.
        RuntimeError: complex tensors, or what `vjp` refuses.
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        _require_real(args, "inputs")
        value, products, *aux = vjp_by(func, args, argnums, has_aux=has_aux)
        outputs, spec = tree_flatten(value)
        _require_real(outputs, "outputs")
        primals, primals_spec = tree_flatten(slice_argnums(args, argnums))
        rows = _rows(products, spec, outputs, chunk_size)
        by_input = [row.split([output.numel() for output in outputs]) for row in rows]
        blocks = [
            [part.reshape(output.shape + primal.shape) for part, primal in zip(parts, primals, strict=True)]
            for parts, output in zip(zip(*by_input, strict=True), outputs, strict=True)
        ]
        trees = [tree_unflatten(block, primals_spec) for block in blocks]
        result = tree_unflatten([tree[0] for tree in trees] if isinstance(argnums, int) else trees, spec)
        return (result, aux[0]) if has_aux else result

    return wrapper


def _require_real(values: Any, what: str) -> None:
    for i, leaf in enumerate(tree_leaves(values)):
        if isinstance(leaf, Tensor) and leaf.is_complex():
            raise RuntimeError(
                f"jacrev: Expected all {what} to be real but received complex tensor at flattened input idx: {i}"
            )


def _rows(products: Callable[..., Any], spec: TreeSpec, outputs: list[Tensor], chunk_size: int | None) -> list[Tensor]:
    """All rows of the Jacobian by each argument, along the first dimension."""

    def row(*cotangents: Tensor) -> list[Tensor]:
        return tree_leaves(products(tree_unflatten(list(cotangents), spec)))

    total = sum(output.numel() for output in outputs)
    if total == 0:
        zeros = row(*map(torch.zeros_like, outputs))
        return [zero.new_zeros((0, *zero.shape)) for zero in zeros]
    parts = [vmap(row)(*basis) for basis in standard_basis(outputs, chunk_size or total)]
    return [part[0] if len(part) == 1 else torch.cat(part) for part in map(list, zip(*parts, strict=True))]
