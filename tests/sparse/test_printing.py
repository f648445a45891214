"""How sparse tensors are printed."""

from __future__ import annotations

import ferrotorch as torch
import pytest


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3), requires_grad=True),
            """tensor(indices=tensor([[0, 1, 1],
                       [2, 0, 2]]),
       values=tensor([3., 4., 5.]),
       size=(2, 3), nnz=3, layout=torch.sparse_coo, requires_grad=True)""",
        ),
        (
            lambda: torch.sparse_coo_tensor(
                [[0, 1]], torch.tensor([[0.0, -1.0], [1.0, 2.0]], dtype=torch.float64), (3, 2)
            ),
            """tensor(indices=tensor([[0, 1]]),
       values=tensor([[ 0., -1.],
                      [ 1.,  2.]]),
       size=(3, 2), nnz=2, dtype=torch.float64, layout=torch.sparse_coo)""",
        ),
        (
            lambda: torch.sparse_coo_tensor((2, 3)),
            """tensor(indices=tensor([], size=(2, 0)),
       values=tensor([], size=(0,)),
       size=(2, 3), nnz=0, layout=torch.sparse_coo)""",
        ),
        (
            lambda: torch.sparse_csr_tensor([0, 1, 3], [2, 0, 2], [3.0, 4.0, 5.0]),
            """tensor(crow_indices=tensor([0, 1, 3]),
       col_indices=tensor([2, 0, 2]),
       values=tensor([3., 4., 5.]), size=(2, 3), nnz=3,
       layout=torch.sparse_csr)""",
        ),
        (
            lambda: torch.sparse_csc_tensor([0, 1, 1, 3], [1, 0, 1], [4.0, 3.0, 5.0]),
            """tensor(ccol_indices=tensor([0, 1, 1, 3]),
       row_indices=tensor([1, 0, 1]),
       values=tensor([4., 3., 5.]), size=(2, 3), nnz=3,
       layout=torch.sparse_csc)""",
        ),
        (
            lambda: torch.eye(2).to_sparse_bsr((1, 1)),
            """tensor(crow_indices=tensor([0, 1, 2]),
       col_indices=tensor([0, 1]),
       values=tensor([[[1.]],

                      [[1.]]]), size=(2, 2), nnz=2, layout=torch.sparse_bsr)""",
        ),
    ],
)
def test_text(make, text):
    assert repr(make()) == text
    assert str(make()) == text
