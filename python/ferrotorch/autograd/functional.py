"""Products with Jacobians and Hessians of functions, and these matrices themselves.

Products from the left are made of reverse walks, products from the right by forward mode. Where a graph is asked for,
or a function has no derivative in forward mode, a Jacobian-vector product is the derivative of the vector-Jacobian
product by the vector, which is linear in it (J. Townsend, "A new trick for calculating Jacobian vector products",
2017).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from ferrotorch import _C
from ferrotorch._wrappers import is_asked
from ferrotorch.autograd import grad as _grad
from ferrotorch.autograd.grad_mode import enable_grad

Tensor = _C.Tensor
Tensors = tuple[Tensor, ...]

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _as_tuple(value: Any, place: str, caller: str) -> tuple[bool, Tensors]:
    """Whether several tensors were given, and a tuple of them."""
    single = not isinstance(value, tuple)
    values = (value,) if single else value
    for i, item in enumerate(values):
        if isinstance(item, Tensor):
            continue
        if place == "outputs":
            what, where = "outputs of the user-provided function", f"given to {caller}"
            raise TypeError(
                f"The {what} {where} must be either a Tensor or a tuple of Tensors but the given {what} has type "
                f"{type(item)}."
                if single
                else f"The {what} {where} must be either a Tensor or a tuple of Tensors but the value at index {i} "
                f"has type {type(item)}."
            )
        given = f"given {place} has type {type(item)}" if single else f"value at index {i} has type {type(item)}"
        raise TypeError(f"The {place} given to {caller} must be either a Tensor or a tuple of Tensors but the {given}.")
    return not single, values


def _fresh(inputs: Tensors, create_graph: bool) -> Tensors:
    """Tensors with the inputs' values, to differentiate by; part of the inputs' graph where that is to be recorded."""
    if create_graph:
        return tuple(x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs)
    return tuple(x.detach().requires_grad_() for x in inputs)


def _released(values: Any, create_graph: bool) -> Any:
    """Results without history, unless that was asked for."""
    if create_graph:
        return values
    if isinstance(values, tuple):
        return tuple(_released(value, create_graph) for value in values)
    return values.detach()


def _unwrapped(values: tuple[Any, ...], many: bool) -> Any:
    return values if many else values[0]


def _run(func: Callable[..., Any], inputs: Tensors, caller: str) -> tuple[bool, Tensors]:
    many, outputs = _as_tuple(func(*inputs), "outputs", caller)
    return many, outputs


def _require_grad(outputs: Tensors, strict: bool) -> None:
    if not strict:
        return
    for i, output in enumerate(outputs):
        if not output.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in "
                "a differentiable manner from the input when running in strict mode."
            )


def _vector(v: Any, like: Tensors, caller: str) -> Tensors:
    """The vector of a product, checked against what it multiplies."""
    _, vector = _as_tuple(v, "v", caller)
    if len(vector) != len(like):
        if len(like) == 1:
            raise RuntimeError("The given v should contain a single Tensor.")
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vector)}.")
    for i, (part, other) in enumerate(zip(vector, like, strict=True)):
        if part.shape != other.shape:
            entry = f"Entry {i} in " if len(like) > 1 else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {other.shape} but got {part.shape}.")
    return vector


def _walk(
    outputs: Tensors, inputs: Tensors, weights: Tensors | None, *, create_graph: bool, retain: bool = True
) -> tuple[Tensor | None, ...]:
    """Gradients of those outputs that have any, by all inputs; None for an independent input."""
    kept = [i for i, output in enumerate(outputs) if output.requires_grad]
    if not kept:
        return (None,) * len(inputs)
    chosen = None if weights is None else [weights[i] for i in kept]
    return _grad(
        [outputs[i] for i in kept], inputs, chosen, retain_graph=retain, create_graph=create_graph, allow_unused=True
    )


def _filled(grads: tuple[Tensor | None, ...], like: Tensors, message: Callable[[int], str] | None) -> Tensors:
    """Zeros in place of absent gradients; with a message, an absent gradient is an error."""
    for i, g in enumerate(grads):
        if g is None and message is not None:
            raise RuntimeError(message(i))
    return tuple(_C.zeros_like(x) if g is None else g for g, x in zip(grads, like, strict=True))


def _independent(what: str) -> Callable[[int], str]:
    return lambda i: (
        f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict mode."
    )


def _require_dependence(grads: Tensors, what: str, *, asked: bool) -> None:
    """In strict mode with a graph to come, what is returned must depend on the inputs."""
    for i, g in enumerate(grads):
        if asked and not g.requires_grad:
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode when create_graph=True."
            )


def vjp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Product of a vector and the Jacobian of ``func``.

    Args:
        func: Takes tensors, returns a tensor or a tuple of tensors.
        inputs: A tensor or tuple of tensors: where the Jacobian is taken.
        v: The vector, shaped as the outputs; may be left out for a function with one element as its result.
        create_graph: Record the computation, so that the result can be differentiated.
        strict: Raise where an output does not depend on an input, instead of returning zeros; with ``create_graph``
            also where the derivative does not.

    Returns:
        The outputs of ``func``, and the product, shaped as the inputs.
    """
    with enable_grad():
        many_in, given = _as_tuple(inputs, "inputs", "vjp")
        points = _fresh(given, create_graph)
        many_out, outputs = _run(func, points, "vjp")
        _require_grad(outputs, strict)
        weights = _optional_vector(v, outputs, "vjp")
        grads = _walk(outputs, points, weights, create_graph=create_graph)
        result = _filled(grads, points, _independent("output") if strict else None)
        _require_dependence(result, "jacobian", asked=strict and create_graph)
    return _unwrapped(_released(outputs, create_graph), many_out), _unwrapped(_released(result, create_graph), many_in)


def _optional_vector(v: Any, outputs: Tensors, caller: str) -> Tensors | None:
    if v is not None:
        return _vector(v, outputs, caller)
    if len(outputs) != 1 or outputs[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
        )
    return (_C.ones_like(outputs[0]),)


def _direction(v: Any, points: Tensors, caller: str) -> Tensors:
    """The vector of a product from the right, or one where it may be left out."""
    if v is not None:
        return _vector(v, points, caller)
    if len(points) != 1 or points[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
            "element."
        )
    return (_C.ones_like(points[0]),)


def jvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Product of the Jacobian of ``func`` and a vector, by forward mode or, for a graph or ``strict``, two walks.

    Arguments as for `vjp`, but ``v`` is shaped as the inputs (and may be left out for one input with one element), and
    so is the product as the outputs.
    """
    with enable_grad():
        _, given = _as_tuple(inputs, "inputs", "jvp")
        points = _fresh(given, create_graph)
        vector = _direction(v, points, "jvp")
        plain = not (create_graph or strict)
        pushed = _pushed_if_defined(lambda *duals: _run(func, duals, "jvp"), points, vector) if plain else None
        if pushed is not None:
            many_out, values, tangents = pushed
            return _unwrapped(_released(values, False), many_out), _unwrapped(_released(tangents, False), many_out)
        many_out, outputs = _run(func, points, "jvp")
        _require_grad(outputs, strict)
        weights = tuple(_C.zeros_like(output, requires_grad=True) for output in outputs)
        pulled = _walk(outputs, points, weights, create_graph=True)
        if strict:
            _filled(pulled, points, _independent("output"))
        used = [i for i, g in enumerate(pulled) if g is not None]
        products = _walk(
            tuple(pulled[i] for i in used if pulled[i] is not None),  # type: ignore[misc]
            weights,
            tuple(vector[i] for i in used),
            create_graph=create_graph,
        ) if used else (None,) * len(weights)  # fmt: skip
        result = _filled(products, outputs, None)
        _require_dependence(result, "jacobian", asked=strict and create_graph)
    return _unwrapped(_released(outputs, create_graph), many_out), _unwrapped(_released(result, create_graph), many_out)


def jacobian(
    func: Any,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Jacobian of ``func``: for each output and input a tensor with the output's, then the input's dimensions.

    Args:
        func: Takes tensors, returns a tensor or a tuple of tensors.
        inputs: A tensor or tuple of tensors.
        create_graph: Record the computation, so that the Jacobian can be differentiated.
        strict: Raise where an output does not depend on an input.
        vectorize: Compute all rows at once, with `vmap` (`func.jacrev`): quicker, and in need of more memory.
        strategy: ``"reverse-mode"``, a walk back for every element of the outputs, or ``"forward-mode"``, a run of
            ``func`` for every element of the inputs; that needs ``vectorize=True``. Both give the same values.

    Returns:
        A tensor; a tuple of them for several inputs or outputs; a tuple over outputs of tuples over inputs for both.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode" and create_graph:
        raise NotImplementedError(
            'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not '
            'supported together (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.'
        )
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only implemented for "
            "`vectorize=True`."
        )
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together."
        )
    many_in, given = _as_tuple(inputs, "inputs", "jacobian")
    together = vectorize and not _ask_classes(given)
    if strategy == "forward-mode" and together:
        return _by_forward_mode(func, given, many_in)
    if together and not any(x.is_complex() for x in given):
        return _at_once(func, given, many_in, create_graph)
    with enable_grad():
        points = _fresh(given, create_graph)
        many_out, outputs = _run(func, points, "jacobian")
        _require_grad(outputs, strict)
        rows = tuple(_block_row(i, output, points, create_graph, strict) for i, output in enumerate(outputs))
    return _unwrapped(tuple(_unwrapped(_released(row, create_graph), many_in) for row in rows), many_out)


def _at_once(func: Any, given: Tensors, many_in: bool, create_graph: bool) -> Any:
    """The Jacobian with all rows computed together."""
    from ferrotorch.func import jacrev
    from ferrotorch.utils._pytree import tree_map

    def checked(*points: Tensor) -> Any:
        many_out, outputs = _run(func, points, "jacobian")
        return _unwrapped(outputs, many_out)

    # The graph of the Jacobian leads to points that require gradients.
    points = _fresh(given, True) if create_graph else given
    with enable_grad() if create_graph else nullcontext():
        rows = jacrev(checked, tuple(range(len(given))) if many_in else 0)(*points)
    return tree_map(lambda row: _released(row, create_graph), rows)


def _by_forward_mode(func: Any, given: Tensors, many_in: bool) -> Any:
    """The Jacobian column by column, with a graph where the inputs have one."""
    from ferrotorch.func._columns import over_basis
    from ferrotorch.func._jacfwd import split_columns

    def product(*basis: Tensor) -> tuple[Tensors, bool]:
        many, _, tangents = _pushed(lambda *duals: _run(func, duals, "jacobian"), given, basis)
        return tangents, many

    columns, many_out = over_basis(product, list(given), "error")
    rows = tuple(_unwrapped(tuple(split_columns(column, list(given))), many_in) for column in columns)
    return _unwrapped(rows, many_out)


def _pushed(
    run: Callable[..., tuple[bool, Tensors]], points: Tensors, vector: Tensors
) -> tuple[bool, Tensors, Tensors]:
    """Whether a function has several outputs, these, and their derivatives in a direction; zeros where there is none.

    Raises:
        NotImplementedError: The function calls one of the program's own that has no derivative in forward mode.
    """
    from ferrotorch.autograd._transforms import dual, parts_of_dual
    from ferrotorch.func._jvp import dual_level_within

    with dual_level_within() as level:
        many, outputs = run(*(dual(x, v, level) for x, v in zip(points, vector, strict=True)))
        values, tangents = zip(*(parts_of_dual(output, level) for output in outputs), strict=True)
    return many, values, _filled(tangents, values, None)


def _pushed_if_defined(
    run: Callable[..., tuple[bool, Tensors]], points: Tensors, vector: Tensors
) -> tuple[bool, Tensors, Tensors] | None:
    """`_pushed`, or nothing where that is not defined: two walks do as well then."""
    if _ask_classes(points):
        return None
    try:
        return _pushed(run, points, vector)
    except NotImplementedError:
        return None


def _ask_classes(points: Tensors) -> bool:
    """Are there tensors whose classes compute? They know of neither tangents nor batches of the core."""
    return any(is_asked(x) for x in points)


def _block_row(number: int, output: Tensor, points: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The derivatives of one output by every input."""
    flat = output.reshape(-1)

    def message(i: int) -> str:
        return (
            f"Output {number} of the user-provided function is independent of input {i}. This is not allowed in "
            "strict mode."
        )

    rows = [
        _filled(_walk((flat[j],), points, None, create_graph=create_graph), points, message if strict else None)
        for j in range(flat.numel())
    ]
    for row in rows:
        _require_dependence(row, "jacobian", asked=strict and create_graph)
    columns = zip(*rows, strict=True) if rows else [()] * len(points)
    return tuple(
        (_C.stack(list(column)) if column else _C.empty(0, dtype=x.dtype)).reshape((*output.shape, *x.shape))
        for column, x in zip(columns, points, strict=True)
    )


def hessian(
    func: Any,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Hessian of ``func``, which returns one element: the Jacobian of its gradient.

    Arguments as for `jacobian`. Returns a tensor with the input's dimensions twice; for a tuple of inputs a tuple of
    tuples.
    """
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    many, given = _as_tuple(inputs, "inputs", "hessian")

    def gradient(*points: Tensor) -> Tensors:
        # In forward mode the points are dual, but not yet of a graph.
        points = tuple(x if x.requires_grad else x.requires_grad_() for x in points)
        output = _single_element(func, points, "hessian")
        _require_grad((output,), strict)
        grads = _walk((output,), points, None, create_graph=True)
        result = _filled(grads, points, None)
        if strict:
            _require_second(result)
        return result

    blocks = jacobian(
        gradient, given, create_graph=create_graph, strict=strict, vectorize=vectorize, strategy=outer_jacobian_strategy
    )
    return blocks if many else blocks[0][0]


def _require_second(grads: Tensors) -> None:
    for i, g in enumerate(grads):
        if not g.requires_grad:
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the user-provided function with respect to "
                f"input {i} is independent of the input. This is not allowed in strict mode. You should ensure that "
                "your function is twice differentiable and that the jacobian depends on the inputs (this would be "
                "violated by a linear function for example)."
            )


def vhp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Product of a vector and the Hessian of ``func``, which returns one element.

    Arguments as for `vjp`, but ``v`` is shaped as the inputs. Returns the value of ``func`` and the product.
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Product of the Hessian of ``func``, which returns one element, and a vector, by forward mode over a reverse walk.

    The Hessian is symmetric, so where a graph is asked for or forward mode is not defined, it is computed as `vhp` is.
    """
    if not (create_graph or strict):
        with enable_grad():
            many, given = _as_tuple(inputs, "inputs", "hvp")
            points = _fresh(given, create_graph)
            pushed = _pushed_if_defined(
                lambda *duals: (True, _value_and_gradient(func, duals)), points, _direction(v, points, "hvp")
            )
        if pushed is not None:
            _, (value, *_), (_, *product) = pushed
            return value.detach(), _unwrapped(_released(tuple(product), False), many)
    return _hessian_product(func, inputs, v, create_graph, strict, "hvp")


def _value_and_gradient(func: Any, points: Tensors) -> Tensors:
    value = _single_element(func, points, "hvp")
    return value, *_filled(_walk((value,), points, None, create_graph=False), points, None)


def _hessian_product(func: Any, inputs: Any, v: Any, create_graph: bool, strict: bool, caller: str) -> Any:
    with enable_grad():
        many, given = _as_tuple(inputs, "inputs", caller)
        points = _fresh(given, create_graph)
        vector = _direction(v, points, caller)
        value = _single_element(func, points, caller)
        _require_grad((value,), strict)
        gradient = _filled(
            _walk((value,), points, None, create_graph=True), points, _independent("output") if strict else None
        )
        if strict:
            _require_second(gradient)
        result = _filled(_walk(gradient, points, vector, create_graph=create_graph), points, None)
        _require_dependence(result, "hessian", asked=strict and create_graph)
    return _released(value, create_graph), _unwrapped(_released(result, create_graph), many)


def _single_element(func: Any, points: Tensors, caller: str) -> Tensor:
    many, outputs = _run(func, points, caller)
    if many or len(outputs) != 1:
        raise RuntimeError(f"The function given to {caller} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {caller} should contain a single element")
    return outputs[0]


def _construct_standard_basis_for(tensors: Sequence[Tensor], tensor_numels: Sequence[int]) -> tuple[Tensor, ...]:
    """All one-hot tuples of tensors at once: the ``i``-th rows have a single 1, in the place of the ``i``-th element.

    Args:
        tensors: what each part of the result takes its dtype and device from.
        tensor_numels: how many elements each has.

    Returns:
        A matrix of as many rows as there are elements in all, and ``tensor_numels[i]`` columns, for each tensor.

    Raises:
        AssertionError: no tensors, or another number of them.
    """
    if not tensors or len(tensors) != len(tensor_numels):
        raise AssertionError("_construct_standard_basis_for() needs a tensor, and a number of elements for each")
    total = sum(tensor_numels)
    starts = itertools.accumulate(tensor_numels, initial=0)
    chunks = []
    for tensor, count, start in zip(tensors, tensor_numels, starts, strict=False):
        chunk = tensor.new_zeros(total, count)
        chunk.diagonal(-start).fill_(1)
        chunks.append(chunk)
    return tuple(chunks)


def _grad_postprocess(inputs: Sequence[Any], create_graph: bool) -> Any:
    """Tensors, or tuples of them, without history unless that was asked for, as packages call it."""
    return _released(inputs if create_graph else tuple(inputs), create_graph)


def _tuple_postprocess(res: Any, to_unpack: bool | tuple[bool, bool]) -> Any:
    """Results without the tuples (the outer one, the inner ones) that single arguments were put into."""
    if not isinstance(to_unpack, tuple):
        return _unwrapped(res, to_unpack)
    if len(to_unpack) != 2:
        raise AssertionError("Expected to_unpack tuple to have exactly 2 elements")
    outer, inner = to_unpack
    return _unwrapped(res if inner else tuple(value[0] for value in res), outer)
