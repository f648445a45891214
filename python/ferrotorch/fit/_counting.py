"""What metrics have in common: sums that batches add to, and classes from scores."""

from __future__ import annotations

from functools import reduce
from typing import Any

import ferrotorch as torch
from ferrotorch.fit import parallel
from ferrotorch.fit.batches import map_tensors

__all__ = ["Metric", "classes_of", "one_score", "require_labels"]

# Batches whose numbers wait on their device. Reading them one by one would make a GPU wait after each.
_WAITING = 64


class Metric:
    """A metric that is a function of numbers of batches which can be joined, by default added.

    A subclass says what a batch counts (``_batch``, a tensor on the device of the predictions) and what the joined
    numbers mean (``_result``). Numbers of all processes are joined where several train together.
    """

    name: str = ""
    #: Which way is better, for best checkpoints and early stopping.
    higher_is_better = False

    def __init__(self) -> None:
        self._joined: torch.Tensor | None = None
        self._waiting: list[torch.Tensor] = []

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        raise TypeError(f"{type(self).__name__} does not say what a batch counts: define _batch")

    def _join(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return one + other

    def _result(self, sums: torch.Tensor) -> Any:
        return sums

    def update(self, pred: torch.Tensor, target: torch.Tensor) -> None:
        """Count a batch of predictions.

        Raises:
            ValueError: shapes or labels do not fit.
        """
        with torch.no_grad():
            self._waiting.append(self._batch(map_tensors(pred, torch.Tensor.detach), target))
        if len(self._waiting) >= _WAITING:
            self._settle()

    def _settle(self) -> None:
        found = [numbers.cpu().double() for numbers in self._waiting]
        self._waiting.clear()
        parts = found if self._joined is None else [self._joined, *found]
        if parts:
            self._joined = reduce(self._join, parts)

    def compute(self) -> Any:
        """The value for all that was counted since the last :meth:`reset`; NaN for nothing."""
        self._settle()
        mine = torch.empty(0) if self._joined is None else self._joined
        parts = [part for part in parallel.gather(mine) if len(part)]
        return self._result(reduce(self._join, parts)) if parts else float("nan")

    def reset(self) -> None:
        """Begin again from nothing."""
        self._joined = None
        self._waiting.clear()

    def state_dict(self) -> dict[str, Any]:
        """What was counted, as :func:`ferrotorch.save` writes it."""
        self._settle()
        return {"joined": self._joined}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""
        self.reset()
        self._joined = state["joined"]


def one_score(pred: torch.Tensor, target: torch.Tensor) -> bool:
    """Whether there is one floating-point score for each target."""
    if not pred.is_floating_point():
        return False
    return pred.numel() == target.numel() and (pred.dim() <= target.dim() or pred.shape[1] == 1)


def classes_of(pred: torch.Tensor, target: torch.Tensor, threshold: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Predicted and true classes, as int64 tensors of one shape.

    Raises:
        ValueError: the predictions are neither scores of classes, nor classes, nor one score for each target.
    """
    if one_score(pred, target):
        classes = (pred > threshold).long().reshape(target.shape)
    elif pred.is_floating_point() and pred.dim() == target.dim() + 1:
        classes = pred.argmax(1)
    else:
        classes = pred.long()
    if classes.shape != target.shape:
        raise ValueError(
            f"a metric of classes: predictions of shape {tuple(pred.shape)} do not go with targets of shape "
            f"{tuple(target.shape)}; expected (N, C, ...) scores, or the shape of the targets"
        )
    return classes, target


def require_labels(name: str, labels: torch.Tensor, count: int) -> None:
    """Raise a ValueError that names labels out of range 0 to ``count - 1``."""
    if labels.numel() and (int(labels.min()) < 0 or int(labels.max()) >= count):
        raise ValueError(
            f"{name}: expected labels of 0 to {count - 1}, got labels from {int(labels.min())} to {int(labels.max())}"
        )
