"""Losses against their formulae."""

import itertools
import math

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn import functional as F

A = torch.tensor([0.5, -1.0, 2.0])
B = torch.tensor([0.0, 1.0, -1.0])
SIGN = torch.tensor([1.0, -1.0, 1.0])
PROBABILITY = torch.tensor([0.2, 0.5, 0.9])
TARGET = torch.tensor([0.0, 1.0, 0.25])


def softplus(x):
    return math.log1p(math.exp(x))


ELEMENTWISE = {
    "l1": (F.l1_loss, A, B, lambda x, t: abs(x - t)),
    "mse": (F.mse_loss, A, B, lambda x, t: (x - t) ** 2),
    "smooth_l1": (F.smooth_l1_loss, A, B, lambda x, t: (x - t) ** 2 / 2 if abs(x - t) < 1 else abs(x - t) - 0.5),
    "huber": (F.huber_loss, A, B, lambda x, t: (x - t) ** 2 / 2 if abs(x - t) < 1 else abs(x - t) - 0.5),
    "poisson_nll": (F.poisson_nll_loss, A, B, lambda x, t: math.exp(x) - t * x),
    "soft_margin": (F.soft_margin_loss, A, SIGN, lambda x, t: softplus(-t * x)),
    "hinge_embedding": (F.hinge_embedding_loss, A, SIGN, lambda x, t: x if t == 1 else max(0, 1 - x)),
    "bce": (
        F.binary_cross_entropy,
        PROBABILITY,
        TARGET,
        lambda x, t: -(t * math.log(x) + (1 - t) * math.log(1 - x)),
    ),
    "bce_with_logits": (
        F.binary_cross_entropy_with_logits,
        A,
        TARGET,
        lambda x, t: t * softplus(-x) + (1 - t) * softplus(x),
    ),
    "kl_div": (F.kl_div, A, PROBABILITY, lambda x, t: t * (math.log(t) - x)),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_losses_and_their_reductions(name):
    loss, x, target, formula = ELEMENTWISE[name]
    expected = torch.tensor([formula(a, b) for a, b in zip(x.tolist(), target.tolist(), strict=True)])
    assert torch.allclose(loss(x, target, reduction="none"), expected, atol=1e-5)
    assert torch.allclose(loss(x, target, reduction="sum"), expected.sum(), atol=1e-5)
    if name == "kl_div":
        with pytest.warns(UserWarning, match="'batchmean' divides"):
            mean = loss(x, target)
    else:
        mean = loss(x, target)
    assert torch.allclose(mean, expected.mean(), atol=1e-5)
    with pytest.raises(ValueError, match="abc is not a valid value for reduction"):
        loss(x, target, reduction="abc")


def test_legacy_flags_warn():
    with pytest.warns(UserWarning, match="use reduction='sum' instead"):
        assert float(F.l1_loss(A, B, size_average=False)) == pytest.approx(5.5)


def test_different_shapes_broadcast_with_a_warning():
    with pytest.warns(UserWarning, match="Using a target size"):
        assert F.mse_loss(A, torch.zeros(2, 3), reduction="none").shape == (2, 3)
    with pytest.raises(ValueError, match="must be the same as input size"):
        F.binary_cross_entropy_with_logits(A, torch.zeros(2, 3))


SCORES = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
CLASSES = torch.tensor([1, 0])


def test_cross_entropy_is_the_nll_of_log_softmax():
    log_probabilities = F.log_softmax(SCORES, 1)
    expected = -(log_probabilities[0, 1] + log_probabilities[1, 0]) / 2
    assert torch.allclose(F.cross_entropy(SCORES, CLASSES), expected)
    assert torch.allclose(F.nll_loss(log_probabilities, CLASSES), expected)
    assert torch.allclose(F.cross_entropy(SCORES, F.one_hot(CLASSES, 3).float()), expected)
    identity = torch.eye(3)
    assert torch.allclose(F.linear_cross_entropy(SCORES, identity, CLASSES), expected)


def test_ignored_targets_do_not_count():
    one = F.cross_entropy(SCORES[:1], CLASSES[:1])
    assert torch.allclose(F.cross_entropy(SCORES, torch.tensor([1, -100])), one)


def test_multi_margin():
    rows = [
        [max(0.0, 1 - s[t] + x) for j, x in enumerate(s) if j != t]
        for s, t in zip(SCORES.tolist(), [1, 0], strict=True)
    ]
    expected = [sum(row) / 3 for row in rows]
    assert F.multi_margin_loss(SCORES, CLASSES, reduction="none").tolist() == pytest.approx(expected)


def test_multilabel_margin_stops_at_the_first_negative_label():
    scores, labels = torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([3, 0, -1, 1])
    pairs = itertools.product((0.8, 0.1), (0.2, 0.4))
    expected = sum(max(0.0, 1 - (label - other)) for label, other in pairs) / 4
    assert float(F.multilabel_margin_loss(scores, labels)) == pytest.approx(expected)


def test_pairs_and_triplets():
    a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])
    assert float(F.triplet_margin_loss(a, p, n)) == pytest.approx(5 - 2 + 1, rel=1e-4)
    assert float(F.triplet_margin_with_distance_loss(a, p, n)) == pytest.approx(4, rel=1e-4)
    assert float(F.margin_ranking_loss(A, B, SIGN, margin=1.0, reduction="sum")) == pytest.approx(0.5)
    assert float(F.cosine_embedding_loss(p, n, torch.tensor([1]))) == pytest.approx(1 - 0.8, rel=1e-4)
    with pytest.raises(ValueError, match="margin must be greater than 0"):
        F.triplet_margin_loss(a, p, n, margin=0)


def test_gaussian_nll_is_minus_the_log_density():
    full = F.gaussian_nll_loss(A, B, 2.0, full=True, reduction="none")
    density = [
        math.exp(-((a - b) ** 2) / 4) / math.sqrt(4 * math.pi) for a, b in zip(A.tolist(), B.tolist(), strict=True)
    ]
    assert full.tolist() == pytest.approx([-math.log(d) for d in density], rel=1e-4)
    with pytest.raises(ValueError, match="var is of incorrect size"):
        F.gaussian_nll_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(5))


def alignments(target, steps, classes):
    """All paths of ``steps`` labels that collapse to ``target``, blank 0."""
    for path in itertools.product(range(classes), repeat=steps):
        merged = [label for label, _ in itertools.groupby(path)]
        if [label for label in merged if label] == target:
            yield path


@pytest.mark.parametrize("target", [[1], [1, 2], [1, 1], []])
def test_ctc_sums_over_all_alignments(target):
    torch.manual_seed(0)
    log_probs = torch.randn(4, 1, 3, dtype=torch.float64).log_softmax(2)
    total = sum(
        math.exp(sum(float(log_probs[t, 0, label]) for t, label in enumerate(path)))
        for path in alignments(target, 4, 3)
    )
    targets = torch.tensor([target], dtype=torch.int64).reshape(1, -1)
    loss = F.ctc_loss(log_probs, targets, [4], [len(target)], reduction="sum")
    assert float(loss) == pytest.approx(-math.log(total))


def test_ctc_without_an_alignment():
    log_probs = torch.zeros(1, 1, 3).log_softmax(2)
    arguments = (log_probs, torch.tensor([[1, 2]]), [1], [2])
    assert float(F.ctc_loss(*arguments)) == math.inf
    assert float(F.ctc_loss(*arguments, zero_infinity=True)) == 0.0


def test_loss_layers_keep_their_arguments():
    weight = torch.tensor([1.0, 2.0, 3.0])
    layer = nn.CrossEntropyLoss(weight, ignore_index=1, reduction="sum", label_smoothing=0.1)
    expected = F.cross_entropy(SCORES, CLASSES, weight, ignore_index=1, reduction="sum", label_smoothing=0.1)
    assert torch.equal(layer(SCORES, CLASSES), expected)
    assert list(layer.state_dict()) == ["weight"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.int32, torch.bool])
@pytest.mark.parametrize("loss", [F.nll_loss, F.cross_entropy])
def test_classes_are_long(loss, dtype):
    with pytest.raises(RuntimeError, match="Long or Byte"):
        loss(torch.ones(2, 3), torch.tensor([0, 1]).to(dtype))


def test_arguments_of_cross_entropy_that_do_not_go_together():
    scores = torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="weight of dtype"):
        F.cross_entropy(scores.double(), torch.tensor([0, 1]), torch.ones(3))
    with pytest.raises(RuntimeError, match="ignore_index"):
        F.cross_entropy(scores, scores, ignore_index=1)


def test_dtypes_of_binary_targets():
    p = torch.full((2,), 0.5)
    for target in (p.double(), p.long()):
        with pytest.raises(RuntimeError, match="target of dtype float32"):
            F.binary_cross_entropy(p, target)
    with pytest.raises(RuntimeError, match="int64"):
        F.binary_cross_entropy_with_logits(p, p.long())


def test_negative_smoothing_is_none():
    scores, classes = torch.tensor([[1.0, 2.0]]), torch.tensor([1])
    assert F.cross_entropy(scores, classes, label_smoothing=-1) == F.cross_entropy(scores, classes)
