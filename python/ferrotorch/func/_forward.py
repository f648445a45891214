"""Derivatives of functions in a direction: `jvp`, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd.grad_mode import enable_grad
from ferrotorch.func._columns import over_basis
from ferrotorch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_unflatten

Tensor = _C.Tensor
Argnums = int | tuple[int, ...]

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
    return _jvp_with_argnums(func, primals, tangents, None, strict=strict, has_aux=has_aux)


def _jvp_with_argnums(
    func: Callable[..., Any], primals: Any, tangents: Any, argnums: Argnums | None, *, strict: bool = False,
    has_aux: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """`jvp` by some of the arguments."""
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    chosen = primals if argnums is None else _slice_argnums(primals, argnums)
    flat_primals, spec = tree_flatten(chosen)
    flat_tangents = _matching(tangents, spec)
    _require_tensors(flat_primals, "primals")
    _require_tensors(flat_tangents, "tangents")
    with dual_level_within() as level:
        pairs = zip(flat_primals, flat_tangents, strict=True)
        duals = tree_unflatten([_C._make_dual(x, t, level) for x, t in pairs], spec)
        results = func(*(duals if argnums is None else _replaced(primals, duals, argnums)))
        results, aux = _with_aux(results, f"{_JVP}: output of function f") if has_aux else (results, None)
        flat_results, results_spec = tree_flatten(results)
        _require_results(flat_results)
        unpacked = [_unpacked(result, level, strict) for result in flat_results]
        aux = _primals_of(aux, level)
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


def _require_tensors(values: list[Any], what: str) -> None:
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


def _with_aux(results: Any, what: str) -> tuple[Any, Any]:
    if not (isinstance(results, tuple) and len(results) == 2):
        raise RuntimeError(f"{what} should be a tuple: (output, aux) if has_aux is True")
    return results


def _unpacked(result: Tensor, level: int, strict: bool) -> tuple[Tensor, Tensor]:
    """A result without its tangent, and the tangent: zeros where it has none."""
    value, tangent = _C._unpack_dual(result, level)
    if tangent is None:
        if strict:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
        tangent = _C.zeros_like(value)
    return value, tangent


def _primals_of(aux: Any, level: int) -> Any:
    """The same with tensors that have no tangents at a level."""
    leaves, spec = tree_flatten(aux)
    return tree_unflatten(
        [_C._unpack_dual(leaf, level)[0] if isinstance(leaf, Tensor) else leaf for leaf in leaves], spec
    )


def _position(argnum: Any, count: int) -> int:
    if not isinstance(argnum, int):
        raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
    if not -count <= argnum < count:
        raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
    return argnum % count


def _positions(argnums: Any, count: int) -> list[int]:
    """Which arguments are meant, counted from the first."""
    if isinstance(argnums, int):
        return [_position(argnums, count)]
    if not isinstance(argnums, tuple):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if not argnums:
        raise RuntimeError("argnums must be non-empty")
    positions = [_position(argnum, count) for argnum in argnums]
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return positions


def _slice_argnums(args: tuple[Any, ...], argnums: Argnums) -> tuple[Any, ...]:
    """Some of the arguments."""
    return tuple(args[i] for i in _positions(argnums, len(args)))


def _replaced(args: tuple[Any, ...], new: tuple[Any, ...], argnums: Argnums) -> tuple[Any, ...]:
    """The arguments, some of them replaced."""
    result = list(args)
    for i, value in zip(_positions(argnums, len(args)), new, strict=True):
        result[i] = value
    return tuple(result)


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

    This takes a run of the function for each element of the arguments, whatever the number of results.

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
        chosen = args if argnums is None else _slice_argnums(args, argnums)
        flat, spec = tree_flatten(chosen)
        _require_tensors(flat, "primals")

        def product(*basis: Tensor) -> Any:
            values, products, *aux = _jvp_with_argnums(
                func, args, tree_unflatten(basis, spec), argnums, has_aux=has_aux
            )
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
    _require_tensors(flat, "primals")
    with enable_grad():
        points = [x.view_as(x).requires_grad_() for x in flat]
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
