"""Measures of predictions, computed in tensor ops where the predictions are.

A metric is fed with batches and asked at the end. ``pred`` may be scores of classes (N, C, ...), classes themselves as
integers, or one score for each target (N,), (N, 1) for two classes.
"""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.fit._counting import Metric, classes_of, one_score, require_labels
from ferrotorch.fit.batches import shapes_of, size_of
from ferrotorch.fit.errors import FitError

__all__ = ["AUROC", "F1", "MAE", "MSE", "R2", "Accuracy", "ConfusionMatrix", "Metric", "TopK", "as_metrics", "count"]


class Accuracy(Metric):
    """The share of predictions that are right.

    Args:
        threshold: above which a single score means the second class: 0 for logits, 0.5 for probabilities.
        ignore_index: targets of this value are left out.
    """

    name, higher_is_better = "accuracy", True

    def __init__(self, threshold: float = 0.0, ignore_index: int | None = None) -> None:
        super().__init__()
        self.threshold, self.ignore_index = threshold, ignore_index

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        classes, target = classes_of(pred, target, self.threshold)
        right = classes == target
        if self.ignore_index is None:
            return torch.stack([right.sum(), torch.full_like(right.sum(), target.numel())])
        counted = target != self.ignore_index
        return torch.stack([(right & counted).sum(), counted.sum()])

    def _result(self, sums: torch.Tensor) -> float:
        return float(sums[0] / sums[1])


class TopK(Metric):
    """The share of targets that are among the ``k`` classes with the highest scores."""

    higher_is_better = True

    def __init__(self, k: int = 5) -> None:
        super().__init__()
        self.k, self.name = k, f"top{k}"

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if pred.dim() != target.dim() + 1 or pred.shape[1] < self.k:
            raise ValueError(
                f"TopK({self.k}): expected scores (N, C, ...) of at least {self.k} classes for targets of shape "
                f"{tuple(target.shape)}, got {tuple(pred.shape)}"
            )
        found = (pred.topk(self.k, 1).indices == target.unsqueeze(1)).any(1).sum()
        return torch.stack([found, torch.full_like(found, target.numel())])

    def _result(self, sums: torch.Tensor) -> float:
        return float(sums[0] / sums[1])


class ConfusionMatrix(Metric):
    """Counts (C, C), int64: row the true class, column the predicted one.

    Args:
        num_classes: C; None takes it from the scores.
        threshold: see :class:`Accuracy`.
    """

    name: str = "confusion"

    def __init__(self, num_classes: int | None = None, threshold: float = 0.0) -> None:
        super().__init__()
        self.num_classes, self.threshold = num_classes, threshold

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if self.num_classes is None:
            self.num_classes = self._count_classes(pred, target)
        count = self.num_classes
        classes, target = classes_of(pred, target, self.threshold)
        require_labels(type(self).__name__, target, count)
        require_labels(type(self).__name__, classes, count)
        return torch.bincount(target.reshape(-1).long() * count + classes.reshape(-1), minlength=count * count)

    def _count_classes(self, pred: torch.Tensor, target: torch.Tensor) -> int:
        if one_score(pred, target):
            return 2
        if not pred.is_floating_point():
            raise ValueError(f"{type(self).__name__}: predictions are classes, not scores: give num_classes")
        return pred.shape[1]

    def _result(self, sums: torch.Tensor) -> Any:
        count = int(sums.numel() ** 0.5)
        return sums.to(torch.int64).reshape(count, count)


class F1(ConfusionMatrix):
    """The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Args:
        average: ``"macro"`` (mean over classes), ``"weighted"`` (by how often they occur), ``"micro"`` (all counts
            together) or ``"binary"`` (of class 1).
        num_classes: see :class:`ConfusionMatrix`.
        threshold: see :class:`Accuracy`.

    A class that neither occurs nor is predicted counts as 0.
    """

    name, higher_is_better = "f1", True

    def __init__(self, average: str = "macro", num_classes: int | None = None, threshold: float = 0.0) -> None:
        super().__init__(num_classes, threshold)
        if average not in ("macro", "weighted", "micro", "binary"):
            raise ValueError(f"F1: average {average!r} is not one of 'macro', 'weighted', 'micro', 'binary'")
        self.average = average

    def _result(self, sums: torch.Tensor) -> float:
        counts = super()._result(sums).double()
        right, true, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)
        if self.average == "micro":
            return float(right.sum() / counts.sum())
        scores = 2 * right / (true + predicted).clamp(min=1)
        if self.average == "binary":
            return float(scores[1])
        return float(scores.mean() if self.average == "macro" else (scores * true).sum() / true.sum())


class MSE(Metric):
    """The mean of squared differences."""

    name = "mse"

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        difference = _difference("MSE", pred, target)
        return torch.stack([(difference * difference).sum(), difference.new_full((), difference.numel())])

    def _result(self, sums: torch.Tensor) -> float:
        return float(sums[0] / sums[1])


class MAE(Metric):
    """The mean of absolute differences."""

    name = "mae"

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        difference = _difference("MAE", pred, target)
        return torch.stack([difference.abs().sum(), difference.new_full((), difference.numel())])

    def _result(self, sums: torch.Tensor) -> float:
        return float(sums[0] / sums[1])


class R2(Metric):
    """The coefficient of determination: 1 minus squared errors over squared distances from the mean of the targets.

    Batches are joined by count, mean and squared distances (Chan, Golub and LeVeque 1983), which keeps its digits
    where targets are far from zero.
    """

    name, higher_is_better = "r2", True

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        difference = _difference("R2", pred, target)
        target = target.to(difference.dtype)
        mean = target.mean()
        return torch.stack(
            [
                difference.new_full((), target.numel()),
                mean,
                ((target - mean) ** 2).sum(),
                (difference * difference).sum(),
            ]
        )

    def _join(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        (n, mean, spread, errors), (m, its_mean, its_spread, its_errors) = one, other
        distance, count = its_mean - mean, n + m
        return torch.stack(
            [
                count,
                mean + distance * m / count,
                spread + its_spread + distance**2 * n * m / count,
                errors + its_errors,
            ]
        )

    def _result(self, sums: torch.Tensor) -> float:
        return float(1 - sums[3] / sums[2])


class AUROC(Metric):
    """The area under the receiver operating characteristic: how likely a positive scores above a negative.

    It is the Mann-Whitney statistic with ties counted half. Scores (N, C) of several classes give the mean over each
    class against the others. All scores are kept until :meth:`reset`. NaN where a class is all of the targets or none.
    """

    name, higher_is_better = "auroc", True

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        scores = pred.reshape(-1, 1) if one_score(pred, target) else pred
        if scores.dim() != 2 or len(scores) != target.numel():
            raise ValueError(
                f"AUROC: expected scores (N,), (N, 1) or (N, C) for N targets, got {tuple(pred.shape)} for "
                f"{tuple(target.shape)}"
            )
        return torch.cat([scores.float(), target.reshape(-1, 1).float()], 1)

    def _join(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return torch.cat([one, other])

    def _result(self, sums: torch.Tensor) -> float:
        scores, target = sums[:, :-1], sums[:, -1]
        if scores.shape[1] == 1:
            return _area(scores[:, 0], target > 0.5)
        areas = [_area(scores[:, i], target == i) for i in range(scores.shape[1])]
        return sum(areas) / len(areas)


def _area(scores: torch.Tensor, positive: torch.Tensor) -> float:
    ordered, scores = scores.sort().values, scores.contiguous()
    # The mean rank of equal scores, counted from 1.
    below, upto = torch.searchsorted(ordered, scores), torch.searchsorted(ordered, scores, right=True)
    ranks = (below + upto + 1).double() / 2
    ones = int(positive.sum())
    zeros = len(scores) - ones
    if not ones or not zeros:
        return float("nan")
    return (float(ranks[positive].sum()) - ones * (ones + 1) / 2) / (ones * zeros)


def _difference(name: str, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The difference in float64, on GPUs in float32, of two tensors of one shape."""
    if pred.shape != target.shape:
        shapes = f"{tuple(pred.shape)} and {tuple(target.shape)}"
        raise ValueError(f"{name}: expected predictions and targets of one shape, got {shapes}")
    return pred.double() - target if pred.device.type == "cpu" else pred.float() - target


class _Mean(Metric):
    """The mean of what a function says of batches, by their sizes."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self._function = function
        self.name = getattr(function, "__name__", type(function).__name__)

    def _batch(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        try:
            value = torch.as_tensor(self._function(pred, target), dtype=torch.float32).detach().cpu()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            shapes = f"{shapes_of(pred)} and {shapes_of(target)}"
            raise FitError(
                f"fit: metric {self.name!r} failed on output and target of shapes {shapes}: {said}"
            ) from error
        size = size_of(target)
        return torch.stack([value * size, torch.tensor(float(size))])

    def _result(self, sums: torch.Tensor) -> float:
        return float(sums[0] / sums[1])


_NAMED: dict[str, type[Metric]] = {kind.name: kind for kind in (Accuracy, ConfusionMatrix, F1, MSE, MAE, R2, AUROC)}


def count(metric: Any, output: Any, target: Any) -> None:
    """Let a metric count a batch.

    Raises:
        FitError: the metric is of one tensor each, and the model returns, or the targets are, several.
    """
    several = not (isinstance(output, torch.Tensor) and isinstance(target, torch.Tensor))
    if several and isinstance(metric, Metric) and not isinstance(metric, _Mean):
        raise FitError(
            f"fit: metric {metric.name!r} compares two tensors; the model returns {shapes_of(output)}, the targets are "
            f"{shapes_of(target)}: pass a function of (output, target) that chooses"
        )
    metric.update(output, target)


def as_metrics(metrics: Any) -> dict[str, Any]:
    """Metrics by name, from names, objects, functions of (pred, target), a list of such or a dict.

    Raises:
        ValueError: there is no metric of that name, or two have the same.
        TypeError: it is no metric.
    """
    if metrics is None:
        return {}
    if isinstance(metrics, dict):
        return {name: _as_metric(metric) for name, metric in metrics.items()}
    found: dict[str, Any] = {}
    for metric in metrics if isinstance(metrics, (list, tuple)) else [metrics]:
        made = _as_metric(metric)
        name = getattr(made, "name", None) or type(made).__name__.lower()
        if name in found:
            raise ValueError(f"Trainer: two metrics are called {name!r}; give them names in a dict")
        found[name] = made
    return found


def _as_metric(metric: Any) -> Any:
    if isinstance(metric, str):
        if metric.startswith("top") and metric[3:].isdigit():
            return TopK(int(metric[3:]))
        if metric not in _NAMED:
            raise ValueError(f"Trainer: no metric {metric!r}; there are {', '.join(_NAMED)} and top<k>")
        return _NAMED[metric]()
    if isinstance(metric, type):
        return metric()
    if all(callable(getattr(metric, name, None)) for name in ("update", "compute", "reset")):
        return metric
    if callable(metric):
        return _Mean(metric)
    raise TypeError(f"Trainer: a metric has update, compute and reset, or is a function; got {type(metric).__name__}")
