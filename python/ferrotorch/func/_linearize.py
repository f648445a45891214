"""Derivatives at a point as functions of the direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd._transforms import leaf
from ferrotorch.autograd.grad_mode import enable_grad
from ferrotorch.func._jvp import require_tensors
from ferrotorch.utils._pytree import tree_flatten, tree_unflatten

Tensor = _C.Tensor


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function, and its derivative there as a function of the direction.

    Other than with `jvp`, the function runs once for any number of directions. It is recorded, and the transpose of its
    derivative as well; the derivative in a direction is a walk over that.

    Args:
        func: takes tensors, or nested containers of them, and returns such.
        primals: its arguments.

    Returns:
        The results, and a function that takes tangents in the structure of ``primals`` and returns the derivatives of
        the results in their direction.

    Raises:
        RuntimeError: by the function that is returned: for tangents of another structure, shape, dtype or device than
            the arguments.
    """
    flat, spec = tree_flatten(primals)
    require_tensors(flat, "primals")
    with enable_grad():
        points = [leaf(x.view_as(x)) for x in flat]
        results, results_spec = tree_flatten(func(*tree_unflatten(points, spec)))
    values = [result.detach() if isinstance(result, Tensor) else result for result in results]
    derivative = _Derivative(points, results)

    def product(*tangents: Any) -> Any:
        flat_tangents, own = tree_flatten(tangents)
        if own != spec:
            raise RuntimeError(f"Expected the tangents {own} to have the same argspec as the primals {spec}")
        for i, (tangent, x) in enumerate(zip(flat_tangents, flat, strict=True)):
            _check_tangent(i, tangent, x)
        return tree_unflatten(derivative.along(flat_tangents), results_spec)

    return tree_unflatten(values, results_spec), product


def _check_tangent(i: int, tangent: Tensor, primal: Tensor) -> None:
    for what in ("shape", "device", "dtype"):
        own, expected = getattr(tangent, what), getattr(primal, what)
        if own != expected:
            raise RuntimeError(
                f"tangent:{i} with {what} {own} in flattened pytree doesn't match the {what} {expected} of the "
                "corresponding primal."
            )


class _Derivative:
    """The derivative of results by points, of which it has the transpose as a recorded function."""

    def __init__(self, points: list[Tensor], results: list[Any]) -> None:
        self.results = results
        self.places = [i for i, r in enumerate(results) if isinstance(r, Tensor) and r.requires_grad]
        with enable_grad():
            outputs = [results[i] for i in self.places]
            # Ones and not zeros: some rules divide by what they are given.
            self.weights = [_C.ones_like(output, requires_grad=True) for output in outputs]
            self.pulled = _gradients(outputs, points, self.weights, create_graph=True)

    def along(self, tangents: list[Tensor]) -> list[Any]:
        """The derivative in a direction: zeros for results that do not depend on the points."""
        pairs = [(g, t) for g, t in zip(self.pulled, tangents, strict=True) if g is not None and g.requires_grad]
        records = _C.is_grad_enabled() and any(t.requires_grad for t in tangents)
        found = _gradients([g for g, _ in pairs], self.weights, [t for _, t in pairs], create_graph=records)
        products = dict(zip(self.places, found, strict=True))
        return [_zeros_unless(products.get(i), result) for i, result in enumerate(self.results)]


def _gradients(
    outputs: list[Tensor], inputs: list[Tensor], weights: list[Tensor], *, create_graph: bool
) -> list[Tensor | None]:
    if not outputs or not inputs:
        return [None] * len(inputs)
    return _C._grad(outputs, weights, inputs, True, create_graph)


def _zeros_unless(product: Tensor | None, result: Any) -> Any:
    if product is not None or not isinstance(result, Tensor):
        return product
    return _C.zeros_like(result)
