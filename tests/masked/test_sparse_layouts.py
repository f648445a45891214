"""Reductions with masks of sparse tensors, and masks that are sparse."""

from __future__ import annotations

import ferrotorch as torch
import pytest

X = torch.tensor([[1.0, 0.0, 3.0, -4.0], [0.0, 5.0, -6.0, 0.0], [0.0, 0.0, 0.0, 7.0]])
MASK = torch.tensor([[True, True, False, True], [False, True, True, False], [False] * 4])
MASKS = {
    "dense": MASK,
    "coordinates": MASK.to_sparse(),
    "rows": MASK.to_sparse_csr(),
    "with false": torch.sparse_coo_tensor(torch.ones(3, 4).nonzero().t(), MASK.reshape(-1), (3, 4)),
}
# What is stored of the reduction over rows and over columns, zeros that the mask names and nobody stored included.
STORED = {
    "sum": ([[0, 1, 2, 3], [1.0, 5.0, -6.0, -4.0]], [[0, 1], [-3.0, -1.0]]),
    "prod": ([[0, 1, 2, 3], [1.0, 0.0, -6.0, -4.0]], [[0, 1], [-0.0, -30.0]]),
    "amax": ([[0, 1, 2, 3], [1.0, 5.0, -6.0, -4.0]], [[0, 1], [1.0, 5.0]]),
    "amin": ([[0, 1, 2, 3], [1.0, 0.0, -6.0, -4.0]], [[0, 1], [-4.0, -6.0]]),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("name", STORED)
def test_coordinates(name, dim, mask):
    result = getattr(torch.masked, name)(X.to_sparse(), dim, mask=MASKS[mask])
    assert result.layout is torch.sparse_coo and not result.is_coalesced()
    assert [result._indices()[0].tolist(), result._values().tolist()] == STORED[name][dim]
    kept = getattr(torch.masked, name)(X.to_sparse(), dim, keepdim=True, mask=MASKS[mask])
    assert kept.to_dense().tolist() == result.to_dense().unsqueeze(dim).tolist()


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(
    ("name", "over_rows", "over_columns", "total"),
    [
        *((name, rows[1], columns[1], None) for name, (rows, columns) in STORED.items()),
        ("mean", [1.0, 2.5, -6.0, -4.0], [-1.0, -0.5], pytest.approx(-0.8)),
    ],
)
def test_compressed_rows(name, over_rows, over_columns, total, mask):
    function = getattr(torch.masked, name)
    result = function(X.to_sparse_csr(), 0, keepdim=True, mask=MASKS[mask])
    assert result.layout is torch.sparse_csr and result.shape == (1, 4)
    assert result.values().tolist() == over_rows
    result = function(X.to_sparse_csr(), 1, keepdim=True, mask=MASKS[mask])
    assert result.crow_indices().tolist() == [0, 1, 2, 2]
    assert result.values().tolist() == over_columns
    if total is not None:
        assert function(X.to_sparse_csr(), keepdim=True, mask=MASKS[mask]).values().item() == total
    with pytest.raises(RuntimeError, match="keepdim=False is unsupported"):
        function(X.to_sparse_csr(), 0, mask=MASK)


@pytest.mark.parametrize(
    ("name", "total", "of_none"), [("sum", -4.0, []), ("amax", 5.0, [-torch.inf]), ("amin", -6.0, [torch.inf])]
)
def test_over_everything(name, total, of_none):
    function = getattr(torch.masked, name)
    result = function(X.to_sparse(), mask=MASK)
    assert result.shape == () and result.is_coalesced() and result.values().tolist() == [total]
    assert function(X.to_sparse(), keepdim=True, mask=MASK).to_dense().tolist() == [[total]]
    assert function(X.to_sparse(), mask=torch.zeros_like(MASK)).values().tolist() == of_none


def test_products_that_are_zero():
    # A sparse tensor of one element does not store a zero; compressed rows do.
    assert torch.masked.prod(X.to_sparse(), mask=MASK)._nnz() == 0
    assert torch.masked.prod(X.to_sparse_csr(), keepdim=True, mask=MASK).values().tolist() == [0.0]


def test_without_a_mask():
    assert torch.masked.sum(X.to_sparse(), 1).to_dense().tolist() == [0.0, -1.0, 7.0]
    for name in ("prod", "amax", "amin"):
        with pytest.raises(ValueError, match=f"masked {name} expects explicit mask for sparse_coo tensor input"):
            getattr(torch.masked, name)(X.to_sparse(), 1)
    with pytest.raises(ValueError, match=r"masked mean expects strided or sparse_csr tensor \(got torch.sparse_coo"):
        torch.masked.mean(X.to_sparse(), 1, mask=MASK)
    with pytest.raises(
        ValueError, match=r"expects strided or sparse COO or sparse CSR tensor but got torch\.sparse_csc"
    ):
        torch.masked.sum(X.to_sparse_csc(), 1, keepdim=True)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (torch.bool, (torch.int64, [2, 2], [0, 1])),
        (torch.int8, (torch.int64, [-3, -1], [0, -30])),
        (torch.complex64, (torch.complex64, [-3, -1], [0, -30])),
        (torch.float16, (torch.float16, [-3, -1], [0, -30])),
    ],
)
def test_dtypes(dtype, expected):
    x = X.to_sparse().to(dtype)
    total, product = torch.masked.sum(x, 1, mask=MASK), torch.masked.prod(x, 1, mask=MASK)
    assert (total.dtype, total._values().tolist(), product._values().tolist()) == expected
    assert torch.masked.sum(X.to_sparse(), 1, mask=MASK, dtype=torch.float64).dtype is torch.float64


def test_values_with_dimensions_of_their_own():
    pairs, counts = torch.stack([X, X + 1], -1), torch.stack([MASK, ~MASK], -1)
    x = pairs.to_sparse(2)
    for name in ("sum", "amax", "prod"):
        result = getattr(torch.masked, name)(x, 2, mask=counts)
        dense = getattr(torch.masked, name)(pairs, 2, mask=counts)
        assert result.to_dense().tolist() == dense.tolist()


def test_gradients_go_to_what_is_stored():
    for x in (X.to_sparse(), X.to_sparse_csr()):
        x = x.requires_grad_()
        torch.masked.prod(x, 1, keepdim=True, mask=MASK).to_dense().sum().backward()
        assert x.grad.layout is x.layout
        assert x.grad.values().tolist() == [0.0, 0.0, 0.0, -6.0, 5.0, 0.0]


@pytest.mark.parametrize("mask", MASKS)
def test_sparse_masks_of_dense_tensors(mask):
    for name in ("sum", "mean", "var", "logsumexp", "softmax", "cumsum", "argmin"):
        function = getattr(torch.masked, name)
        assert torch.equal(function(X[:2], 1, mask=MASKS[mask].to_dense()[:2]), function(X, 1, mask=MASKS[mask])[:2])


@pytest.mark.parametrize("name", ["argmax", "median", "logsumexp", "softmax", "cumprod", "norm"])
def test_what_has_no_sparse_result(name):
    args = (2.0, 1) if name == "norm" else (1,)
    with pytest.raises(ValueError, match=rf"masked {name} expects strided tensor \(got torch.sparse_coo tensor\)"):
        getattr(torch.masked, name)(X.to_sparse(), *args, mask=MASK)


def test_sparse_tensors_of_one_element():
    assert torch.tensor(0.0).to_sparse()._nnz() == 0
    assert torch.tensor(3.0).to_sparse()._values().tolist() == [3.0]
    with pytest.raises(RuntimeError, match="must be in >0"):
        torch.zeros(3).to_sparse(0)
