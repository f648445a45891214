"""Conversions between the layouts."""

from __future__ import annotations

import itertools

import ferrotorch as torch
import pytest

LAYOUTS = ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"]


def converted(x, layout):
    blocks = {"blocksize": (2, 3)} if layout in ("sparse_bsr", "sparse_bsc") else {}
    return x.to_sparse(layout=getattr(torch, layout), **blocks)


def random(*shape):
    torch.manual_seed(0)
    return torch.where(torch.rand(shape) < 0.4, torch.randn(shape), 0)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(LAYOUTS, LAYOUTS)))
def test_from_one_layout_to_another(first, second):
    x = random(4, 6)
    a = converted(x, first)
    assert (a.layout, a.to_dense().tolist()) == (getattr(torch, first), x.tolist())
    if first in ("sparse_bsr", "sparse_bsc") and second in ("sparse_csr", "sparse_csc"):
        with pytest.raises(RuntimeError, match="expected SparseCsr or SparseCsc layout"):
            converted(a, second)
        return
    b = converted(a, second)
    assert (b.layout, b.to_dense().tolist()) == (getattr(torch, second), x.tolist())


@pytest.mark.parametrize("sparse_dim", [1, 2, 3])
def test_leading_dimensions_have_coordinates(sparse_dim):
    x = random(3, 2, 4)
    x[1] = 0
    y = x.to_sparse(sparse_dim)
    assert (y.sparse_dim(), y.dense_dim(), y.is_coalesced()) == (sparse_dim, 3 - sparse_dim, True)
    assert y.to_dense().tolist() == x.tolist()
    if sparse_dim == 1:
        assert y.indices().tolist() == [[0, 2]]


def test_batches_have_as_many_entries_each():
    x = torch.stack([torch.eye(2), torch.ones(2, 2).tril().triu()])
    y = x.to_sparse_csr()
    assert y.crow_indices().tolist() == [[0, 1, 2], [0, 1, 2]]
    assert y.to_dense().tolist() == x.tolist()
    assert y[1].to_dense().tolist() == x[1].tolist()
    with pytest.raises(RuntimeError, match="Expect the same number of specified elements per batch"):
        torch.stack([torch.eye(2), torch.ones(2, 2)]).to_sparse_csr()


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (lambda: torch.ones(2, 2).to_sparse(3), r"sparse_dim argument must be in \[0,2\] range, but 3 is given"),
        (
            lambda: torch.ones(2, 2).to_sparse_bsr((3, 1)),
            r"tensor sparse size \(2,2\) must be divisible by given blocksize",
        ),
        (lambda: torch.ones(2, 2).to_sparse(blocksize=(1, 1)), "with blocksize argument given is not supported"),
        (lambda: torch.ones(2).to_sparse().to_sparse_csr(), r"with sparse_dim\(\)!=2 is not supported"),
        (lambda: torch.eye(2).to_sparse().to_sparse(1), r"sparse_dim argument !=self.sparse_dim\(\) is not supported"),
        (
            lambda: torch.eye(2).to_sparse().to_dense(torch.float64),
            "dtype argument is not supported by sparse_to_dense",
        ),
    ],
)
def test_what_cannot_be_converted(convert, text):
    with pytest.raises(RuntimeError, match=text):
        convert()


def test_conversion_of_a_dense_tensor_is_differentiable():
    for layout in LAYOUTS:
        x = random(4, 6).requires_grad_()
        (converted(x, layout).to_dense() * torch.arange(24.0).reshape(4, 6)).sum().backward()
        assert x.grad[x != 0].tolist() == torch.arange(24.0).reshape(4, 6)[x != 0].tolist()


@pytest.mark.parametrize("method", ["double", "half", "long", "bool"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dtypes(method, layout):
    x = converted(random(4, 6) * 10, layout)
    expected = getattr(x.to_dense(), method)()
    y = getattr(x, method)()
    assert (y.dtype, y.layout, y.to_dense().tolist()) == (expected.dtype, x.layout, expected.tolist())
    assert x.to(x.dtype) is x


def test_one_number_is_rows_and_columns_of_a_block():
    x = torch.eye(4)
    assert x.to_sparse_bsr(2).values().tolist() == x.to_sparse_bsr((2, 2)).values().tolist()
    assert tuple(x.to_sparse_bsc(2).values().shape) == (2, 2, 2)
    with pytest.raises(RuntimeError, match="blocksize needs to be a tuple of size 2, but got 1"):
        x.to_sparse_bsr((2,))


MATRIX = torch.arange(16.0).reshape(4, 4)


@pytest.mark.parametrize("layout", [torch.sparse_bsr, torch.sparse_bsc])
def test_blocks_keep_their_size(layout):
    x = MATRIX.to_sparse(layout=layout, blocksize=(2, 2))
    with pytest.raises(RuntimeError, match=r"with blocksize changed from \[2, 2\] to \[1, 1\] is not supported"):
        x.to_sparse_bsr((1, 1))
    with pytest.raises(RuntimeError, match="with blocksize changed"):
        x.to_sparse_bsc((4, 4))
    assert torch.equal(x.to_sparse_bsc((2, 2)).to_dense(), MATRIX)


def test_batches_of_rows_do_not_become_blocks():
    x = torch.stack([MATRIX, MATRIX]).to_sparse_csr()
    with pytest.raises(
        RuntimeError, match="conversion from SparseCsr to SparseBsr for batched inputs is not supported"
    ):
        x.to_sparse_bsr((2, 2))
    assert torch.equal(x.select(0, 1).to_dense(), MATRIX)
    with pytest.raises(RuntimeError, match="selecting sparse dimensions is not supported for batched sparse"):
        x.select(-1, 0)


def test_blocks_have_copies_of_slices_alone():
    rows = MATRIX.to_sparse_bsr((2, 2))
    columns = MATRIX.to_sparse_bsc((2, 2))
    for x, dim in [(rows, 0), (rows, 1), (columns, 0)]:
        with pytest.raises(RuntimeError, match=r"consider using torch\.select_copy"):
            x.select(dim, 1)
        assert torch.equal(torch.select_copy(x, dim, 1).to_dense(), MATRIX.select(dim, 1))
    assert torch.equal(columns.select(1, 1).to_dense(), MATRIX[:, 1])


def test_what_is_copied_into_compressed_tensors():
    x = MATRIX.to_sparse_csc()
    words = (
        "copy of sparse compressed tensors having different layouts is not supported. self layout is SparseCsc and src"
    )
    for source, name in [(MATRIX, "Strided"), (MATRIX.to_sparse(), "Sparse"), (MATRIX.to_sparse_csr(), "SparseCsr")]:
        with pytest.raises(RuntimeError, match=f"{words} layout is {name}"):
            x.copy_(source)
    with pytest.raises(RuntimeError, match="expected sparse compressed tensor layout but got Strided"):
        MATRIX.clone().copy_(x)
    with pytest.raises(RuntimeError, match="Sparse CSC tensors do not have strides"):
        x.stride()


def test_indices_out_of_range_are_named_before_their_number():
    with pytest.raises(RuntimeError, match="`0 <= col_indices < ncols` is not satisfied"):
        torch.sparse_csr_tensor([0, 3, 4], [0, 1, 2, 1], torch.ones(4), size=(2, 2), check_invariants=True)
