"""How derivatives that backward computes are compared with finite differences, for :mod:`.gradcheck`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ferrotorch import _C
from ferrotorch.autograd import function as autograd_function
from ferrotorch.autograd import grad as _grad
from ferrotorch.autograd._transforms import leaf
from ferrotorch.autograd.grad_mode import enable_grad, no_grad
from ferrotorch.autograd.gradcheck import GradcheckError

Tensor = _C.Tensor
Function = Callable[..., Any]


class Settings(NamedTuple):
    """The arguments of `gradcheck` that its checks share."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_undefined_grad: bool
    check_grad_dtypes: bool
    check_batched_grad: bool
    check_batched_forward_grad: bool
    check_forward_ad: bool
    check_backward_ad: bool
    fast_mode: bool


def _point(x: Tensor) -> Tensor:
    """The same tensor, to be written to in place, and to differentiate by."""
    if x.requires_grad:
        return x.view_as(x) if x.is_leaf else x
    # The tangent of one that is none of the graph is to go along.
    return leaf(x.view_as(x))


def _weights(outputs: Sequence[Tensor], given: Any, strided: bool) -> tuple[Tensor, ...]:
    if given is not None:
        return (given,) if isinstance(given, Tensor) else tuple(given)
    result = []
    for output in outputs:
        weight = _random_like(output.detach())
        if strided and weight.dim() > 0:
            weight = _C.stack([weight, weight], -1).select(-1, 0)
        result.append(leaf(weight))
    return tuple(result)


def _random_like(x: Tensor) -> Tensor:
    if not x.is_complex():
        return _C.randn_like(x)
    return _C.view_as_complex(_C.randn_like(_C.view_as_real(x.resolve_conj()).contiguous()))


def _require_modes(settings: Settings) -> None:
    if not (settings.check_forward_ad or settings.check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if settings.check_batched_grad and not settings.check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if settings.check_batched_forward_grad and not settings.check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")


def _require_inputs(inputs: tuple[Any, ...]) -> None:
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for i, x in enumerate(wanted):
        if x.dtype not in (_C.float64, _C.complex128):
            import warnings

            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
        if x.layout == _C.strided and any(
            step == 0 and size > 1 for step, size in zip(x.stride(), x.shape, strict=True)
        ):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                ".contiguous on the input before passing it to gradcheck."
            )
        x.retain_grad()


def _listed(outputs: Any) -> list[Any]:
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)


def _differentiable(outputs: Any) -> list[Tensor]:
    return [o for o in _listed(outputs) if isinstance(o, Tensor) and o.requires_grad]


def _check(func: Function, inputs: tuple[Any, ...], settings: Settings) -> None:
    with enable_grad():
        outputs = _differentiable(func(*inputs))
        points = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
        if not outputs:
            _check_constant(func, inputs, points, settings)
            return
        if settings.check_forward_ad:
            _forward_checks(func, inputs, len(outputs), settings)
        if not settings.check_backward_ad:
            return
        compare = _compare_fast if settings.fast_mode else _compare_slow
        for i in range(len(outputs)):
            compare(func, inputs, points, i, settings)
        outputs = _differentiable(func(*inputs))
        _check_dtypes(outputs, points, settings)
        if settings.check_batched_grad:
            _check_batched(outputs, points)
        if settings.check_undefined_grad:
            _check_undefined(func, inputs, points)


def _forward_checks(func: Function, inputs: tuple[Any, ...], count: int, settings: Settings) -> None:
    from ferrotorch.autograd import _gradcheck_forward

    _gradcheck_forward.check(func, inputs, count, settings)


def _check_constant(func: Function, inputs: tuple[Any, ...], points: list[Tensor], settings: Settings) -> None:
    """Without a differentiable output every difference must vanish."""
    values = _listed(func(*inputs))
    for i, value in enumerate(values):
        if not isinstance(value, Tensor) or not (value.is_floating_point() or value.is_complex()):
            continue
        for point in points:
            column = _numerical(_picked(func, inputs, i, only_differentiable=False), point, settings.eps)
            if not _C.allclose(column, _C.zeros_like(column), settings.rtol, settings.atol):
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _picked(func: Function, inputs: tuple[Any, ...], which: int, *, only_differentiable: bool) -> Callable[[], Tensor]:
    """Runs the function and returns one of its outputs, as a flat tensor of real numbers."""

    def run() -> Tensor:
        outputs = func(*inputs)
        found = _differentiable(outputs) if only_differentiable else _listed(outputs)
        with no_grad():
            return _real_parts(found[which].detach())

    return run


def _real_parts(x: Tensor) -> Tensor:
    """The numbers of a tensor in a row, complex ones as pairs; a copy."""
    pairs = _C.view_as_real(x.resolve_conj()) if x.is_complex() else x
    return pairs.reshape(-1).clone()


def _shifted(point: Tensor, direction: Tensor, run: Callable[[], Tensor]) -> Tensor:
    """The function's value with a step added to an input, which is put back."""
    data = point.data  # Its writes are not noticed: views of the input stay what they are.
    before = data.clone()
    data.add_(direction)
    try:
        return run()
    finally:
        data.copy_(before)


def _difference(run: Callable[[], Tensor], point: Tensor, direction: Tensor, eps: float) -> Tensor:
    step = direction * eps
    return (_shifted(point, step, run) - _shifted(point, -step, run)) / (2 * eps)


def _directions(point: Tensor) -> list[Tensor]:
    """One step of length one for every real number in a tensor."""
    units = []
    for i, part in itertools.product(range(point.numel()), (1.0, 1j) if point.is_complex() else (1.0,)):
        unit = _C.zeros(point.numel(), dtype=point.dtype, device=point.device)
        unit[i] = part
        units.append(unit.reshape(point.shape))
    return units


def _numerical(run: Callable[[], Tensor], point: Tensor, eps: float) -> Tensor:
    """The Jacobian by differences: a row for every real number of the input, a column for every one of the output."""
    rows = [_difference(run, point, unit, eps) for unit in _directions(point)]
    return _C.stack(rows) if rows else _C.zeros(0, run().numel(), dtype=_real_dtype(point))


def _real_dtype(x: Tensor) -> Any:
    return {_C.complex64: _C.float32, _C.complex128: _C.float64}.get(x.dtype, x.dtype)


def _analytical(output: Tensor, points: list[Tensor]) -> list[Tensor]:
    """The Jacobians by backward, shaped as the numerical ones."""
    columns: list[list[Tensor]] = [[] for _ in points]
    for unit in _directions(output.detach()):
        grads = _grad([output], points, [unit], retain_graph=True, allow_unused=True)
        for column, g, point in zip(columns, grads, points, strict=True):
            column.append(_column(g, point))
    return [
        _C.stack(column, 1) if column else _C.zeros(_real_parts(p.detach()).numel(), 0, dtype=_real_dtype(p))
        for column, p in zip(columns, points, strict=True)
    ]


def _column(g: Tensor | None, point: Tensor) -> Tensor:
    if g is None:
        return _real_parts(_C.zeros_like(point.detach()))
    if g.shape != point.shape:
        raise GradcheckError("Analytical gradient has incorrect size")
    return _real_parts(g.detach().to(point.dtype))


def _compare_slow(
    func: Function, inputs: tuple[Any, ...], points: list[Tensor], which: int, settings: Settings
) -> None:
    run = _picked(func, inputs, which, only_differentiable=True)
    numerical = [_numerical(run, point, settings.eps) for point in points]
    # The graph is made after the inputs were written to: it guards what it saved.
    output = _differentiable(func(*inputs))[which]
    analytical = _analytical(output, points)
    _check_repeatable(analytical, _analytical(output, points), settings)
    for j, (n, a) in enumerate(zip(numerical, analytical, strict=True)):
        if not _close(a, n, settings):
            raise GradcheckError(_mismatch(which, j, n, a, output, points[j]))


def _check_repeatable(first: Sequence[Tensor], second: Sequence[Tensor], settings: Settings) -> None:
    for a, b in zip(first, second, strict=True):
        if a.numel() and float((a - b).abs().max()) > settings.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                "gives different values. "
                f"The tolerance for nondeterminism was {settings.nondet_tol}."
            )


def _close(analytical: Tensor, numerical: Tensor, settings: Settings) -> bool:
    return _C.allclose(analytical, numerical.to(analytical.dtype), settings.rtol, settings.atol)


def _mismatch(which: int, j: int, numerical: Tensor, analytical: Tensor, output: Tensor, point: Tensor) -> str:
    about = ""
    if output.is_complex() or point.is_complex():
        about = "Complex numbers are shown as pairs of real ones. "
    return (
        f"{about}Jacobian mismatch for output {which} with respect to input {j},\n"
        f"numerical:{numerical}\nanalytical:{analytical}\n"
    )


def _compare_fast(
    func: Function, inputs: tuple[Any, ...], points: list[Tensor], which: int, settings: Settings
) -> None:
    run = _picked(func, inputs, which, only_differentiable=True)
    directions = [_unit_like(point.detach()) for point in points]
    moved = [_difference(run, point, d, settings.eps) for point, d in zip(points, directions, strict=True)]
    # The graph is made after the inputs were written to: it guards what it saved.
    output = _differentiable(func(*inputs))[which]
    weight = _unit_like(output.detach())
    grads = _grad([output], points, [weight], retain_graph=True, allow_unused=True)
    again = _grad([output], points, [weight], retain_graph=True, allow_unused=True)
    columns = [_column(g, p) for g, p in zip(grads, points, strict=True)]
    _check_repeatable(columns, [_column(g, p) for g, p in zip(again, points, strict=True)], settings)
    for j, (column, direction) in enumerate(zip(columns, directions, strict=True)):
        numerical = (moved[j] * _real_parts(weight)).sum()
        analytical = (column * _real_parts(direction)).sum()
        if not _close(analytical, numerical, settings):
            raise GradcheckError(_fast_mismatch(func, inputs, points, which, j, numerical, analytical, settings))


def _unit_like(x: Tensor) -> Tensor:
    """A random tensor of length one."""
    direction = _random_like(x)
    length = float(_real_parts(direction).square().sum().sqrt())
    return direction / length if length else direction


def _fast_mismatch(
    func: Function, inputs: tuple[Any, ...], points: list[Tensor], which: int, j: int,
    numerical: Tensor, analytical: Tensor, settings: Settings,
) -> str:  # fmt: skip
    slow_numerical = _numerical(_picked(func, inputs, which, only_differentiable=True), points[j], settings.eps)
    slow_analytical = _analytical(_differentiable(func(*inputs))[which], points)[j]
    text = (
        f"Jacobian mismatch for output {which} with respect to input {j},\n"
        f"numerical:{numerical.item()}\nanalytical:{analytical.item()}\n\n"
        "The above quantities relating the numerical and analytical jacobians are computed in fast mode. "
        "Below, we recompute numerical and analytical jacobians in slow mode:\n\n"
        f"Numerical:\n {slow_numerical}\nAnalytical:\n{slow_analytical}\n\n"
        f"The max per-element difference (slow mode) is: {float((slow_numerical - slow_analytical).abs().max())}.\n"
    )
    if _close(slow_analytical, slow_numerical, settings):
        text += (
            "Fast gradcheck failed but element-wise differences are small. This means that the test might've passed in "
            "slow_mode!"
        )
    return text


def _check_dtypes(outputs: list[Tensor], points: list[Tensor], settings: Settings) -> None:
    grads = _grad(outputs, points, [_random_like(o.detach()) for o in outputs], retain_graph=True, allow_unused=True)
    for g, point in zip(grads, points, strict=True):
        if g is None:
            continue
        if g.shape != point.shape:
            raise GradcheckError("grad is incorrect size")
        if g.device != point.device:
            raise GradcheckError("grad is incorrect device")
        if settings.check_grad_dtypes and g.dtype != point.dtype:
            raise GradcheckError("grad is incorrect type")


def _check_batched(outputs: list[Tensor], points: list[Tensor]) -> None:
    """Gradients of two weights at once equal those of one after the other."""
    for output in outputs:
        weights = _C.stack([_random_like(output.detach()) for _ in range(2)])
        batched = _grad([output], points, [weights], retain_graph=True, allow_unused=True, is_grads_batched=True)
        single = [_grad([output], points, [w], retain_graph=True, allow_unused=True) for w in weights]
        for j, together in enumerate(batched):
            if together is None:
                continue
            if not _C.allclose(together, _C.stack([row[j] for row in single])):
                raise GradcheckError(f"For input {j}, gradients of a batch of weights differ from those of each weight")


class _Undefined(autograd_function.Function):
    """The identity, through which no gradient comes back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The tensor itself."""
        return x.detach()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Nothing."""
        return None


def _check_undefined(func: Function, inputs: tuple[Any, ...], points: list[Tensor]) -> None:
    """An output whose gradient is absent counts as one whose gradient is zero."""
    outputs = _differentiable(func(*inputs))
    undefined = [_Undefined.apply(output) for output in outputs]
    message = (
        "Expected backward function to handle undefined output grads. Please look at 'Notes about undefined output "
        "gradients' in 'tools/autograd/derivatives.yaml'"
    )
    cases = [undefined] if len(outputs) == 1 else [undefined, *_each_undefined(outputs, undefined)]
    for case in cases:
        try:
            grads = _grad(case, points, [_C.zeros_like(o) for o in case], retain_graph=True, allow_unused=True)
        except Exception as error:
            raise GradcheckError(message) from error
        if any(g is not None and bool((g != 0).any()) for g in grads):
            raise GradcheckError(message)


def _each_undefined(outputs: list[Tensor], undefined: list[Tensor]) -> list[list[Tensor]]:
    return [[*outputs[:i], undefined[i], *outputs[i + 1 :]] for i in range(len(outputs))]
