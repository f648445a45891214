"""Functions take NumPy's names of arguments, whether they are native or written in Python."""

import ferrotorch as torch
import pytest
from ferrotorch.testing import assert_close

SYMMETRIC = [[4.0, 1, 2], [1, 5, 3], [2, 3, 6]]
BY_DIM = {
    "linalg.norm": {"dim": 0, "keepdim": True},
    "linalg.matrix_norm": {"keepdim": True},
    "nuclear_norm": {"dim": (0, 1), "keepdim": True},
    "frobenius_norm": {"dim": 1, "keepdim": True},
    "diff": {"dim": 0},
    "gradient": {"dim": 0},
    "trapezoid": {"dim": 0},
    "trapz": {"dim": 0},
    "cumulative_trapezoid": {"dim": 0},
    "sum": {"dim": 0, "keepdim": True},
}
OF_ONE = [
    "linalg.cond",
    "linalg.matrix_rank",
    "linalg.pinv",
    "linalg.norm",
    "pinverse",
    "svd",
    "cov",
    "corrcoef",
    "diff",
]
NAMES = {"dim": "axis", "keepdim": "keepdims"}


def function(name):
    where = torch
    for part in name.split("."):
        where = getattr(where, part)
    return where


@pytest.mark.parametrize("name", BY_DIM)
def test_axis_is_dim_and_keepdims_is_keepdim(name):
    x = torch.tensor(SYMMETRIC)
    renamed = {NAMES[key]: value for key, value in BY_DIM[name].items()}
    assert_close(function(name)(x, **renamed), function(name)(x, **BY_DIM[name]))


@pytest.mark.parametrize("alias", ["x", "a", "x1"])
@pytest.mark.parametrize("name", OF_ONE)
def test_the_input_has_three_more_names(name, alias):
    x = torch.tensor(SYMMETRIC)
    assert_close(tuple(torch.atleast_1d(function(name)(**{alias: x}))), tuple(torch.atleast_1d(function(name)(x))))


@pytest.mark.parametrize("name", ["inner", "kron", "dist", "add"])
def test_two_inputs_are_x1_and_x2(name):
    x = torch.tensor(SYMMETRIC)
    assert_close(function(name)(x1=x, x2=x + 1), function(name)(x, x + 1))


def test_cosine_similarity_keeps_its_own_x1():
    x = torch.tensor(SYMMETRIC)
    assert_close(torch.cosine_similarity(x1=x, x2=x + 1, axis=0), torch.cosine_similarity(x, x + 1, 0))


@pytest.mark.parametrize("arguments", [{"dim": 0, "axis": 0}, {"axes": 0}])
def test_an_argument_has_one_name_in_a_call(arguments):
    with pytest.raises(TypeError):
        torch.diff(torch.tensor(SYMMETRIC), **arguments)
