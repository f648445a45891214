"""Losses of classes against their formula: every total, weights, smoothing, shapes, numbers of positions."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import numpy as np
import pytest

SHAPES = [(1, 1), (3, 5), (7, 33), (5, 64), (4, 129), (300, 10), (130, 1000), (2, 3, 4), (2, 21, 5, 7), (1, 70, 3)]


def reference(scores, classes, weight, smoothing, ignored):
    """Each loss and each position's share of the mean, in float64."""
    shifted = scores - scores.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    counted = classes != ignored
    safe = np.where(counted, classes, 0)
    picked = np.take_along_axis(logs, safe[:, None], 1)[:, 0]
    shares = weight[safe] * counted
    spread = (weight.reshape(1, -1, *[1] * (scores.ndim - 2)) * logs).sum(1) * counted
    return -(1 - smoothing) * shares * picked - smoothing / scores.shape[1] * spread, shares


def case(shape, seed):
    """Scores, classes of which some are -1, and weights."""
    draws = np.random.default_rng(seed)
    classes = draws.integers(0, shape[1], (shape[0], *shape[2:]))
    classes.reshape(-1)[1::4] = -1
    return draws.normal(size=shape) * 3, classes, draws.uniform(0.5, 2, shape[1])


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_losses_and_their_gradients(shape, weighted, smoothing, device):
    scores, classes, weight = case(shape, len(shape) + shape[1])
    used = weight if weighted else np.ones(shape[1])
    losses, shares = reference(scores, classes, used, smoothing, -1)
    dtype = torch.float64 if device == "cpu" else torch.float32
    x = torch.tensor(scores, dtype=dtype, device=device, requires_grad=True)
    y = torch.tensor(classes, device=device)
    w = torch.tensor(weight, dtype=dtype, device=device) if weighted else None
    expected = {"none": losses, "sum": losses.sum(), "mean": losses.sum() / shares.sum()}
    tolerance = 1e-11 if device == "cpu" else 2e-5
    for reduction, right in expected.items():
        loss = F.cross_entropy(x, y, w, ignore_index=-1, reduction=reduction, label_smoothing=smoothing)
        np.testing.assert_allclose(loss.detach().cpu().numpy(), right, rtol=tolerance, atol=tolerance)
    (gradient,) = torch.autograd.grad(loss, x)
    step = 1e-6
    for at in np.random.default_rng(0).integers(0, scores.size, 6):
        moved = [scores.copy(), scores.copy()]
        moved[0].reshape(-1)[at] += step
        moved[1].reshape(-1)[at] -= step
        up, down = (reference(m, classes, used, smoothing, -1)[0].sum() / shares.sum() for m in moved)
        assert gradient.reshape(-1)[at].item() == pytest.approx((up - down) / (2 * step), abs=1e-6, rel=1e-4)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_log_probabilities_give_the_same(shape):
    scores, classes, weight = case(shape, 3)
    x, y, w = torch.tensor(scores, requires_grad=True), torch.tensor(classes), torch.tensor(weight)
    direct = F.cross_entropy(x, y, w, ignore_index=-1)
    by_logs = F.nll_loss(F.log_softmax(x, 1), y, w, ignore_index=-1)
    assert direct.item() == pytest.approx(by_logs.item(), rel=1e-12)
    (one,), (other,) = torch.autograd.grad(direct, x), torch.autograd.grad(by_logs, x)
    torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-13)


def test_large_scores_lose_no_digits():
    x = torch.tensor([[20000.0, 20001.0, 19999.5], [-3e4, -3e4, -3e4]], requires_grad=True)
    y = torch.tensor([0, 2])
    losses = F.cross_entropy(x, y, reduction="none")
    expected = [math.log(1 + math.e + math.exp(-0.5)), math.log(3)]
    np.testing.assert_allclose(losses.detach().numpy(), expected, rtol=3e-7)
    (gradient,) = torch.autograd.grad(losses.sum(), x)
    shares = np.exp([0, 1, -0.5]) / np.exp([0, 1, -0.5]).sum()
    np.testing.assert_allclose(gradient.numpy(), [shares - [1, 0, 0], [1 / 3, 1 / 3, 1 / 3 - 1]], rtol=1e-5)


def test_scores_without_an_end():
    inf = math.inf
    x = torch.tensor([[-inf, 0.0, 0.0], [inf, 0.0, 0.0], [math.nan, 0.0, 0.0], [-inf, -inf, -inf], [0.0, -inf, -inf]])
    losses = F.cross_entropy(x, torch.tensor([0, 1, 1, 0, 0]), reduction="none").tolist()
    assert losses[0] == inf and losses[4] == 0.0
    assert all(map(math.isnan, losses[1:4]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_computed_in_float32(dtype):
    scores, classes, weight = case((9, 40), 5)
    x = torch.tensor(scores).to(dtype).requires_grad_()
    losses, shares = reference(x.detach().double().numpy(), classes, weight, 0.1, -1)
    weights = torch.tensor(weight).to(dtype)
    loss = F.cross_entropy(x, torch.tensor(classes), weights, ignore_index=-1, label_smoothing=0.1)
    assert loss.dtype == dtype
    assert loss.item() == pytest.approx(losses.sum() / shares.sum(), rel=2e-2)
    loss.backward()
    assert x.grad.dtype == dtype and x.grad[1].abs().sum() == 0 and x.grad[0].abs().sum() > 0


def test_nothing_counts():
    x = torch.randn(3, 4, requires_grad=True)
    y = torch.full((3,), -100)
    assert F.cross_entropy(x, y, reduction="sum").item() == 0.0
    assert math.isnan(F.cross_entropy(x, y).item())
    assert F.cross_entropy(x, y, reduction="none").tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("wrong", [-1, 4, 2**40])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_classes_out_of_range(loss, wrong):
    with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds"):
        loss(torch.randn(3, 4), torch.tensor([0, wrong, 1]))


def test_strided_scores_and_classes():
    scores, classes, weight = case((6, 12), 9)
    wide = torch.tensor(np.repeat(np.repeat(scores.T, 2, 1), 3, 0))
    x, y = wide[::3, ::2].T, torch.tensor(np.repeat(classes, 2))[::2]
    expected = F.cross_entropy(torch.tensor(scores), torch.tensor(classes), torch.tensor(weight), ignore_index=-1)
    assert F.cross_entropy(x, y, torch.tensor(weight), ignore_index=-1).item() == expected.item()


def test_threads_change_no_bit():
    x, y = torch.randn(2000, 300, requires_grad=True), torch.randint(0, 300, (2000,))
    threads, found = torch.get_num_threads(), []
    for count in (1, 2, 7):
        torch.set_num_threads(count)
        loss = F.cross_entropy(x, y)
        found.append((loss.item(), torch.autograd.grad(loss, x)[0]))
    torch.set_num_threads(threads)
    for loss, gradient in found[1:]:
        assert loss == found[0][0] and torch.equal(gradient, found[0][1])


def test_second_order():
    scores, classes, weight = case((3, 5), 2)
    y, w = torch.tensor(classes), torch.tensor(weight)
    for smoothing in (0.0, 0.2):
        loss = lambda x, s=smoothing: F.cross_entropy(x, y, w, ignore_index=-1, label_smoothing=s)  # noqa: E731
        assert torch.autograd.gradgradcheck(loss, (torch.tensor(scores, requires_grad=True),))
