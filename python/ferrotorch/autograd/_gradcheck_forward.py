"""`gradcheck` of forward mode: tangents against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd import forward_ad
from ferrotorch.autograd._gradcheck_backward import (
    _close,
    _difference,
    _directions,
    _listed,
    _numerical,
    _picked,
    _random_like,
    _real_parts,
    _unit_like,
)
from ferrotorch.autograd._transforms import leaf
from ferrotorch.autograd.gradcheck import GradcheckError

Tensor = _C.Tensor
Function = Callable[..., Any]


def check(func: Function, inputs: tuple[Any, ...], count: int, settings: Any) -> None:
    """Compare the tangents of all differentiable outputs of ``func``, ``count`` of them, with differences.

    Raises:
        GradcheckError: they do not agree.
    """
    chosen = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    compare = _compare_fast if settings.fast_mode else _compare_slow
    for place, i in enumerate(chosen):
        for which in range(count):
            compare(func, inputs, i, which, settings, place)
    if settings.check_undefined_grad and len(chosen) > 1:
        _check_undefined(func, inputs, chosen)
    if settings.check_batched_forward_grad:
        _check_batched(func, inputs, chosen)


def tangents(func: Function, inputs: tuple[Any, ...], directions: dict[int, Tensor]) -> list[Tensor]:
    """The tangents of the differentiable outputs, zeros where there are none, from those of some inputs."""
    detached = [leaf(x.detach()) if isinstance(x, Tensor) and x.requires_grad else x for x in inputs]
    which = [i for i, o in enumerate(_listed(func(*detached))) if isinstance(o, Tensor) and o.requires_grad]
    with forward_ad.dual_level():
        args = [x.detach() if isinstance(x, Tensor) else x for x in inputs]
        for i, direction in directions.items():
            args[i] = forward_ad.make_dual(args[i], direction)
        outputs = _listed(func(*args))
        unpacked = [forward_ad.unpack_dual(outputs[i]) for i in which]
        return [_C.zeros_like(value) if tangent is None else tangent for value, tangent in unpacked]


def _row(func: Function, inputs: tuple[Any, ...], i: int, which: int, direction: Tensor) -> Tensor:
    return _real_parts(tangents(func, inputs, {i: direction})[which].detach())


def _compare_slow(func: Function, inputs: tuple[Any, ...], i: int, which: int, settings: Any, place: int) -> None:
    point = inputs[i]
    run = _picked(func, inputs, which, only_differentiable=True)
    numerical = _numerical(run, point, settings.eps)
    rows = [_row(func, inputs, i, which, unit) for unit in _directions(point)]
    analytical = _C.stack(rows) if rows else _C.zeros_like(numerical)
    if not _close(analytical, numerical, settings):
        raise GradcheckError(
            f"Jacobian computed with forward mode mismatch for output {which} with respect to input {place},\n"
            f"numerical:{numerical}\nanalytical:{analytical}\n"
        )


def _compare_fast(func: Function, inputs: tuple[Any, ...], i: int, which: int, settings: Any, place: int) -> None:
    point = inputs[i]
    direction = _unit_like(point.detach())
    moved = _difference(_picked(func, inputs, which, only_differentiable=True), point, direction, settings.eps)
    pushed = _row(func, inputs, i, which, direction)
    weight = _unit_like(moved)
    numerical, analytical = (moved * weight).sum(), (pushed * weight).sum()
    if not _close(analytical, numerical, settings):
        raise GradcheckError(
            f"Jacobian computed with forward mode mismatch for output {which} with respect to input {place},\n"
            f"numerical:{numerical.item()}\nanalytical:{analytical.item()}\n\n"
            "The above quantities relating the numerical and analytical jacobians are computed in fast mode."
        )


def _check_undefined(func: Function, inputs: tuple[Any, ...], chosen: list[int]) -> None:
    """An input without a tangent counts as one whose tangent is zero."""
    directions = {i: _random_like(inputs[i].detach()) for i in chosen}
    for left_out in chosen:
        some = {i: direction for i, direction in directions.items() if i != left_out}
        zeros = {**some, left_out: _C.zeros_like(inputs[left_out].detach())}
        pairs = zip(tangents(func, inputs, some), tangents(func, inputs, zeros), strict=True)
        if not all(_C.allclose(without, with_zeros) for without, with_zeros in pairs):
            raise GradcheckError(
                f"Expected forward mode to treat an absent tangent of input {left_out} as zeros, but it does not"
            )


def _check_batched(func: Function, inputs: tuple[Any, ...], chosen: list[int]) -> None:
    """Tangents of two directions at once equal those of one after the other."""
    from ferrotorch.func import vmap

    for i in chosen:
        directions = _C.stack([_random_like(inputs[i].detach()) for _ in range(2)])
        together = vmap(lambda direction, i=i: tuple(tangents(func, inputs, {i: direction})))(directions)
        single = [tangents(func, inputs, {i: direction}) for direction in directions]
        for which, batched in enumerate(together):
            if not _C.allclose(batched, _C.stack([row[which] for row in single])):
                raise GradcheckError(
                    f"While considering the dual of input {i}: tangents of a batch of directions differ from those of "
                    f"each direction, for output {which}"
                )
