"""Finding a learning rate by a short run in which it rises (Smith 2017, Cyclical Learning Rates, section 3.3)."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ferrotorch as torch
from ferrotorch.fit import arguments, loop, parallel, random_state
from ferrotorch.fit.diagnosis import not_finite
from ferrotorch.fit.errors import FitError
from ferrotorch.fit.history import new_figure

if TYPE_CHECKING:
    from ferrotorch.fit.trainer import Trainer

__all__ = ["LearningRates", "find"]

# Losses are smoothed over about ten steps, and a run in which they grow fourfold is over.
_SMOOTHING, _DIVERGED = 0.9, 4.0


class LearningRates:
    """Learning rates that were tried, and the smoothed losses that they gave."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.losses: list[float] = []

    @property
    def suggestion(self) -> float:
        """The rate where the loss falls fastest over the logarithm of the rate.

        Raises:
            ValueError: fewer than three rates were tried.
        """
        if len(self.losses) < 3:
            raise ValueError(f"find_lr: {len(self.losses)} rates were tried before the loss diverged; begin lower")
        slopes = [after - before for before, after in zip(self.losses, self.losses[2:], strict=False)]
        return self.rates[1 + slopes.index(min(slopes))]

    def plot(self, path: Any = None) -> Any:
        """The losses over the rates, with the suggestion: a matplotlib figure, saved at ``path`` if given.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = new_figure("LearningRates.plot")
        axis = figure.subplots()
        axis.semilogx(self.rates, self.losses)
        axis.axvline(self.suggestion, linestyle=":", label=f"{self.suggestion:.2g}")
        axis.set(xlabel="learning rate", ylabel="loss")
        axis.legend()
        if path is not None:
            figure.savefig(path, dpi=110)
        return figure


def find(trainer: Trainer, batches: Any, start: float, end: float, steps: int) -> LearningRates:
    """Train over ``steps`` batches with rates from ``start`` to ``end``, and put everything back."""
    if not 0 < start < end or steps < 3:
        raise ValueError(f"find_lr: expected 0 < start < end and steps >= 3, got {start}, {end}, {steps}")
    if arguments.closes_over_steps(trainer.optimizer):
        raise ValueError(f"find_lr: {type(trainer.optimizer).__name__} chooses the length of each step itself")
    model, optimizer = trainer.model, trainer.optimizer
    kept = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict())
    numbers = random_state.get_state(batches.generators, trainer.device)
    try:
        return _rise(trainer, batches, start, end, steps)
    finally:
        optimizer.zero_grad()
        model.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])
        random_state.set_state(numbers, batches.generators, trainer.device)


def _rise(trainer: Trainer, batches: Any, start: float, end: float, steps: int) -> LearningRates:
    found, mean, forward = LearningRates(), 0.0, loop.Forward(trainer, "in find_lr").compute
    trainer.model.train()
    for step, batch in enumerate(_repeated(batches, steps)):
        inputs, target = trainer.prepare(batch)
        rate = start * (end / start) ** (step / (steps - 1))
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        trainer.optimizer.zero_grad()
        _, loss = forward(inputs, target, step)
        # Of all processes, which must end at the same rate.
        value = torch.stack(parallel.gather(loss.detach().cpu())).mean().item()
        if not step and not math.isfinite(value):
            raise not_finite(trainer.model, 1, (inputs, target), value, trainer.kept())
        loss.backward()
        parallel.average_gradients(p for group in trainer.optimizer.param_groups for p in group["params"])
        trainer.optimizer.step()
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * value
        smooth = mean / (1 - _SMOOTHING ** (step + 1))
        if not math.isfinite(smooth) or (found.losses and smooth > _DIVERGED * min(found.losses)):
            break
        found.rates.append(rate)
        found.losses.append(smooth)
    return found


def _repeated(batches: Any, steps: int) -> Iterator[Any]:
    """So many batches, begun again where they end; fewer of an iterator, which ends for good."""
    left = steps
    while left:
        before = left
        for batch in itertools.islice(batches.start(0), left):
            left -= 1
            yield batch
        if left == before:
            break
    if left == steps:
        raise FitError("find_lr: the data yielded no batch")
