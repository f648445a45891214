"""Old ways to say how losses are reduced: two flags, which may be numbers, and numbers in the functions of `torch`."""

import warnings

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn

X, Y = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([1.0, 0.0, 1.0])
SQUARES = [0.0, 4.0, 0.25]


@pytest.mark.parametrize(
    ("size_average", "reduce", "want"),
    [
        (None, True, 4.25 / 3),
        (True, None, 4.25 / 3),
        (1, None, 4.25 / 3),
        (False, None, 4.25),
        (0, None, 4.25),
        (0.0, 1, 4.25),
        (True, 0, SQUARES),
        (None, False, SQUARES),
    ],
)
def test_flags(size_average, reduce, want):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert F.mse_loss(X, Y, size_average, reduce).tolist() == pytest.approx(want)
        assert nn.MSELoss(size_average, reduce)(X, Y).tolist() == pytest.approx(want)


@pytest.mark.parametrize(
    ("compute", "want"),
    [
        (lambda: torch.kl_div(X, Y), [-1.0, 0.0, -0.5]),
        (lambda: torch.kl_div(X, Y, 1), -0.5),
        (lambda: torch.hinge_embedding_loss(X, Y), [1.0, 1.0, 0.5]),
        (lambda: torch.hinge_embedding_loss(X, Y, 1.0, 2), 2.5),
        (lambda: torch.binary_cross_entropy_with_logits(X, Y), [0.313262, 0.126928, 0.474077]),
        (lambda: torch.margin_ranking_loss(X, Y, torch.tensor([0.5, 2.0, -1.0])), [0.0, 4.0, 0.0]),
        (lambda: torch.triplet_margin_loss(X[None], Y[None], Y[None]), [1.0]),
        (lambda: torch.cosine_embedding_loss(X[None], X[None], torch.ones(1)), [0.0]),
    ],
)
def test_functions_of_torch_reduce_nothing_unless_told_to(compute, want):
    assert compute().tolist() == pytest.approx(want, abs=1e-6)


def test_a_histogram_has_a_hundred_bins():
    hist, edges = torch.histogram(torch.tensor([0.0, 0.5, 1.0, 1.0]))
    assert hist.nonzero().flatten().tolist() == [0, 50, 99]
    assert hist[99].item() == 2
    assert edges.shape == (101,)
    assert edges[25].item() == 0.25
