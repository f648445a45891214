"""Every op on stacked samples is the op on each of them, stacked."""

import ferrotorch as torch
import pytest
from ferrotorch import _C
from ferrotorch.func import vmap
from samples import CALLS, GRADIENTS, NN, NN_CALLS

COUNT = 3
TABLES = {
    **{name: (CALLS.get(name) or getattr(torch, name, None) or getattr(torch.Tensor, name), made)
       for name, made in GRADIENTS.items()},
    **{f"nn.{name}": (NN_CALLS.get(name) or getattr(_C._nn, name), made) for name, made in NN.items()},
}  # fmt: skip
CASES = [(name, i) for name, (_, made) in TABLES.items() for i in range(len(made)) if name != "masked_select"]
# What depends on how the samples lie in memory is another thing there when they do not lie one behind the other.
OF_MEMORY = {"as_strided", "as_strided_scatter", "view_as_complex"}


def same(found, expected):
    if isinstance(expected, (tuple, list)):
        return len(found) == len(expected) and all(map(same, found, expected))
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return False
    return torch.allclose(found, expected, rtol=1e-7, atol=1e-9, equal_nan=True)


def stacked(results):
    if isinstance(results[0], (tuple, list)):
        return [torch.stack(list(column)) for column in zip(*results, strict=True)]
    return torch.stack(results)


def run(call, columns, dims):
    """The call for each sample, of which each column has one or holds for all."""
    pick = lambda column, dim, i: column[0] if dim is None else column[i]  # noqa: E731
    return stacked([call(*(pick(c, d, i) for c, d in zip(columns, dims, strict=True))) for i in range(COUNT)])


def check(name, number, dims_of):
    op, made = TABLES[name]
    sample = made[number]
    call = sample.bind(op)
    columns = [list(column) for column in zip(*(sample.tensors(seed) for seed in range(COUNT)), strict=True)]
    dims = dims_of(columns)
    given = [c[0] if d is None else torch.stack(c, d) for c, d in zip(columns, dims, strict=True)]
    assert same(vmap(call, tuple(dims))(*given), run(call, columns, dims)), (name, sample)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_all_arguments_batched(name, number):
    check(name, number, lambda columns: [0] * len(columns))


@pytest.mark.parametrize(("name", "number"), [case for case in CASES if case[0] not in OF_MEMORY])
def test_samples_along_the_last_dimension(name, number):
    check(name, number, lambda columns: [-1] * len(columns))


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("name", "number"), [case for case in CASES if len(TABLES[case[0]][1][case[1]].shapes) > 1])
def test_one_argument_batched(name, number, position):
    if position < len(TABLES[name][1][number].shapes):
        check(name, number, lambda columns: [0 if i == position else None for i in range(len(columns))])
