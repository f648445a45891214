"""Einstein summation where a dimension is empty, and its messages."""

import ferrotorch as torch
import pytest


@pytest.mark.parametrize(
    ("equation", "shapes", "want"),
    [
        ("bi,io->bo", [(0, 3), (3, 2)], (0, 2)),
        ("bi,io->bo", [(4, 3), (3, 0)], (4, 0)),
        ("bij,jk->bik", [(0, 2, 3), (3, 4)], (0, 2, 4)),
        ("bi,oi->bo", [(5, 0), (2, 0)], (5, 2)),
        ("bi,bi->b", [(0, 3), (1, 3)], (0,)),
        ("...i,i->...", [(0, 2, 3), (3,)], (0, 2)),
    ],
)
def test_empty_dimensions(equation, shapes, want):
    operands = [torch.ones(s, requires_grad=True) for s in shapes]
    result = torch.einsum(equation, *operands)
    assert result.shape == want and result.sum() == 0
    result.sum().backward()
    assert [x.grad.shape for x in operands] == [torch.Size(s) for s in shapes]


def test_messages_name_subscripts_as_the_equation_does():
    with pytest.raises(RuntimeError, match="output subscript l does not appear in the equation for any input operand"):
        torch.einsum("ij,jk->il", torch.ones(2, 2), torch.ones(2, 2))
    with pytest.raises(RuntimeError, match="subscript j has size 3 for an operand"):
        torch.einsum("ij,jk->ik", torch.ones(2, 2), torch.ones(3, 2))


@pytest.mark.parametrize(
    ("left", "right", "out"),
    [
        ([0, 51], [51, 2], [0, 2]),
        ([0, 26], [26, 25], [0, 25]),
        ([30, 1], [1, 31], [30, 31]),
        ([..., 51], [51, 26], [..., 26]),
    ],
)
def test_subscripts_are_integers_up_to_51(left, right, out):
    x, y = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)
    product = torch.tensor([[20.0, 23, 26, 29], [56, 68, 80, 92]])
    assert torch.equal(torch.einsum(x, left, y, right, out), product)
    assert torch.equal(torch.einsum(x, left, y, right, out[::-1]), product.T)


def test_without_a_result_dimensions_are_in_the_order_of_their_integers():
    x = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(torch.einsum(x, [26, 25]), x.T) and torch.equal(torch.einsum(x, [25, 26]), x)


@pytest.mark.parametrize("args", [([0, 52],), ([0, -1],), ([0, 1], [52])])
def test_other_integers_are_no_subscripts(args):
    with pytest.raises(ValueError, match=r"subscript in subscript list is not within the valid range \[0, 52\)"):
        torch.einsum(torch.ones(2, 3), *args)


@pytest.mark.parametrize("args", [(), ("i",), (torch.ones(2),)])
def test_at_least_one_operand(args):
    with pytest.raises(ValueError, match="must specify the equation string and at least one operand"):
        torch.einsum(*args)
