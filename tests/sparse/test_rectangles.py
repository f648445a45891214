"""Compressed layouts of matrices that are not square: their indices, and the way through each other."""

import ferrotorch as torch
import pytest

DENSE = torch.tensor(
    [
        [0.0, 1.0, 0.0, 0.0, 0.0, 2.0],
        [3.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 4.0, 0.0],
        [0.0, 0.0, 0.0, 5.0, 0.0, 6.0],
    ]
)


def test_rows():
    x = DENSE.to_sparse_csr()
    assert x.crow_indices().tolist() == [0, 2, 3, 4, 6]
    assert x.col_indices().tolist() == [1, 5, 0, 4, 3, 5]
    assert x.values().tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


@pytest.mark.parametrize("of", ["dense", "coordinates"])
def test_columns(of):
    x = (DENSE if of == "dense" else DENSE.to_sparse()).to_sparse_csc()
    assert x.ccol_indices().tolist() == [0, 1, 2, 2, 3, 4, 6]
    assert x.row_indices().tolist() == [1, 0, 3, 2, 0, 3]
    assert x.values().tolist() == [3.0, 1.0, 5.0, 4.0, 2.0, 6.0]


@pytest.mark.parametrize("of", ["dense", "coordinates"])
def test_blocks_of_rows(of):
    x = (DENSE if of == "dense" else DENSE.to_sparse()).to_sparse_bsr((2, 3))
    assert x.crow_indices().tolist() == [0, 2, 3]
    assert x.col_indices().tolist() == [0, 1, 1]
    assert x.values().tolist() == [DENSE[:2, :3].tolist(), DENSE[:2, 3:].tolist(), DENSE[2:, 3:].tolist()]


@pytest.mark.parametrize("of", ["dense", "coordinates"])
def test_blocks_of_columns(of):
    x = (DENSE if of == "dense" else DENSE.to_sparse()).to_sparse_bsc((2, 3))
    assert x.ccol_indices().tolist() == [0, 1, 3]
    assert x.row_indices().tolist() == [0, 0, 1]
    assert x.values().tolist() == [DENSE[:2, :3].tolist(), DENSE[:2, 3:].tolist(), DENSE[2:, 3:].tolist()]


MAKERS = {
    "coo": lambda x: x.to_sparse(),
    "csr": lambda x: x.to_sparse_csr(),
    "csc": lambda x: x.to_sparse_csc(),
    "bsr": lambda x: x.to_sparse_bsr((2, 3)),
    "bsc": lambda x: x.to_sparse_bsc((2, 3)),
}


@pytest.mark.parametrize("layout", MAKERS)
def test_back_to_dense(layout):
    x = MAKERS[layout](DENSE)
    assert x.to_dense().tolist() == DENSE.tolist()
    coordinates = x.to_sparse()
    assert coordinates.to_dense().tolist() == DENSE.tolist()
    # Zeros within a block are elements, too.
    assert coordinates._nnz() == (18 if layout in ("bsr", "bsc") else 6)


@pytest.mark.parametrize("layout", ["bsr", "bsc"])
@pytest.mark.parametrize(("groups", "members"), [(3, 2), (2, 3)])
def test_indices_of_blocks_are_checked(layout, groups, members):
    """Two rows of two blocks each: other numbers of groups, or a block beyond the last one, are refused."""
    make = torch.sparse_bsr_tensor if layout == "bsr" else torch.sparse_bsc_tensor
    starts = [0, 1, *[1] * (groups - 1)]
    arguments = (torch.tensor(starts), torch.tensor([members - 1]), torch.ones(1, 2, 3), (4, 6))
    with pytest.raises(RuntimeError):
        make(*arguments, check_invariants=True)


@pytest.mark.parametrize(("dim", "sparse_dim"), [(0, 3), (1, 3), (2, 3), (-1, 3)])
def test_a_new_dimension_of_coordinates(dim, sparse_dim):
    x = DENSE.to_sparse().unsqueeze(dim)
    assert x.sparse_dim() == sparse_dim
    assert x.to_dense().tolist() == DENSE.unsqueeze(dim).tolist()


def test_a_new_dimension_of_hybrids():
    x = DENSE.to_sparse(1)
    for dim, sparse_dim in ((0, 2), (1, 2), (2, 1), (-2, 2), (-1, 1)):
        wide = x.unsqueeze(dim)
        assert (wide.sparse_dim(), wide.to_dense().tolist()) == (sparse_dim, DENSE.unsqueeze(dim).tolist()), dim


@pytest.mark.parametrize("sparse_dim", [1, 2])
@pytest.mark.parametrize(("dim", "index"), [(0, 0), (0, -1), (1, 5), (1, 2), (-1, -6)])
def test_one_slice(sparse_dim, dim, index):
    found = DENSE.to_sparse(sparse_dim).select(dim, index)
    dense = found.to_dense() if found.layout is torch.sparse_coo else found
    assert dense.tolist() == DENSE.select(dim, index).tolist()


@pytest.mark.parametrize(("dim", "index"), [(0, 4), (0, -5), (1, 6), (1, -7), (2, 0), (-3, 0)])
def test_slices_that_do_not_exist(dim, index):
    with pytest.raises(IndexError):
        DENSE.to_sparse().select(dim, index)


def test_products_of_hybrids_are_broadcast_in_their_values():
    one, other = DENSE.to_sparse(1), torch.tensor([[2.0], [3.0], [4.0], [5.0]]).to_sparse(1)
    assert (one * other).to_dense().tolist() == (DENSE * torch.tensor([[2.0], [3.0], [4.0], [5.0]])).tolist()
    with pytest.raises(RuntimeError):
        DENSE.to_sparse() * torch.ones(4, 1).to_sparse()
