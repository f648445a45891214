"""Helpers of distributions: triangles as vectors and back, sums over last dimensions."""

import ferrotorch as torch
import pytest
from ferrotorch.distributions.utils import _sum_rightmost, tril_matrix_to_vec, vec_to_tril_matrix


@pytest.mark.parametrize("diag", [-1, 0, 1])
def test_a_triangle_as_a_vector(diag):
    matrix = torch.arange(1.0, 17.0).reshape(4, 4)
    rows, columns = torch.tril_indices(4, 4, diag)
    vector = tril_matrix_to_vec(matrix, diag)
    assert vector.tolist() == matrix[rows, columns].tolist()
    if diag <= 0:
        assert vec_to_tril_matrix(vector, diag).tolist() == matrix.tril(diag).tolist()


@pytest.mark.parametrize("count", [2, 4, 5, 7])
def test_a_number_of_elements_that_is_no_triangle(count):
    with pytest.raises(ValueError, match="lower triangle"):
        vec_to_tril_matrix(torch.ones(count))


@pytest.mark.parametrize(("count", "size"), [(1, 1), (3, 2), (6, 3), (10, 4)])
def test_sizes_of_triangles(count, size):
    assert vec_to_tril_matrix(torch.ones(2, count)).tolist() == torch.ones(2, size, size).tril().tolist()


@pytest.mark.parametrize(
    ("dim", "expected"), [(0, [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]), (1, [[1, 5], [9, 13]]), (2, [6, 22]), (3, 28)]
)
def test_sums_over_last_dimensions(dim, expected):
    assert _sum_rightmost(torch.arange(8).reshape(2, 2, 2), dim).tolist() == expected
