"""Losses against their formulas, in each reduction."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, draw, same

F = torch.nn.functional


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


ELEMENTWISE = {
    "mse_loss": lambda x, y: (x - y) ** 2,
    "l1_loss": lambda x, y: abs(x - y),
    "smooth_l1_loss": lambda x, y: np.where(abs(x - y) < 1, (x - y) ** 2 / 2, abs(x - y) - 0.5),
    "huber_loss": lambda x, y: np.where(abs(x - y) < 1, (x - y) ** 2 / 2, abs(x - y) - 0.5),
    "binary_cross_entropy": lambda x, y: -(y * np.log(x) + (1 - y) * np.log(1 - x)),
    "binary_cross_entropy_with_logits": lambda x, y: np.log1p(np.exp(-x)) + (1 - y) * x,
    "kl_div": lambda x, y: y * (np.log(y) - x),
    "poisson_nll_loss": lambda x, y: np.exp(x) - y * x,
    "soft_margin_loss": lambda x, y: np.log1p(np.exp(-y * x)),
}
REDUCTIONS = {"none": lambda x: x, "sum": np.sum, "mean": np.mean}


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.filterwarnings("ignore:reduction")
def test_elementwise(name, reduction, device):
    for shape in [(5,), (3, 4), (2, 3, 40)]:
        compare(
            lambda x, y: getattr(F, name)(x, y, reduction=reduction),
            lambda x, y: REDUCTIONS[reduction](ELEMENTWISE[name](x, y)),
            [shape, shape],
            device,
            0.1,
            0.9,
        )


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss"])
def test_far_from_the_target(name, device):
    compare(getattr(F, name), lambda x, y: ELEMENTWISE[name](x, y).mean(), [(40,), (40,)], device, -4, 4)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignored", [-100, 1])
def test_cross_entropy(reduction, ignored, device):
    x, target = draw((6, 5)), np.array([0, 1, 4, 1, 2, 3])
    weight = draw((5,), 0.5, 2, seed=1)
    scale = weight[target] * (target != ignored)
    losses = -log_softmax(x)[np.arange(6), target] * scale
    want = losses if reduction == "none" else losses.sum() / (scale.sum() if reduction == "mean" else 1)
    t, w = torch.from_numpy(target).to(device), torch.from_numpy(weight).to(device)
    logits = torch.from_numpy(x).to(device)
    same(F.cross_entropy(logits, t, w, ignore_index=ignored, reduction=reduction), want)
    same(F.nll_loss(logits.log_softmax(1), t, w, ignore_index=ignored, reduction=reduction), want)


def test_soft_targets_and_smoothing(device):
    x, p = draw((4, 3)), np.exp(log_softmax(draw((4, 3), seed=1)))
    logits = torch.from_numpy(x).to(device)
    same(F.cross_entropy(logits, torch.from_numpy(p).to(device)), -(p * log_softmax(x)).sum(1).mean())
    smooth = np.eye(3)[[0, 2, 1, 1]] * 0.7 + 0.1
    target = torch.tensor([0, 2, 1, 1], device=device)
    same(F.cross_entropy(logits, target, label_smoothing=0.3), -(smooth * log_softmax(x)).sum(1).mean())


def test_refused(device):
    x = torch.zeros(2, 3, device=device)
    for call, error, message in (
        (lambda: F.cross_entropy(x, torch.tensor([0, 3], device=device)).item(), IndexError, "3 is out of"),
        (lambda: F.cross_entropy(x, torch.tensor([0, -1], device=device)).item(), IndexError, "-1 is out of"),
        (lambda: F.cross_entropy(x, torch.tensor([0], device=device)), ValueError, r"\[2, 3\] to match target \[1\]"),
        (lambda: F.mse_loss(x, x, reduction="median"), ValueError, "median is not a valid"),
        (lambda: F.binary_cross_entropy(x, torch.zeros(3, device=device)), ValueError, r"\[3\].*\[2, 3\]"),
    ):
        with pytest.raises(error, match=message):
            call()
