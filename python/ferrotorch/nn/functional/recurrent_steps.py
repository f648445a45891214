"""Steps of recurrent layers, one after the other, and what their gradients share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor

State = tuple[Tensor, ...]


def run_steps(
    step: Callable[[Tensor, State], State], projected: Tensor, state: State, order: range
) -> tuple[Tensor, State]:
    """Steps in an order: all hidden states (T, N, H) and the last state."""
    inputs = projected.unbind(0)
    outputs = list(inputs)
    for t in order:
        state = step(inputs[t], state)
        outputs[t] = state[0]
    return torch.stack(outputs), state


def shifted(states: Tensor, first: Tensor, order: range) -> Tensor:
    """For each step the state before it; ``first`` before all of them."""
    alone = first.unsqueeze(0)
    return torch.cat((alone, states[:-1]) if order.step > 0 else (states[1:], alone))


def differentiable(
    results: Callable[..., State], inputs: State, needed: Sequence[bool], gradients: State
) -> list[Tensor | None]:
    """The gradients of what ``results`` composes of ops, which can be differentiated again."""
    # Views: the first state may depend on the weight, too, and that way is the outer walk's.
    inputs = tuple(x.view_as(x) for x in inputs)
    wanted = [x for x, is_needed in zip(inputs, needed, strict=False) if is_needed]
    found = iter(torch.autograd.grad(results(*inputs), wanted, gradients, create_graph=True))
    return [next(found) if is_needed else None for _, is_needed in zip(inputs, needed, strict=False)]
