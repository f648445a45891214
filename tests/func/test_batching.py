"""How every declared op runs on batched tensors."""

import ferrotorch as torch
import pytest
from ferrotorch import _C
from ferrotorch._batching import RULES
from ferrotorch.func import vmap

# Ops with a rule for their overloads that name no dimension.
WITHOUT_DIM = {"max", "min", "median", "nanmedian", "std", "var", "std_mean", "var_mean"}


def operators():
    places = [_C, _C.Tensor, _C._nn, _C._linalg, _C._special, _C._fft]
    return {name: op for place in places for name, op in vars(place).items() if isinstance(op, _C.Op)}


def test_only_ops_whose_results_are_as_long_as_values_say_run_one_sample_at_a_time():
    assert {name for name, op in operators().items() if op._batching == "Loop"} == {"argwhere", "bincount"}


X = torch.arange(24.0).reshape(4, 2, 3) % 7 - 2
ONE_BY_ONE = {
    "linspace": lambda s: torch.linspace(s[0, 0], s[1, 2], 5),
    "linspace to a number": lambda s: torch.linspace(s[0, 0], 9, 4, dtype=torch.float64),
    "linspace of one": lambda s: torch.linspace(s[0, 0], s[0, 1], 1),
    "linspace of integers": lambda s: torch.linspace(s[0, 0], 9, 4, dtype=torch.int64),
    "linspace of halves": lambda s: torch.linspace(s[0, 1], 9, 7, dtype=torch.float16),
    "logspace": lambda s: torch.logspace(s[0, 0], s[1, 2], 5, base=2.0),
    "histc": lambda s: torch.histc(s, 4, -1, 3),
    "histc between the ends of a sample": lambda s: torch.histc(s, 4),
    "nonzero_static": lambda s: torch.nonzero_static(s, size=4),
    "nonzero_static of more than there are": lambda s: torch.nonzero_static(s > 1, size=9, fill_value=7),
    "as_strided_scatter": lambda s: torch.as_strided_scatter(s, s[0, :2], (2,), (2,), 1),
    "as_strided_scatter of columns": lambda s: torch.as_strided_scatter(s.t(), s[0, :2], (2,), (2,), 1),
}


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_rules_that_not_every_call_has(name):
    """Where a rule does not know what to do, samples run one after the other, with the same results."""
    function = ONE_BY_ONE[name]
    found, expected = vmap(function)(X), torch.stack([function(sample.clone()) for sample in X])
    assert found.dtype == expected.dtype and torch.allclose(found, expected, rtol=1e-6)


def test_new_memory_of_every_sample():
    seen = []

    def fill(s):
        new = s.new_empty_strided((2, 2), (1, 3))
        seen.append(new.stride())
        return new.copy_(s[:, :2])

    assert torch.equal(vmap(fill)(X), X[:, :, :2]) and seen == [(1, 3)]


def test_every_rule_is_there_and_belongs_to_an_op():
    declared = {name for name, op in operators().items() if op._batching == "Rule"}
    # Of devices alone: samples of a batch are resized by ops.
    aliases = {"resized", "concat", "concatenate", "row_stack", "ger", "multiply", "moveaxis", "swapdims", "index_put_"}
    missing = {name.removesuffix("_") for name in declared if name not in RULES} - set(RULES) - aliases
    assert not missing
    assert set(RULES) <= set(operators())


def test_an_alias_follows_the_same_rule():
    x = torch.arange(12.0).reshape(2, 2, 3)
    assert torch.equal(vmap(lambda s: torch.row_stack([s, s]))(x), torch.cat([x, x], 1))
    assert torch.equal(vmap(lambda s: torch.swapdims(s, 0, -1))(x), x.transpose(1, 2))


@pytest.mark.parametrize("name", sorted(WITHOUT_DIM))
def test_all_elements_of_a_sample(name):
    x = torch.arange(12.0).reshape(2, 3, 2)
    op = getattr(torch, name)
    call = (lambda s: op(s, False)) if "std" in name or "var" in name else op
    found, expected = vmap(call)(x), [call(sample) for sample in x]
    if isinstance(found, tuple):
        found, expected = (
            torch.stack(list(found)),
            torch.stack([torch.stack(list(pair)) for pair in zip(*expected, strict=True)]),
        )
    else:
        expected = torch.stack(expected)
    assert torch.allclose(found, expected)


def test_numbers_and_tensors_of_no_dimension_keep_dtypes():
    halves, scale = torch.ones(3, 2, dtype=torch.float16), torch.ones(3, dtype=torch.float64)
    assert vmap(torch.mul)(halves, scale).dtype == torch.float16
    assert vmap(lambda h, s: h * s)(halves, scale).dtype == torch.float16
    assert vmap(lambda h: h * 2.5)(torch.ones(3, dtype=torch.int64)).dtype == torch.float32
    assert vmap(lambda a, b: torch.result_type(a, b) and a + b)(halves, scale).dtype == torch.float16


def test_a_sample_of_no_dimension_has_dimension_0():
    x = torch.tensor([3.0, 1.0])
    assert vmap(lambda s: s.sum(0))(x).tolist() == [3.0, 1.0]
    assert vmap(lambda s: s.softmax(-1))(x).tolist() == [1.0, 1.0]
    assert vmap(lambda s: s.sort().values)(x).tolist() == [3.0, 1.0]
    assert vmap(lambda s: s.argmax(keepdim=True))(x).tolist() == [0, 0]
    with pytest.raises(IndexError, match="Dimension out of range"):
        vmap(lambda s: s.sum(1))(x)


@pytest.mark.parametrize("dim", [2, -3])
def test_hidden_dimensions_cannot_be_named(dim):
    for op in (torch.sum, torch.softmax, torch.unbind, torch.cumsum, torch.argmax):
        with pytest.raises(IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\]"):
            vmap(lambda x, op=op: op(x, dim))(torch.zeros(3, 2, 2))
    with pytest.raises(IndexError):
        vmap(lambda x: x.transpose(0, dim))(torch.zeros(3, 2, 2))
