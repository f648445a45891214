"""Derivatives of any order, of complex factors, and where numbers are no numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any

INF, NAN = float("inf"), float("nan")


def _orders(s: Any, function: Callable[[Any], Any], count: int = 4) -> list[Any]:
    """The derivatives of a sum, one after the other, until one has no graph or is absent."""
    x = s.torch.tensor([0.5, -1.5, 0.0], dtype=s.torch.float64, requires_grad=True)
    y, found = function(x), []
    while y is not None and y.requires_grad and len(found) < count:
        (y,) = s.torch.autograd.grad(y.sum(), x, create_graph=True, allow_unused=True)
        found.append(y)
    return [*found, y is None or y.requires_grad]


def orders_of_powers(s: Any) -> Any:
    t = s.torch
    functions = {
        "**2": lambda x: x**2,
        "**3": lambda x: x**3,
        "**1": lambda x: x**1,
        "**0": lambda x: x**0,
        "square": lambda x: x.square(),
        "float_power": lambda x: x.float_power(2),
        "pow_": lambda x: (x * 1).pow_(2),
        "square_": lambda x: (x * 1).square_(),
        "of float32": lambda x: x.float().pow(2),
        "of a tensor": lambda x: x.pow(t.tensor(2.0)),
        "product": lambda x: x * x,
        "scaled": lambda x: (3 * x) ** 2,
        "mean": lambda x: (x**2).mean(),
    }
    return [[name, *_orders(s, function)] for name, function in functions.items()]


def third_derivatives_of_transforms(s: Any) -> Any:
    t = s.torch
    square = lambda x: (x**2).sum()  # noqa: E731
    x = t.tensor([0.5, -1.5], dtype=t.float64)
    hessian = t.func.hessian(square)
    leaf = x.clone().requires_grad_()
    outer = t.func.grad(square)(leaf)
    return [
        t.func.jacrev(hessian)(x),
        t.func.jacfwd(hessian)(x),
        t.func.grad(lambda z: hessian(z).sum())(x),
        outer.requires_grad,
        t.autograd.grad(outer.sum(), leaf, create_graph=True),
    ]


def complex_factors(s: Any) -> Any:
    t, answers = s.torch, []
    for value in (1j, 2.5, 1 - 2j, 0, -1):
        for name in ("addcmul", "addcdiv"):
            answers.append([name, *_of_products(s, partial(getattr(t, name), value=value))])
            answers.append(
                [name + "_", *_of_products(s, partial(getattr(t.Tensor, name + "_"), value=value), in_place=True)]
            )
    return answers


def _of_products(s: Any, function: Callable[..., Any], *, in_place: bool = False) -> list[Any]:
    """Value, first and second derivatives and tangents of a function of three complex tensors."""
    t = s.torch
    numbers = t.arange(3, dtype=t.float64)
    a, b, c = [t.complex(numbers + k, numbers * k - 1).requires_grad_() for k in (1, 2, 3)]
    seed = t.complex(numbers, t.ones(3, dtype=t.float64))
    y = function(a * 1 if in_place else a, b, c)
    first = t.autograd.grad(y, [a, b, c], seed, create_graph=True)
    again = [grad for grad in first if grad.requires_grad]
    second = t.autograd.grad(again, [a, b, c], [seed] * len(again), allow_unused=True) if again else None
    tangents = None if in_place else t.func.jvp(function, (a, b, c), (seed, b, a))
    return [y, first, second, tangents]


def extrema_that_are_no_numbers(s: Any) -> Any:
    t, answers = s.torch, []
    for numbers in ([NAN], [NAN, 1.0], [1.0, NAN, NAN], [2.0, 2.0, 1.0], [INF, -INF]):
        for function in (
            lambda x: x.max(),
            lambda x: x.min(),
            lambda x: x[-1].max(),
            lambda x: x.median(),
            lambda x: x.max(0)[0],
        ):
            for dtype in (t.float64, t.bfloat16):
                x = t.tensor(numbers, dtype=dtype, requires_grad=True)
                function(x).backward()
                answers.append(x.grad)
    return answers
