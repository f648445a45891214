"""Operators with objects that know tensors: the reflected method of the other operand answers."""

import operator

import ferrotorch as torch
import pytest

OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"]


class Answers:
    """Answers every reflected operator with the operator's name and the other operand."""


for _name in OPERATORS:
    setattr(Answers, f"__r{_name}__", lambda self, other, _name=_name: (_name, other))


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("in_place", [False, True])
def test_the_other_operand_is_asked(name, in_place):
    x = torch.tensor([1, 2])
    plain = {"and": "and_", "or": "or_"}.get(name, name)
    call = getattr(operator, f"i{plain.rstrip('_')}" if in_place else plain)
    answered, other = call(x, Answers())
    assert answered == name
    assert other is x
    assert x.tolist() == [1, 2]


@pytest.mark.parametrize("name", [name for name in OPERATORS if name != "matmul"])
@pytest.mark.parametrize("other", ["text", [1, 2], None, object()])
def test_nobody_answers(name, other):
    x = torch.tensor([1, 2])
    with pytest.raises(TypeError, match="unsupported operand type"):
        getattr(operator, f"i{name}")(x, other)
    assert x.tolist() == [1, 2]


def test_errors_of_known_operands_stay():
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="size"):
        x += torch.ones(3)
    with pytest.raises(RuntimeError, match="can't be cast"):
        torch.tensor([1, 2]).__iadd__(0.5)
