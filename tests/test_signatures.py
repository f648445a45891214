"""What operators say about themselves: signatures, docstrings, what they return."""

import inspect

import ferrotorch as torch
import pytest
from ferrotorch import _C

NAMESPACES = {"torch": _C, "Tensor": _C.Tensor, "_nn": _C._nn, "_special": _C._special}
OPS = [
    pytest.param(op, id=f"{place}.{name}")
    for place, holder in NAMESPACES.items()
    for name, op in vars(holder).items()
    if type(op) is _C.Op
]


@pytest.mark.parametrize("op", OPS)
def test_every_operator_has_signature_and_docstring(op):
    assert inspect.signature(op).parameters
    head, text = op.__doc__.split("\n\n", 1)
    assert head.startswith(f"{op.__name__}(")
    assert len(text) > 4
    assert text != "Element-wise."


def test_a_parameter_called_like_a_keyword_is_by_position():
    signature = inspect.signature(torch.Tensor.uniform_)
    assert str(signature) == "(input, from_=0.0, /, to=1.0, *, generator=None)"


def test_a_pointwise_docstring_has_formula_and_dtypes():
    what, rest = torch.exp.__doc__.split("\n\n", 1)[1].split("\n\n")
    assert what == "`e^input`."
    assert "computed in the default float dtype" in rest
    assert "RuntimeError for other dtypes" in torch.erf.__doc__
