"""Arguments on which an op's gradient is checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ferrotorch as torch
import numpy as np

Shape = tuple[int, ...]


@dataclass
class Sample:
    """Shapes of the tensors an op is differentiated by, the interval of their values, and the rest of the call."""

    shapes: list[Shape]
    low: float = -2.0
    high: float = 2.0
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    packed: bool = False  # the tensors are passed as one list
    order: int = 2

    def tensors(self, seed: int, strided: bool = False) -> list[torch.Tensor]:
        rng = np.random.default_rng(seed)
        made = [
            torch.from_numpy(np.asarray(rng.uniform(self.low, self.high, s[::-1] if strided else s)))
            for s in self.shapes
        ]
        return [x.permute(*range(x.ndim)[::-1]) if strided and x.ndim else x for x in made]

    def bind(self, op: Callable[..., Any]) -> Callable[..., Any]:
        def call(*tensors: torch.Tensor) -> Any:
            return (
                op(list(tensors), *self.args, **self.kwargs) if self.packed else op(*tensors, *self.args, **self.kwargs)
            )

        return call


def s(
    *shapes: Shape,
    args: tuple[Any, ...] = (),
    low: float = -2.0,
    high: float = 2.0,
    packed: bool = False,
    order: int = 2,
    **kwargs: Any,
) -> Sample:
    return Sample(list(shapes), low, high, args, kwargs, packed, order)


def one(low: float = -2.0, high: float = 2.0, **kwargs: Any) -> list[Sample]:
    return [s(shape, low=low, high=high, **kwargs) for shape in [(2, 3), (), (0, 3), (1,)]]


def two(low: float = -2.0, high: float = 2.0, **kwargs: Any) -> list[Sample]:
    pairs = [((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2,)), ((0, 3), (1, 3)), ((3, 1, 2), (2, 1))]
    return [s(*pair, low=low, high=high, **kwargs) for pair in pairs]
