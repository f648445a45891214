"""Gradients of sparse tensors: their layouts, their values, and how they are added up."""

from __future__ import annotations

import ferrotorch as torch
import pytest

DENSE = [[0.0, 0.0, 3.0], [4.0, 0.0, 5.0]]
PATTERN = [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0]]
FACTOR = torch.arange(6.0).reshape(3, 2)


def leaf(layout="sparse_coo"):
    return torch.tensor(DENSE).to_sparse(layout=getattr(torch, layout)).requires_grad_()


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr"])
@pytest.mark.parametrize(
    ("product", "kind"),
    [
        (lambda x, d: torch.sparse.mm(x, d), "sparse"),
        (lambda x, d: torch.sparse.addmm(torch.ones(2, 2), x, d), "sparse"),
        (lambda x, d: torch.mm(x, d), "dense"),
        (lambda x, d: x @ d, "dense"),
        (lambda x, d: torch.addmm(torch.ones(2, 2), x, d), "dense"),
    ],
)
def test_products_have_gradients_of_both_factors(product, kind, layout):
    x, d = leaf(layout), FACTOR.clone().requires_grad_()
    product(x, d).sum().backward()
    full = [[1.0, 5.0, 9.0], [1.0, 5.0, 9.0]]
    masked = [[0.0, 0.0, 9.0], [1.0, 0.0, 9.0]]
    assert x.grad.layout == (getattr(torch, layout) if kind == "sparse" else torch.strided)
    assert x.grad.to_dense().tolist() == (masked if kind == "sparse" else full)
    assert d.grad.tolist() == [[4.0, 4.0], [0.0, 0.0], [8.0, 8.0]]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * 2, [2.0, 2.0, 2.0]),
        (lambda x: x / 2, [0.5, 0.5, 0.5]),
        (lambda x: -x, [-1.0, -1.0, -1.0]),
        (lambda x: x + x, [2.0, 2.0, 2.0]),
        (lambda x: x - x * 3, [-2.0, -2.0, -2.0]),
        (lambda x: x * x, [6.0, 8.0, 10.0]),
        (lambda x: x.pow(2), [6.0, 8.0, 10.0]),
        (lambda x: x * torch.arange(6.0).reshape(2, 3), [2.0, 3.0, 5.0]),
        (lambda x: x.t(), [1.0, 1.0, 1.0]),
        (lambda x: x.coalesce(), [1.0, 1.0, 1.0]),
        (lambda x: x.to_sparse_csr(), [1.0, 1.0, 1.0]),
        (lambda x: x.to_sparse_csc(), [1.0, 1.0, 1.0]),
        (lambda x: x.clone(), [1.0, 1.0, 1.0]),
        (lambda x: x.to(torch.float64), [1.0, 1.0, 1.0]),
        (lambda x: torch.cat([x, x]), [2.0, 2.0, 2.0]),
        (lambda x: x.unsqueeze(0), [1.0, 1.0, 1.0]),
        (lambda x: x[1], [0.0, 1.0, 1.0]),
        (lambda x: x.index_select(1, torch.tensor([2, 2])), [2.0, 0.0, 2.0]),
        (lambda x: torch.sparse.sum(x, 0), [1.0, 1.0, 1.0]),
        (lambda x: torch.sparse.mm(x, x.t()), [16.0, 8.0, 16.0]),
        (lambda x: torch.sparse.log_softmax(x, 1), [0.0, 0.46211713552474976, -0.46211719512939453]),
    ],
)
def test_gradients_keep_the_pattern(function, expected):
    x = leaf()
    function(x).to_dense().sum().backward()
    assert x.grad.is_sparse
    assert x.grad.coalesce().to_dense()[x.detach().to_dense() != 0].tolist() == pytest.approx(expected)
    assert x.grad.dtype == torch.float32


@pytest.mark.parametrize("masked", [True, False])
def test_conversion_restricts_the_gradient_to_what_is_stored_unless_told_otherwise(masked):
    x = leaf()
    x.to_dense(masked_grad=masked).sum().backward()
    assert x.grad.is_sparse
    assert x.grad.to_dense().tolist() == (PATTERN if masked else [[1.0] * 3] * 2)


def test_a_dense_sum_has_dense_gradients():
    x, e = leaf(), torch.ones(2, 3, requires_grad=True)
    (torch.arange(6.0).reshape(2, 3) * (e + x)).sum().backward()
    assert x.grad.tolist() == e.grad.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr"])
def test_zeros_count_in_a_sum_of_all_elements(layout):
    x = leaf(layout)
    x.sum().backward()
    assert x.grad.tolist() == [[1.0] * 3] * 2
    y = leaf()
    torch.sparse.sum(y).backward()
    assert y.grad.to_dense().tolist() == PATTERN


def test_values_given_to_a_constructor_are_differentiated_by():
    values = torch.tensor([3.0, 4.0, 5.0], requires_grad=True)
    indices = [[0, 1, 1], [2, 0, 2]]
    x = torch.sparse_coo_tensor(indices, values, (2, 3))
    assert x.requires_grad
    assert not x.is_leaf
    (x @ FACTOR).sum().backward()
    assert values.grad.tolist() == [9.0, 1.0, 9.0]
    values.grad = None
    (torch.sparse_csr_tensor([0, 1, 3], [2, 0, 2], values, (2, 3)) @ FACTOR).sum().backward()
    assert values.grad.tolist() == [9.0, 1.0, 9.0]


def test_repeated_coordinates_each_get_the_gradient():
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x = torch.sparse_coo_tensor([[1, 1, 0]], values, (2,))
    (x.coalesce().values() * torch.tensor([10.0, 20.0])).sum().backward()
    assert values.grad.tolist() == [20.0, 20.0, 10.0]


def test_second_derivatives_of_products():
    x, d = leaf(), FACTOR.clone().requires_grad_()
    product = torch.sparse.mm(x, d).pow(3).sum()
    (first,) = torch.autograd.grad(product, d, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), d)
    dense, e = torch.tensor(DENSE), FACTOR.clone().requires_grad_()
    (expected,) = torch.autograd.grad((dense @ e).pow(3).sum(), e, create_graph=True)
    assert first.tolist() == expected.tolist()
    assert second.tolist() == torch.autograd.grad(expected.sum(), e)[0].tolist()


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x * 2, "MulBackward0"),
        (lambda x: x + x, "AddBackward0"),
        (lambda x: x @ FACTOR, "MmBackward0"),
        (lambda x: torch.sparse.mm(x, FACTOR), "SparseAddmmBackward0"),
        (lambda x: torch.sparse.mm(x, x.t()), "SparseSparseMatmulBackward0"),
        (lambda x: x.to_dense(), "ToDenseBackward0"),
        (lambda x: x.coalesce().values(), "ValuesBackward0"),
        (lambda x: torch.add(torch.ones(2, 3), x), "AddBackward0"),
    ],
)
def test_nodes_have_the_names_of_their_ops(function, name):
    assert type(function(leaf()).grad_fn).__name__ == name


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
@pytest.mark.parametrize("masked", [True, False])
def test_derivatives_by_differences(layout, masked):
    check = torch.sparse.as_sparse_gradcheck(torch.autograd.gradcheck)
    x = torch.tensor(DENSE, dtype=torch.float64).to_sparse(layout=getattr(torch, layout)).requires_grad_()
    d = torch.arange(6.0, dtype=torch.float64).reshape(3, 2).sin().requires_grad_()
    assert check(lambda x, d: torch.sparse.mm(x, d), (x, d), masked=masked)
    assert check(lambda x: x.to_dense(), (x,), masked=masked)
    assert check(lambda x: x * 2 + x, (x,), masked=masked)


class TestEmbedding:
    """Sparse gradients of embedding tables."""

    def test_rows_that_were_looked_up_but_for_padding(self):
        table = torch.nn.Embedding(5, 2, sparse=True, padding_idx=1)
        table(torch.tensor([1, 2, 2, 3])).sum().backward()
        grad = table.weight.grad
        assert grad.is_sparse
        assert grad.shape == (5, 2)
        assert grad._indices().tolist() == [[2, 2, 3]]
        assert grad._values().tolist() == [[1.0, 1.0]] * 3

    def test_sums_of_sparse_gradients_are_merged(self):
        table = torch.nn.Embedding(5, 2, sparse=True)
        table(torch.tensor([2, 2, 3])).sum().backward()
        first = table.weight.grad
        table(torch.tensor([3, 4])).sum().backward()
        assert table.weight.grad is first
        assert first._indices().tolist() == [[2, 2, 3, 4]]
        assert first._values().tolist() == [[1.0, 1.0], [1.0, 1.0], [2.0, 2.0], [1.0, 1.0]]

    def test_a_dense_gradient_makes_the_sum_dense(self):
        table = torch.nn.Embedding(3, 2, sparse=True)
        table(torch.tensor([0])).sum().backward()
        table.weight.sum().backward()
        assert table.weight.grad.tolist() == [[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]]
        dense = table.weight.grad
        table(torch.tensor([2, 2])).sum().backward()
        assert table.weight.grad is dense
        assert dense.tolist() == [[2.0, 2.0], [1.0, 1.0], [3.0, 3.0]]

    def test_two_lookups_in_one_pass(self):
        table = torch.nn.Embedding(3, 1, sparse=True)
        (table(torch.tensor([0])) * 2 + table(torch.tensor([2]))).sum().backward()
        assert table.weight.grad.to_dense().tolist() == [[2.0], [0.0], [1.0]]

    @pytest.mark.parametrize(("mode", "expected"), [("sum", [1.0] * 3), ("mean", [1.0, 0.5, 0.5])])
    def test_bags(self, mode, expected):
        table = torch.nn.EmbeddingBag(5, 2, mode=mode, sparse=True)
        table(torch.tensor([1, 2, 4]), torch.tensor([0, 1])).sum().backward()
        grad = table.weight.grad
        assert grad._indices().tolist() == [[1, 2, 4]]
        assert grad._values()[:, 0].tolist() == expected

    def test_clipping_scales_the_values(self):
        table = torch.nn.EmbeddingBag(5, 2, mode="sum", sparse=True)
        table(torch.tensor([2, 2]), torch.tensor([0])).sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(table.parameters(), 0.1)
        assert norm.item() == pytest.approx(8**0.5)
        assert table.weight.grad.to_dense()[2].tolist() == pytest.approx([0.0707107, 0.0707107], rel=1e-4)

    def test_zeroing(self):
        table = torch.nn.Embedding(3, 2, sparse=True)
        table(torch.tensor([0])).sum().backward()
        torch.optim.SGD(table.parameters(), lr=0.1).zero_grad(set_to_none=False)
        assert table.weight.grad._nnz() == 0
        table.zero_grad()
        assert table.weight.grad is None

    def test_frequencies_do_not_go_with_sparse_gradients(self):
        table = torch.nn.Embedding(3, 2, sparse=True, scale_grad_by_freq=True)
        with pytest.raises(RuntimeError, match="scale_grad_by_freq not supported with sparse"):
            table(torch.tensor([0])).sum().backward()

    def test_hooks_see_sparse_gradients(self):
        table, seen = torch.nn.Embedding(3, 2, sparse=True), []
        table.weight.register_hook(lambda grad: seen.append(grad.is_sparse))
        table(torch.tensor([0])).sum().backward()
        assert seen == [True]
        assert table.weight.grad.is_sparse

    def test_gradients_of_autograd_grad_are_sparse(self):
        table = torch.nn.Embedding(3, 2, sparse=True)
        (grad,) = torch.autograd.grad(table(torch.tensor([1, 1])).sum(), table.weight)
        assert grad.layout == torch.sparse_coo
        assert grad.to_dense().tolist() == [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]


@pytest.mark.parametrize("product", [lambda e, x: e * x, lambda e, x: x * e], ids=["left", "right"])
def test_a_dense_leaf_times_a_sparse_tensor_has_a_sparse_gradient(product):
    e = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], [3.0, 4.0, 5.0], (2, 3)).requires_grad_()
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    torch.sparse.sum(product(e, x)).backward()
    assert (e.grad.layout, x.grad.layout) == (torch.sparse_coo, torch.sparse_coo)
    assert x.grad.to_dense().tolist() == [[0, 0, 3], [9, 0, 0]]
    assert e.grad.to_dense().tolist()[0] == [0, 0, 2]


def test_computed_and_broadcast_factors_of_sparse_tensors_have_dense_gradients():
    e = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
    x, row = torch.ones(2, 3, requires_grad=True), torch.ones(3, requires_grad=True)
    torch.sparse.sum(e * x.exp().log() * row).backward()
    assert x.grad.layout == row.grad.layout == torch.strided
    assert [[round(v, 4) for v in line] for line in x.grad.tolist()] == [[0, 0, 3], [4, 0, 5]]
    assert [round(v, 4) for v in row.grad.tolist()] == [4, 0, 8]


@pytest.mark.parametrize("convert", [torch.Tensor.to_sparse_coo, torch.Tensor.to_sparse_csr])
def test_a_dense_times_a_sparse_matrix_has_dense_gradients(convert):
    e = convert(torch.tensor([[0, 0, 3.0], [4, 0, 5]])).requires_grad_()
    x = torch.arange(6.0).reshape(3, 2).requires_grad_()
    product = x @ e
    assert product.tolist() == [[4, 0, 5], [12, 0, 21], [20, 0, 37]]
    product.sum().backward()
    assert e.grad.to_dense().tolist() == [[6, 6, 6], [9, 9, 9]]
    assert x.grad.tolist() == [[3, 9], [3, 9], [3, 9]]
