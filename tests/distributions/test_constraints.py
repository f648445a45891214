"""Which values constraints allow, and which of their dimensions make one event."""

import ferrotorch as torch
import pytest
from ferrotorch.distributions import constraints as c

T = torch.tensor
NAN, INF = float("nan"), float("inf")
# A constraint of numbers, what it allows, and what it does not.
NUMBERS = {
    "real": (c.real, [0.0, -1e30, INF], [NAN]),
    "positive": (c.positive, [1e-30, 5.0, INF], [0.0, -1.0, NAN]),
    "nonnegative": (c.nonnegative, [0.0, 5.0], [-1e-30, NAN]),
    "greater_than": (c.greater_than(2.0), [2.5], [2.0, 1.0, NAN]),
    "greater_than_eq": (c.greater_than_eq(2.0), [2.0, 3.0], [1.999, NAN]),
    "less_than": (c.less_than(2.0), [1.0, -INF], [2.0, 3.0, NAN]),
    "unit_interval": (c.unit_interval, [0.0, 0.5, 1.0], [-0.1, 1.1, NAN]),
    "interval": (c.interval(-1.0, 4.0), [-1.0, 4.0], [-1.1, 4.1, NAN]),
    "half_open_interval": (c.half_open_interval(-1.0, 4.0), [-1.0, 3.9], [4.0, -1.1]),
    "boolean": (c.boolean, [0.0, 1.0], [0.5, 2.0, -1.0]),
    "nonnegative_integer": (c.nonnegative_integer, [0.0, 7.0], [-1.0, 0.5]),
    "positive_integer": (c.positive_integer, [1.0, 7.0], [0.0, 1.5]),
    "integer_interval": (c.integer_interval(2, 4), [2.0, 3.0, 4.0], [1.0, 5.0, 2.5]),
}
# The same for vectors and matrices.
BLOCKS = {
    "simplex": (c.simplex, [[0.2, 0.8], [0.0, 1.0]], [[0.2, 0.7], [-0.1, 1.1]]),
    "one_hot": (c.one_hot, [[0.0, 1.0], [1.0, 0.0]], [[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]]),
    "multinomial": (c.multinomial(3), [[1.0, 2.0], [0.0, 3.0]], [[-1.0, 4.0]]),
    "real_vector": (c.real_vector, [[1.0, -2.0]], [[1.0, NAN]]),
    "lower_triangular": (c.lower_triangular, [[[1.0, 0.0], [2.0, -3.0]]], [[[1.0, 1.0], [0.0, 1.0]]]),
    "lower_cholesky": (c.lower_cholesky, [[[1.0, 0.0], [2.0, 3.0]]], [[[1.0, 0.0], [2.0, -3.0]]]),
    "corr_cholesky": (c.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]], [[[1.0, 0.0], [0.6, 0.9]]]),
    "square": (c.square, [[[1.0, 2.0], [3.0, 4.0]]], []),
    "symmetric": (c.symmetric, [[[1.0, 2.0], [2.0, 4.0]]], [[[1.0, 2.0], [3.0, 4.0]]]),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name):
    constraint, allowed, refused = NUMBERS[name]
    assert constraint.event_dim == 0
    assert constraint.check(T(allowed + refused)).tolist() == [True] * len(allowed) + [False] * len(refused)


@pytest.mark.parametrize("name", BLOCKS)
def test_vectors_and_matrices(name):
    constraint, allowed, refused = BLOCKS[name]
    assert constraint.event_dim == T(allowed).dim() - 1
    assert constraint.check(T(allowed + refused)).tolist() == [True] * len(allowed) + [False] * len(refused)


def test_which_are_discrete():
    discrete = {"boolean", "nonnegative_integer", "positive_integer", "integer_interval"}
    assert {name for name, (constraint, *_) in NUMBERS.items() if constraint.is_discrete} == discrete
    assert c.one_hot.is_discrete and c.multinomial(3).is_discrete and not c.simplex.is_discrete
    assert c.independent(c.boolean, 1).is_discrete


def test_dimensions_that_belong_together():
    rows = c.independent(c.positive, 1)
    assert rows.event_dim == 1 and rows.check(T([[1.0, 2.0], [1.0, -2.0]])).tolist() == [True, False]
    assert c.independent(rows, 1).event_dim == 2
    with pytest.raises(ValueError, match=r"Expected value\.dim"):
        c.independent(c.real, 2).check(T([1.0]))


def test_parts_with_a_constraint_each():
    joined = c.cat([c.positive, c.unit_interval], dim=-1, lengths=[1, 2])
    assert joined.check(T([[3.0, 0.5, 1.0], [3.0, 0.5, 2.0], [-3.0, 0.5, 1.0]])).tolist() == [
        [True, True, True], [True, True, False], [False, True, True],
    ]  # fmt: skip
    stacked = c.stack([c.positive, c.unit_interval], dim=-1)
    assert stacked.check(T([[3.0, 0.5], [3.0, 2.0], [-3.0, 1.0]])).tolist() == [
        [True, True],
        [True, False],
        [False, True],
    ]
    assert not joined.is_discrete and c.stack([c.boolean, c.real], dim=0).is_discrete


def test_constraints_that_need_an_instance():
    assert c.is_dependent(c.dependent) and not c.is_dependent(c.positive)
    with pytest.raises(ValueError, match="Cannot determine validity of dependent constraint"):
        c.dependent.check(T(1.0))
    with pytest.raises(NotImplementedError):
        c.Constraint().check(T(1.0))


def test_how_they_print():
    assert repr(c.positive) == "GreaterThan(lower_bound=0.0)"
    assert repr(c.interval(-1.0, 4.0)) == "Interval(lower_bound=-1.0, upper_bound=4.0)"
    assert repr(c.real) == "Real()"
