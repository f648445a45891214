"""Metrics against values worked out by hand or known from their definition."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import fit

SCORES = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 2.0], [1.0, 2.0, 0.0], [0.0, 1.0, 5.0]])
CLASSES = torch.tensor([0, 1, 1, 0, 2])


def measured(metric, pred, target, size=2):
    for first in range(0, len(pred), size):
        metric.update(pred[first : first + size], target[first : first + size])
    return metric.compute()


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (fit.Accuracy(), 3 / 5),
        (fit.TopK(2), 4 / 5),
        (fit.F1("micro"), 3 / 5),
        # Class by class: 2 TP / (2 TP + FP + FN) = 2/3, 2/4, 2/3.
        (fit.F1(), (2 / 3 + 1 / 2 + 2 / 3) / 3),
        (fit.F1("weighted"), (2 * 2 / 3 + 2 * 1 / 2 + 2 / 3) / 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_metrics_of_classes(metric, expected, size, device):
    metric.reset()
    assert measured(metric, SCORES.to(device), CLASSES.to(device), size) == pytest.approx(expected)


def test_confusion_matrix(device):
    counts = measured(fit.ConfusionMatrix(), SCORES.to(device), CLASSES.to(device))
    assert counts.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert measured(fit.ConfusionMatrix(3), SCORES.argmax(1), CLASSES).tolist() == counts.tolist()


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_one_score_means_two_classes(shape):
    logits, target = torch.tensor([-1.0, 2.0, 0.5, -3.0]).reshape(shape), torch.tensor([0, 1, 0, 1])
    assert measured(fit.Accuracy(), logits, target) == 0.5
    assert measured(fit.Accuracy(threshold=0.6), logits, target) == 0.75
    assert measured(fit.F1("binary"), logits, target) == 0.5
    assert measured(fit.ConfusionMatrix(), logits, target).tolist() == [[1, 1], [1, 1]]
    assert measured(fit.AUROC(), logits, target) == 0.5


def test_ignored_targets_are_left_out():
    target = torch.tensor([0, -100, 1, -100, 2])
    assert measured(fit.Accuracy(ignore_index=-100), SCORES, target) == pytest.approx(2 / 3)


def test_area_under_the_curve_counts_pairs():
    rng = np.random.default_rng(0)
    scores, target = rng.integers(0, 20, 300) / 4, rng.integers(0, 2, 300)
    ones, zeros = scores[target == 1], scores[target == 0]
    expected = np.mean((ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros))
    found = measured(fit.AUROC(), torch.from_numpy(scores), torch.from_numpy(target), 7)
    assert found == pytest.approx(expected, abs=1e-12)
    assert np.isnan(measured(fit.AUROC(), torch.rand(3), torch.ones(3, dtype=torch.int64)))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_metrics_of_numbers(offset):
    rng = np.random.default_rng(1)
    target = rng.normal(size=(50, 2)) + offset
    pred = target + rng.normal(size=(50, 2)) / 3
    for metric, expected in [
        (fit.MSE(), np.mean((pred - target) ** 2)),
        (fit.MAE(), np.mean(np.abs(pred - target))),
        (fit.R2(), 1 - np.sum((pred - target) ** 2) / np.sum((target - target.mean()) ** 2)),
    ]:
        assert measured(metric, torch.from_numpy(pred), torch.from_numpy(target), 7) == pytest.approx(
            expected, rel=1e-9
        )


@pytest.mark.parametrize("metric", [fit.Accuracy(), fit.R2(), fit.AUROC()], ids=lambda m: m.name)
def test_a_metric_goes_on_from_its_state(metric):
    pred, target = torch.tensor([0.3, -1.0, 2.0, 0.1]), torch.tensor([0.0, 0.0, 1.0, 1.0])
    metric.reset()
    whole = measured(metric, pred, target)
    metric.reset()
    metric.update(pred[:2], target[:2])
    other = type(metric)()
    other.load_state_dict(metric.state_dict())
    other.update(pred[2:], target[2:])
    assert other.compute() == whole
    other.reset()
    assert np.isnan(other.compute())


@pytest.mark.parametrize(
    ("metric", "pred", "target", "message"),
    [
        (fit.MSE(), torch.zeros(3, 1), torch.zeros(3), r"one shape, got \(3, 1\) and \(3,\)"),
        (fit.Accuracy(), torch.zeros(3, 4), torch.zeros(2, dtype=torch.int64), "do not go with targets"),
        (fit.TopK(5), torch.zeros(3, 4), torch.zeros(3, dtype=torch.int64), "at least 5 classes"),
        (fit.ConfusionMatrix(), torch.zeros(2, 3), torch.tensor([0, 3]), "labels of 0 to 2, got labels from 0 to 3"),
        (fit.ConfusionMatrix(), torch.tensor([0, 1]), torch.tensor([0, 1]), "give num_classes"),
    ],
)
def test_what_does_not_fit_is_refused(metric, pred, target, message):
    with pytest.raises(ValueError, match=message):
        metric.update(pred, target)
