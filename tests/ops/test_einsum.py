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
