"""Derivatives by central differences, for comparison with those of the library."""

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
import numpy as np

Function = Callable[..., Any]


def outputs(result: Any) -> list[torch.Tensor]:
    """The floating-point tensors among the results, those that have a derivative."""
    items = result if isinstance(result, (tuple, list)) else [result]
    return [x for x in items if isinstance(x, torch.Tensor) and x.is_floating_point()]


def projected(function: Function, inputs: Sequence[torch.Tensor], seed: int = 0) -> torch.Tensor:
    """One number out of all results: their product with fixed random weights, to test every entry at once."""
    rng = np.random.default_rng(seed)
    total = torch.zeros((), dtype=torch.float64)
    for y in outputs(function(*inputs)):
        total = (
            total + (y * torch.from_numpy(np.asarray(rng.uniform(0.5, 1.5, tuple(y.shape)))).to(y.dtype)).sum().double()
        )
    return total


def gradients(function: Function, inputs: Sequence[torch.Tensor], create_graph: bool = False) -> list[torch.Tensor]:
    y = projected(function, inputs)
    found = (
        torch.autograd.grad(y, list(inputs), create_graph=create_graph, allow_unused=True)
        if y.requires_grad
        else [None] * len(inputs)
    )
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True)]


def differences(function: Function, inputs: Sequence[torch.Tensor], step: float = 1e-6) -> list[np.ndarray]:
    """The derivative of `projected(function)` by each element of each input."""
    found = []
    for x in inputs:
        values = x.detach()
        slope = np.zeros(tuple(x.shape))
        for at in np.ndindex(*x.shape):
            old = values[at].item()
            sides = []
            for moved in (old + step, old - step):
                values[at] = moved
                sides.append(projected(function, inputs).item())
            values[at] = old
            slope[at] = (sides[0] - sides[1]) / (2 * step)
        found.append(slope)
    return found


def check(function: Function, inputs: Sequence[torch.Tensor], order: int = 2, tolerance: float = 1e-5) -> None:
    """Compares gradients to the given order with differences."""
    # The graph of an input ends there even where the input is a view.
    leaves = [x.detach().requires_grad_() for x in inputs]
    for got, want in zip(gradients(function, leaves), differences(function, leaves), strict=True):
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=tolerance, atol=tolerance)
    if order > 1:
        check(lambda *xs: gradients(function, xs, create_graph=True), inputs, order - 1, tolerance * 10)
