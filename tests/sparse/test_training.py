"""Training with sparse tensors: the losses are those of PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

import ferrotorch as torch
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import RUNS

LOSSES = {
    "gcn coo sparse.mm": [0.699623, 0.692138, 0.685239, 0.678738, 0.672097],
    "gcn csr sparse.mm": [0.699623, 0.692138, 0.685239, 0.678738, 0.672097],
    "gcn coo @": [0.699623, 0.692138, 0.685239, 0.678738, 0.672097],
    "gcn csr @": [0.699623, 0.692138, 0.685239, 0.678738, 0.672097],
    "attention": [0.872546, 0.305465, 0.247379, 0.218716, 0.200792],
    "factorisation SparseAdam": [2.359902, 2.031976, 1.852568, 1.270705, 1.095982, 1.205224],
    "factorisation SGD": [2.359902, 2.183989, 2.166067, 1.537478, 1.206852, 1.128604],
    "factorisation momentum": [2.359902, 2.267587, 2.273375, 1.568408, 1.164549, 1.029807],
    "factorisation Adagrad": [2.359902, 1.334774, 0.811743, 0.678909, 0.700051, 0.729972],
    "bags sum": [0.602446, 1.267485, 1.824031, 1.164836],
    "bags mean": [0.200077, 0.768437, 1.064722, 1.009904],
}


@pytest.mark.parametrize("name", RUNS)
def test_losses_are_the_recorded_ones(name):
    assert RUNS[name](torch) == pytest.approx(LOSSES[name], abs=2e-5)


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (torch.optim.Adam, "Adam does not support sparse gradients, please consider SparseAdam instead"),
        (torch.optim.RMSprop, "RMSprop does not support sparse gradients"),
        (torch.optim.Adadelta, "Adadelta does not support sparse gradients"),
    ],
)
def test_optimizers_without_a_rule_for_sparse_gradients_refuse_them(optimizer, text):
    table = torch.nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match=text):
        optimizer(table.parameters()).step()


def test_sparse_adam_wants_dense_parameters_and_sparse_gradients():
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="SparseAdam does not support dense gradients, please consider Adam instead"):
        torch.optim.SparseAdam([p]).step()
    with pytest.raises(ValueError, match=r"Sparse params at indices \[\[0, 0\]\]: SparseAdam requires dense"):
        torch.optim.SparseAdam([torch.eye(2).to_sparse().requires_grad_()])
    with pytest.raises(ValueError, match="Invalid learning rate: 0"):
        torch.optim.SparseAdam([p], lr=0)


def test_adagrad_has_no_decay_of_weights_for_sparse_gradients():
    table = torch.nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="weight_decay option is not compatible with sparse gradients"):
        torch.optim.Adagrad(table.parameters(), weight_decay=0.1).step()


def test_a_step_touches_the_rows_that_were_looked_up():
    table = torch.nn.Embedding(5, 2, sparse=True)
    before = table.weight.detach().clone()
    table(torch.tensor([1, 3, 1])).sum().backward()
    torch.optim.SparseAdam(table.parameters(), lr=0.1).step()
    moved = (before - table.weight.detach()).tolist()
    assert [[round(x, 4) for x in row] for row in moved] == [[0, 0], [0.1, 0.1], [0, 0], [0.1, 0.1], [0, 0]]


CHAINS = {
    "scaled": (lambda w: w * 2, [[2, 2], [4, 4], [0, 0]]),
    "relu": (lambda w: (w - 2).relu(), [[0, 0], [0, 2], [0, 0]]),
    "sliced": (lambda w: w[1:], [[0, 0], [1, 1], [2, 2]]),
    "transposed": (lambda w: w.reshape(2, 3).t().contiguous(), [[1, 2], [0, 1], [2, 0]]),
    "converted": (lambda w: w.double(), [[1, 1], [2, 2], [0, 0]]),
    "rotated": (lambda w: w @ torch.tensor([[0.0, 1.0], [2.0, 0.0]]), [[1, 2], [2, 4], [0, 0]]),
}


@pytest.mark.parametrize("name", CHAINS)
def test_the_table_of_a_sparse_embedding_may_be_computed(name):
    change, expected = CHAINS[name]
    w = torch.arange(6.0).reshape(3, 2).requires_grad_()
    torch.nn.functional.embedding(torch.tensor([1, 0, 1]), change(w), sparse=True).sum().backward()
    assert w.grad.to_dense().tolist() == expected


@pytest.mark.parametrize(("mode", "rows"), [("sum", [[2, 2], [6, 6], [0, 0]]), ("mean", [[1, 1], [3, 3], [0, 0]])])
def test_the_table_of_sparse_bags_may_be_computed(mode, rows):
    w = torch.arange(6.0).reshape(3, 2).requires_grad_()
    bags = torch.nn.functional.embedding_bag(torch.tensor([[0, 1], [1, 1]]), w * 2, mode=mode, sparse=True)
    bags.sum().backward()
    assert w.grad.to_dense().tolist() == rows


def test_dropout_lets_sparse_features_through_where_nothing_is_dropped():
    x = torch.eye(2).to_sparse()
    layer = torch.nn.Dropout(0.5)
    with pytest.raises(NotImplementedError, match=r"aten::bernoulli_\.float"):
        layer(x)
    assert layer.eval()(x) is x
    assert torch.nn.functional.dropout(x, 0.0) is x
    assert torch.dropout(x, 0.5, train=False) is x
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got 2"):
        torch.nn.functional.dropout(x, 2)


def test_a_sparse_gradient_keeps_its_rows_while_the_indices_are_overwritten():
    table = torch.nn.Embedding(5, 2, sparse=True)
    batch = torch.tensor([3, 1])
    table(batch).sum().backward()
    batch.fill_(0)
    assert table.weight.grad._indices().tolist() == [[3, 1]]
