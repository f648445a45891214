"""Sparse tensors made of their parts, and what they say of themselves."""

from __future__ import annotations

import copy
import pickle

import ferrotorch as torch
import pytest

COO, CSR = torch.sparse_coo_tensor, torch.sparse_csr_tensor
DENSE = [[0.0, 0.0, 3.0], [4.0, 0.0, 5.0]]


def test_coordinates():
    x = COO([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
    assert x.to_dense().tolist() == DENSE
    assert (x.layout, x.is_sparse, x.is_sparse_csr, x.is_coalesced()) == (torch.sparse_coo, True, False, False)
    assert (x.shape, x.dim(), x.numel(), x._nnz(), x.sparse_dim(), x.dense_dim()) == ((2, 3), 2, 6, 3, 2, 0)
    assert (x.dtype, x.device.type, x.is_leaf, x.requires_grad) == (torch.float32, "cpu", True, False)
    assert isinstance(x, torch.Tensor)
    assert torch.is_tensor(x)
    assert x.type() == "torch.sparse.FloatTensor"


def test_values_at_one_place_are_summed():
    x = COO([[1, 0, 1]], [3.0, 4.0, 5.0], (2,))
    assert x.to_dense().tolist() == [4.0, 8.0]
    y = x.coalesce()
    assert (y.indices().tolist(), y.values().tolist()) == ([[0, 1]], [4.0, 8.0])
    assert y.coalesce() is y
    assert COO([[0, 0]], [True, False], (1,)).coalesce().values().tolist() == [True]


def test_dimensions_of_values():
    x = COO([[0, 2]], torch.arange(4.0).reshape(2, 2), (3, 2))
    assert x.to_dense().tolist() == [[0.0, 1.0], [0.0, 0.0], [2.0, 3.0]]
    assert (x.sparse_dim(), x.dense_dim()) == (1, 1)


@pytest.mark.parametrize(
    ("make", "compressed", "plain"),
    [("csr", ("crow_indices", [0, 1, 3]), ("col_indices", [2, 0, 2])),
     ("csc", ("ccol_indices", [0, 1, 1, 3]), ("row_indices", [1, 0, 1]))],
)  # fmt: skip
def test_compressed_rows_and_columns(make, compressed, plain):
    layout = getattr(torch, f"sparse_{make}")
    values = [3.0, 4.0, 5.0] if make == "csr" else [4.0, 3.0, 5.0]
    for x in (
        getattr(torch, f"sparse_{make}_tensor")(compressed[1], plain[1], values),
        torch.sparse_compressed_tensor(compressed[1], plain[1], values, (2, 3), layout=layout),
    ):
        assert x.to_dense().tolist() == DENSE
        assert (x.layout, x.is_sparse, x._nnz(), tuple(x.shape)) == (layout, False, 3, (2, 3))
        assert getattr(x, compressed[0])().tolist() == compressed[1]
        assert getattr(x, plain[0])().tolist() == plain[1]
        assert x.values().tolist() == values


def test_blocks():
    blocks = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    x = torch.sparse_bsr_tensor([0, 1, 2], [1, 0], blocks)
    assert x.to_dense().tolist() == [[0, 0, 1, 2], [0, 0, 3, 4], [5, 6, 0, 0], [7, 8, 0, 0]]
    assert torch.sparse_bsc_tensor([0, 1, 2], [1, 0], blocks).to_dense().tolist() == [
        [0, 0, 5, 6], [0, 0, 7, 8], [1, 2, 0, 0], [3, 4, 0, 0]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: COO([[0, 1], [1, 0]], [1.0, 2.0], (3,)), r"'len\(size\) == sparse_dim \+ dense_dim' is not satisfied"),
        (
            lambda: COO([[0, 1]], [1.0, 2.0, 3.0], (2,)),
            "indices and values must have same nnz, but got nnz from indices: 2",
        ),
        (lambda: COO(torch.tensor([0, 1]), torch.ones(2), (2,)), r"indices must be sparse_dim x nnz, but got: \[2\]"),
        (
            lambda: torch.sparse_compressed_tensor([0, 1], [0], [1.0]),
            "expected sparse compressed tensor layout but got none",
        ),
        (lambda: torch.ones(2).indices(), "indices expected sparse coordinate tensor layout but got Strided"),
        (lambda: torch.ones(2).values(), "values expected sparse tensor layout but got Strided"),
        (lambda: torch.ones(2).coalesce(), "coalesce expected sparse coordinate tensor layout but got Strided"),
        (
            lambda: torch.ones(2).crow_indices(),
            "crow_indices expected sparse row compressed tensor layout but got Strided",
        ),
        (lambda: COO([[0, 0]], [1.0, 2.0]).indices(), "Cannot get indices on an uncoalesced tensor"),
        (lambda: COO([[0, 0]], [1.0, 2.0]).values(), "Cannot get values on an uncoalesced tensor"),
        (lambda: torch.eye(2).to_sparse_csr().indices(), "indices expected sparse coordinate .* but got SparseCsr"),
    ],
)
def test_what_does_not_fit_is_refused(make, text):
    with pytest.raises(RuntimeError, match=text):
        make()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: COO([[0, 1], [1, 0]], [1.0, 2.0], (1, 2)), "for dim 0, size is 1 but found index 1"),
        (lambda: COO([[0, -1]], [1.0, 2.0], (2,)), "found negative index -1 for dim 0"),
        (lambda: COO([[0, 0]], [1.0, 2.0], (2,), is_coalesced=True), "cannot set is_coalesced to true"),
        (
            lambda: CSR([0, 1, 2], [0, 1], [1.0, 2.0], (3, 2)),
            r"must be equal to the number of nrows \+ 1 \(=4\), but got 3",
        ),
        (lambda: CSR([0, 1, 3], [0, 1], [1.0, 2.0], (2, 2)), r"`crow_indices\[..., -1\] == nnz` is not satisfied"),
        (lambda: CSR([1, 1, 2], [0, 1], [1.0, 2.0], (2, 2)), r"`crow_indices\[..., 0\] == 0` is not satisfied"),
        (lambda: CSR([0, 1, 2], [0, 2], [1.0, 2.0], (2, 2)), "`0 <= col_indices < ncols` is not satisfied"),
        (lambda: CSR([0, 2, 2], [1, 0], [1.0, 2.0], (2, 2)), "are sorted and distinct along the last dimension"),
        (lambda: CSR([0, 1, 2], [0, 1], [1.0, 2.0, 3.0], (2, 2)), r"must be equal to nnz \(=3\) as defined by"),
    ],
)
def test_indices_are_checked_where_that_is_asked_for(make, text):
    make()
    checks = torch.sparse.check_sparse_tensor_invariants
    assert not checks.is_enabled()
    with checks(), pytest.raises(RuntimeError, match=text):
        make()
    with pytest.raises(RuntimeError, match=text):
        checks()(make)()
    assert not checks.is_enabled()


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr"])
def test_tensors_in_which_nothing_is_stored(layout):
    layout = getattr(torch, layout)
    dense = torch.ones(2, 3)
    for x in (
        torch.zeros(2, 3, layout=layout),
        torch.empty((2, 3), layout=layout),
        torch.zeros_like(dense, layout=layout),
        torch.zeros_like(dense.to_sparse(layout=layout)),
    ):
        assert (x.layout, x._nnz(), tuple(x.shape)) == (layout, 0, (2, 3))
        assert x.to_dense().tolist() == [[0.0] * 3] * 2
    with pytest.raises(RuntimeError, match="not implemented for sparse layout"):
        torch.ones(2, layout=layout)


def test_detached_and_copied():
    x = torch.eye(2).to_sparse().requires_grad_()
    y = x.detach()
    assert (y.requires_grad, y.is_sparse) == (False, True)
    y.mul_(3)
    assert x.detach().to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    z = x.detach().clone()
    z.values().mul_(2)
    assert x.detach().values().tolist() == [1.0, 1.0]
    assert z.to_dense().tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_a_module_keeps_one_as_a_buffer():
    class Graph(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("adjacency", torch.eye(2).to_sparse())

    graph = Graph().double()
    assert (graph.adjacency.dtype, graph.adjacency.is_sparse) == (torch.float64, True)
    assert graph.state_dict()["adjacency"].to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    other = Graph()
    other.load_state_dict({"adjacency": torch.ones(2, 2).to_sparse()})
    assert other.adjacency.to_dense().tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_a_parameter_may_be_sparse():
    p = torch.nn.Parameter(torch.eye(2).to_sparse())
    assert isinstance(p, torch.nn.Parameter)
    assert (p.requires_grad, p.is_sparse) == (True, True)
    torch.sparse.mm(p, torch.ones(2, 1)).sum().backward()
    assert p.grad.to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_scipy_matrices_as_users_convert_them():
    scipy = pytest.importorskip("scipy.sparse")
    matrix = scipy.coo_matrix(([3.0, 4.0], ([0, 1], [2, 0])), shape=(2, 3))
    import numpy as np

    indices = torch.from_numpy(np.vstack((matrix.row, matrix.col)).astype(np.int64))
    x = torch.sparse_coo_tensor(indices, torch.from_numpy(matrix.data), torch.Size(matrix.shape))
    assert x.to_dense().tolist() == matrix.toarray().tolist()
    csr = matrix.tocsr()
    y = torch.sparse_csr_tensor(csr.indptr, csr.indices, csr.data, csr.shape)
    back = scipy.csr_matrix((y.values().numpy(), y.col_indices().numpy(), y.crow_indices().numpy()), shape=y.shape)
    assert (back != csr).nnz == 0


def test_every_layout_is_one():
    layouts = [torch.strided, torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc]
    assert all(isinstance(layout, torch.layout) for layout in [*layouts, torch.jagged])
    assert not isinstance("torch.sparse_coo", torch.layout)
    assert torch.zeros(2, layout=torch.strided).layout is torch.strided
    assert torch.zeros(2, layout=torch.sparse_coo).is_sparse


def test_compressed_tensors_are_emptied_and_filled():
    x = torch.eye(2).to_sparse_csr()
    assert x.fill_(3) is x
    assert (x.values().tolist(), x.to_dense().tolist()) == ([3, 3], [[3, 0], [0, 3]])
    assert x.zero_() is x
    assert (x._nnz(), x.crow_indices().tolist(), x.to_dense().tolist()) == (0, [0, 0, 0], [[0, 0], [0, 0]])
    assert torch.ones(2, 2, 2).to_sparse_csr().zero_().crow_indices().tolist() == [[0, 0, 0], [0, 0, 0]]
    with pytest.raises(NotImplementedError, match=r"aten::fill_\.Scalar"):
        torch.eye(2).to_sparse().fill_(3)
    for name in ("sparse_resize_", "sparse_resize_and_clear_"):
        with pytest.raises(NotImplementedError, match=f"aten::{name}"):
            getattr(x, name)((3, 3), 2, 0)


def test_blocks_may_be_checked_where_none_is_stored():
    starts, rows = torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 0, dtype=torch.int64)
    x = torch.sparse_bsr_tensor(starts, rows, torch.zeros(2, 0, 2, 2), (2, 4, 4), check_invariants=True)
    assert (x._nnz(), x.to_dense().sum().item()) == (0, 0)


@pytest.mark.parametrize(
    "name", ["strided", "jagged", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"]
)
def test_copies_of_layouts_are_the_layouts(name):
    layout = getattr(torch, name)
    assert copy.deepcopy(layout) is pickle.loads(pickle.dumps(layout)) is layout
