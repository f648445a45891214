"""Gradients of bags of embeddings that are divided by how often a row was named."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

INDICES = torch.tensor([0, 2, 1, 2, 2, 4])
SUMS, MEANS = ([0, 2, 2, 5], [0, 1, 6, 6])


@pytest.mark.parametrize(
    ("mode", "padding", "offsets", "want"),
    [
        ("sum", None, SUMS, [1, 1, 1, 0, 1]),
        ("sum", None, MEANS, [1, 1, 1, 0, 1]),
        ("sum", 2, SUMS, [1, 1, 0, 0, 1]),
        ("mean", None, SUMS, [0.5, 1 / 3, 7 / 18, 0, 1]),
        ("mean", None, MEANS, [1, 0.2, 0.2, 0, 0.2]),
        ("mean", 2, SUMS, [1, 1, 0, 0, 1]),
        ("mean", 2, MEANS, [1, 0.5, 0, 0, 0.5]),
    ],
)
def test_places_that_do_not_count_are_no_uses(mode, padding, offsets, want, device):
    weight = torch.arange(10.0, device=device).reshape(5, 2).requires_grad_()
    indices, starts = INDICES.to(device), torch.tensor(offsets, device=device)
    bags = F.embedding_bag(indices, weight, starts, mode=mode, scale_grad_by_freq=True, padding_idx=padding)
    plain = F.embedding_bag(indices, weight, starts, mode=mode, padding_idx=padding)
    assert torch.equal(bags, plain)
    bags.sum().backward()
    assert weight.grad[:, 0].tolist() == pytest.approx(want)
