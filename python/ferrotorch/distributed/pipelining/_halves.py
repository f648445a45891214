"""A backward pass in two halves: gradients of inputs, which other stages wait for, and later those of weights.

Source: Qi et al., "Zero bubble pipeline parallelism" (2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.autograd.graph import GradientEdge

__all__ = ["Halves"]

Tensor = torch.Tensor


def _order(roots: Iterable[Any]) -> list[Any]:
    """All nodes of a graph, each behind those that its gradients go to."""
    ordered: list[Any] = []
    seen: set[Any] = set()
    stack = [(root, False) for root in roots]
    while stack:
        node, is_left = stack.pop()
        if is_left:
            ordered.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(below, False) for below, _ in node.next_functions if below is not None and below not in seen]
    return ordered


def _leaves_below(ordered: list[Any], leaves: Sequence[Tensor], skipped: set[Any]) -> dict[Any, set[int]]:
    """For each node the numbers of the leaves that its gradients come to, by ways that avoid some nodes."""
    numbers = {id(leaf): number for number, leaf in enumerate(leaves)}
    found: dict[Any, set[int]] = {}
    for node in ordered:
        own = numbers.get(id(getattr(node, "variable", None)))
        below = set() if own is None else {own}
        for other, _ in node.next_functions:
            if other is not None and other not in skipped:
                below |= found[other]
        found[node] = below
    return found


class Halves:
    """The backward pass of one micro-batch.

    Nodes on a way to an input are on the *spine*. A weight hangs at the node of the spine by which it is reached: the
    gradient that comes there while the inputs' are computed is kept, and is all that the weight's needs later.

    Args:
        outputs: What the pass begins from.
        gradients: Theirs; None of a loss.
        inputs: Tensors whose gradients are needed first.
        weights: Leaves.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor],
        gradients: Sequence[Tensor | None],
        inputs: Sequence[Tensor],
        weights: Sequence[Tensor],
    ) -> None:
        self._outputs, self._gradients, self._inputs = list(outputs), list(gradients), list(inputs)
        self._weights = [weight for weight in weights if weight.requires_grad]
        self._kept: dict[Any, Sequence[Tensor | None]] = {}
        self._hanging: dict[Any, list[Tensor]] = {}
        self._at_once: list[Tensor] = []
        if self._inputs:
            self._hang()

    def _hang(self) -> None:
        roots = [output.grad_fn for output in self._outputs if output.grad_fn is not None]
        ordered = _order(roots)
        to_inputs = _leaves_below(ordered, self._inputs, set())
        spine = {node for node in ordered if to_inputs[node]}
        to_weights = _leaves_below(ordered, self._weights, spine)
        holders: dict[int, list[Any]] = {}
        for node in ordered:
            for number in to_weights[node] if node in spine or node in roots else ():
                holders.setdefault(number, []).append(node)
        for number, nodes in holders.items():
            # One that hangs at several nodes would get twice what flows from one to the next, and the first half does
            # not come by an output that no input leads to.
            if len(nodes) > 1 or nodes[0] not in spine:
                self._at_once.append(self._weights[number])
            else:
                self._hanging.setdefault(nodes[0], []).append(self._weights[number])

    def of_inputs(self) -> list[Tensor | None]:
        """The first half: the inputs' gradients."""
        if not self._inputs:
            return []

        def keep(node: Any) -> Any:
            return lambda gradients: self._kept.__setitem__(node, gradients)

        hooks = [node.register_prehook(keep(node)) for node in self._hanging]
        try:
            torch.autograd.backward(
                self._outputs, self._gradients, retain_graph=True, inputs=[*self._inputs, *self._at_once]
            )
        finally:
            for hook in hooks:
                hook.remove()
        return [each.grad for each in self._inputs]

    def of_weights(self) -> None:
        """The second half: add the gradients of weights to those that they have."""
        if not self._inputs:
            torch.autograd.backward(self._outputs, self._gradients)
            return
        for node, weights in self._hanging.items():
            pairs = [(number, each) for number, each in enumerate(self._kept.get(node, ())) if each is not None]
            edges: list[Any] = [GradientEdge(node, number) for number, _ in pairs]
            if edges:
                torch.autograd.backward(edges, [each for _, each in pairs], retain_graph=True, inputs=weights)
        self._kept.clear()
