"""Scans and maps, which run functions as the Python that they are."""

import ferrotorch as torch
import pytest
from ferrotorch._higher_order_ops import associative_scan, map, out_dtype, scan
from ferrotorch.testing import assert_close


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 13])
@pytest.mark.parametrize("reverse", [False, True])
def test_prefixes_are_those_of_a_loop(length, reverse):
    torch.manual_seed(0)
    x = torch.randn(3, length, 2, dtype=torch.float64, requires_grad=True)
    sums = associative_scan(torch.add, x, 1, reverse=reverse)
    expected = x.flip(1).cumsum(1).flip(1) if reverse else x.cumsum(1)
    assert_close(sums, expected)
    weights = torch.randn(3, length, 2, dtype=torch.float64)
    found, wanted = (torch.autograd.grad((y * weights).sum(), x)[0] for y in (sums, expected))
    assert_close(found, wanted)


def test_recurrences_are_scans_of_pairs():
    decay, value = torch.tensor([0.5, 0.5, 2.0, 1.0]), torch.tensor([1.0, 2.0, 3.0, 4.0])

    def combine(first, second):
        return {"a": first["a"] * second["a"], "b": first["b"] * second["a"] + second["b"]}

    for mode in ("pointwise", "generic"):
        y = associative_scan(combine, {"a": decay, "b": value}, 0, combine_mode=mode)["b"]
        assert_close(y, torch.tensor([1.0, 2.5, 8.0, 12.0]))


def test_a_generic_function_sees_single_slices():
    matrices = torch.tensor([[[1.0, 1.0], [0.0, 1.0]]]).repeat(3, 1, 1)

    def multiply(first, second):
        assert first.shape == (2, 2)
        return second @ first

    powers = associative_scan(multiply, matrices, 0, combine_mode="generic")
    assert powers[:, 0, 1].tolist() == [1, 2, 3]


def test_loops_carry_values_along():
    x = torch.arange(1.0, 4.0, requires_grad=True)
    carry, kept = scan(lambda total, item: (total + item, total * item), torch.zeros(()), x)
    assert carry.item() == 6 and kept.tolist() == [0, 2, 9]
    carry, kept = scan(lambda total, item: (total + item, total * item), torch.zeros(()), x, reverse=True)
    assert carry.item() == 6 and kept.tolist() == [5, 6, 0]
    kept.sum().backward()
    assert x.grad.tolist() == [5, 4, 3]
    carry, kept = scan(
        lambda c, item: ([c[0] + item[0]], item[1]), [torch.zeros(2)], (torch.eye(2), torch.eye(2)), dim=1
    )
    assert carry[0].tolist() == [1, 1] and kept.tolist() == [[1, 0], [0, 1]]
    assert map(lambda row, factor: row.sum() * factor, torch.eye(3), 2).tolist() == [2, 2, 2]


def test_integers_in_a_wider_dtype():
    a = torch.full((2, 2), 100, dtype=torch.int8)
    assert out_dtype(torch.ops.aten.mm.default, torch.int32, a, a).tolist() == [[20000] * 2] * 2


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: associative_scan(1, torch.ones(2), 0), ValueError),
        (lambda: associative_scan(torch.add, torch.ones(2), 0, combine_mode="other"), ValueError),
        (lambda: associative_scan(torch.add, [torch.ones(2), torch.ones(3)], 0), RuntimeError),
        (lambda: associative_scan(lambda a, b: [a], torch.ones(2), 0), RuntimeError),
        (lambda: associative_scan(torch.add, [], 0), RuntimeError),
        (lambda: scan(lambda c, x: ([c], x), torch.zeros(()), torch.ones(2)), RuntimeError),
        (lambda: scan(lambda c, x: (c, x), torch.zeros(()), torch.ones(0)), RuntimeError),
        (lambda: map(torch.sum, 3), RuntimeError),
    ],
)
def test_bad_input_is_refused(call, error):
    with pytest.raises(error):
        call()
