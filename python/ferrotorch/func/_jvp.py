"""Values of functions and their derivatives in a direction, by forward mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd._transforms import dual, parts_of_dual
from ferrotorch.func._argnums import Argnums, replace_argnums, slice_argnums
from ferrotorch.func._aux import map_aux, with_aux
from ferrotorch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

Tensor = _C.Tensor

_JVP = "jvp(f, primals, tangents)"


@contextmanager
def dual_level_within() -> Iterator[int]:
    """A level of forward mode of its own, on whatever forward mode is."""
    before = _C._set_fwd_grad_enabled(True)
    level = _C._enter_dual_level()
    try:
        yield level
    finally:
        _C._exit_dual_level(level)
        _C._set_fwd_grad_enabled(before)


@contextmanager
def _transform() -> Iterator[int]:
    """A transform by forward mode, at a level of its own."""
    _C._enter_transform()
    try:
        with dual_level_within() as level:
            yield level
    finally:
        _C._leave_transform()


def _given(primal: Tensor, tangent: Tensor, level: int) -> Tensor:
    given = dual(primal, tangent, level)
    _C._give(given)
    return given


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of a function, and the product of its Jacobian and a vector.

    Both are computed in one run of the function, in forward mode. Calls may be nested, for derivatives of derivatives.

    Args:
        func: takes tensors, or nested containers of them, and returns such.
        primals: a tuple of arguments: where the Jacobian is taken.
        tangents: the vector, in the structure of ``primals``.
        strict: raise where a result does not depend on the arguments, instead of returning zeros.
        has_aux: ``func`` returns a pair whose second part is not differentiated but returned as it is.

    Returns:
        The results and their derivatives in the direction of the tangents; with ``has_aux`` also the second part.

    Raises:
        RuntimeError: primals and tangents of different structures, without tensors or with something else; results that
            are no tensors; or, if ``strict``, results that do not depend on the arguments.
    """
    return jvp_with_argnums(func, primals, tangents, None, strict=strict, has_aux=has_aux)


def jvp_with_argnums(
    func: Callable[..., Any], primals: Any, tangents: Any, argnums: Argnums | None, *, strict: bool = False,
    has_aux: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """`jvp` by some of the arguments."""
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    chosen = primals if argnums is None else slice_argnums(primals, argnums)
    flat_primals, spec = tree_flatten(chosen)
    flat_tangents = _matching(tangents, spec)
    require_tensors(flat_primals, "primals")
    require_tensors(flat_tangents, "tangents")
    with _transform() as level:
        pairs = zip(flat_primals, flat_tangents, strict=True)
        duals = tree_unflatten([_given(x, t, level) for x, t in pairs], spec)
        results = func(*(duals if argnums is None else replace_argnums(primals, duals, argnums)))
        results, aux = with_aux(results, f"{_JVP}: output of function f") if has_aux else (results, None)
        flat_results, results_spec = tree_flatten(results)
        _require_results(flat_results)
        unpacked = [_unpacked(result, level, strict) for result in flat_results]
        aux = map_aux(lambda leaf: parts_of_dual(leaf, level)[0], aux) if has_aux else None
    values = tree_unflatten([value for value, _ in unpacked], results_spec)
    products = tree_unflatten([product for _, product in unpacked], results_spec)
    return (values, products, aux) if has_aux else (values, products)


def _matching(tangents: Any, spec: TreeSpec) -> list[Any]:
    """The leaves of the tangents, which must have the structure of the primals."""
    flat, own = tree_flatten(tangents)
    if own != spec:
        raise RuntimeError(
            f"{_JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {spec} and tangents with structure "
            f"{own}"
        )
    return flat


def require_tensors(values: list[Any], what: str) -> None:
    """Refuse no tensors at all, and what is none, in the name of `jvp`."""
    if not values:
        raise RuntimeError(f"{_JVP}: Expected {what} to contain at least one Tensor.")
    for value in values:
        if not isinstance(value, Tensor):
            raise RuntimeError(f"{_JVP}: Expected {what} to only contain Tensors, got {type(value)}")


def _require_results(results: list[Any]) -> None:
    if not results or (len(results) == 1 and results[0] is None):
        raise RuntimeError(f"{_JVP}: Expected f to be a function that has non-empty output (got output = {results})")
    for result in results:
        if not isinstance(result, Tensor):
            raise RuntimeError(
                f"{_JVP}: expected f(*primals) to return only tensors, got unsupported type {type(result)}"
            )


def _unpacked(result: Tensor, level: int, strict: bool) -> tuple[Tensor, Tensor]:
    """A result without its tangent, and the tangent: zeros where it has none."""
    value, tangent = parts_of_dual(result, level)
    if tangent is None:
        if strict:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
        tangent = _C.zeros_like(value)
    return value, tangent
