"""Layers of recurrent networks on top of each other, in one or both directions."""

from __future__ import annotations

from collections.abc import Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.functional.dropouts import dropout
from ferrotorch.nn.functional.recurrent import LAYERS, LayerWeights
from ferrotorch.nn.functional.recurrent_steps import State


def run_stack(
    mode: str,
    input: Tensor,
    batch_sizes: list[int] | None,
    state: State,
    weights: Sequence[Sequence[LayerWeights]],
    p: float,
    training: bool,
) -> tuple[Tensor, State]:
    """All layers, each in all directions, over (T, N, I), or packed data where there are ``batch_sizes``.

    Args:
        mode: A key of ``LAYERS``.
        state: What layers begin with, each of shape (L * D, N, H).
        weights: For each layer those of its directions.
        p: Probability of dropout between layers.
    """
    run = LAYERS[mode]
    last: list[State] = []
    for layer, directions in enumerate(weights):
        if layer > 0 and p > 0:
            input = dropout(input, p, training)
        outputs = []
        for direction, own in enumerate(directions):
            first = tuple(s[layer * len(directions) + direction] for s in state)
            output, *final = run(input, batch_sizes, first, own, direction == 1)
            outputs.append(output)
            last.append(tuple(final))
        input = outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)
    return input, tuple(torch.stack(parts) for parts in zip(*last, strict=True))
