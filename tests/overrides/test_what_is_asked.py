"""Which object overrides are given for functions, methods, operators, attributes and protocols of Python."""

import operator

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import Tensor
from support.loggers import LOG, Duck, Logged, called, logged

# The method that each operator asks for, and what its reflected form does.
OPERATORS = {
    "add": ("add", "add"),
    "sub": ("sub", "__rsub__"),
    "mul": ("mul", "mul"),
    "truediv": ("div", "__rtruediv__"),
    "floordiv": ("__floordiv__", "__rfloordiv__"),
    "mod": ("remainder", "__rmod__"),
    "pow": ("__pow__", "__rpow__"),
    "and_": ("__and__", "bitwise_and"),
    "or_": ("__or__", "bitwise_or"),
    "xor": ("__xor__", "bitwise_xor"),
    "lshift": ("__lshift__", "__rlshift__"),
    "rshift": ("__rshift__", "__rrshift__"),
    "lt": ("lt", "gt"),
    "le": ("le", "ge"),
    "eq": ("__eq__", "__eq__"),
    "ne": ("ne", "ne"),
    "gt": ("gt", "lt"),
    "ge": ("ge", "le"),
}
IN_PLACE = {
    "iadd": "add_",
    "isub": "sub_",
    "imul": "mul_",
    "itruediv": "div_",
    "ifloordiv": "floor_divide_",
    "imod": "remainder_",
    "ipow": "__ipow__",
    "iand": "__iand__",
    "ior": "__ior__",
    "ixor": "__ixor__",
    "ilshift": "__ilshift__",
    "irshift": "__irshift__",
}
WHOLE = {"and_", "or_", "xor", "lshift", "rshift", "iand", "ior", "ixor", "ilshift", "irshift"}


def operand(name):
    return (torch.ones(2, dtype=torch.int64) if name in WHOLE else torch.ones(2)).as_subclass(Logged)


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_ask_for_methods(name):
    x, run = operand(name), getattr(operator, name)
    forward, reflected = (getattr(Tensor, method) for method in OPERATORS[name])
    plain = x.as_subclass(Tensor)
    assert called(lambda: run(x, x)) == [forward]
    assert called(lambda: run(x, 2)) == [forward]
    assert called(lambda: run(2, x)) == [reflected]
    assert LOG[0][1] == ("Logged", "int")
    # Python asks the subclass first where it compares, and the left operand where it computes.
    compares = name in ("lt", "le", "eq", "ne", "gt", "ge")
    assert called(lambda: run(plain, x)) == [reflected if compares else forward]
    assert LOG[0][1] == (("Logged", "Tensor") if compares else ("Tensor", "Logged"))


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_operators_ask_for_methods(name):
    x = operand(name)
    assert called(lambda: getattr(operator, name)(x, 2)) == [getattr(Tensor, IN_PLACE[name])]
    assert getattr(operator, name)(x, 2) is x


@pytest.mark.parametrize(
    ("name", "method"),
    [("neg", "neg"), ("pos", "positive"), ("abs", "abs"), ("invert", "__invert__"), ("index", "__index__")],
)
def test_unary_operators_ask_for_methods(name, method):
    x = torch.tensor(3).as_subclass(Logged)
    assert called(lambda: getattr(operator, name)(x)) == [getattr(Tensor, method)]


@pytest.mark.parametrize(
    ("run", "method"),
    [
        (len, "__len__"),
        (bool, "__bool__"),
        (int, "__int__"),
        (float, "__float__"),
        (complex, "__complex__"),
        (repr, "__repr__"),
        (str, "__repr__"),
        (lambda x: f"{x}", "__format__"),
        (reversed, "__reversed__"),
        (lambda x: 1 in x, "__contains__"),
        (lambda x: x[0], "__getitem__"),
        (lambda x: x.__setitem__(0, 1), "__setitem__"),
        (lambda x: x @ x, "matmul"),
    ],
)
def test_protocols_of_python_ask_for_methods(run, method):
    assert called(lambda: run(logged(1))) == [getattr(Tensor, method)]


def test_indexing_asks_the_index_too():
    x, index = torch.arange(4), torch.tensor([0, 2]).as_subclass(Logged)
    assert called(lambda: x[index]) == [Tensor.__getitem__]
    assert called(lambda: x[(index,)]) == [Tensor.__getitem__]
    assert called(lambda: x.__setitem__(slice(2), index)) == [Tensor.__setitem__]
    assert x.tolist() == [0, 2, 2, 3]


def test_iteration_asks_for_what_it_is_made_of():
    assert called(lambda: list(iter(logged(2, 2)))) == [Tensor.dim, Tensor.unbind]
    assert [type(row) for row in logged(2, 2)] == [Logged, Logged]
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(torch.tensor(1.0).as_subclass(Logged))


ATTRIBUTES = [
    name
    for name in dir(Tensor)
    if hasattr(getattr(Tensor, name), "__set__") and not name.startswith("__") and name != "imag"
]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_ask_for_their_getter(name):
    x = logged(2, 2)
    assert called(lambda: getattr(x, name)) == [getattr(Tensor, name).__get__]
    assert LOG[0][1] == ("Logged",)


@pytest.mark.parametrize(("name", "value"), [("grad", None), ("requires_grad", False), ("data", torch.ones(3))])
def test_setting_an_attribute_asks_for_its_setter(name, value):
    x = logged(2)
    assert called(lambda: setattr(x, name, value)) == [getattr(Tensor, name).__set__]


def test_deleting_an_attribute_asks():
    x = logged(2)
    assert called(lambda: delattr(x, "grad")) == [Tensor.grad.__delete__]


@pytest.mark.parametrize(
    "run",
    [
        lambda x: (torch.add, torch.add(x, 1)),
        lambda x: (Tensor.add, x.add(1)),
        lambda x: (torch.cat, torch.cat([x, x])),
        lambda x: (torch.stack, torch.stack((x,))),
        lambda x: (torch.sum, torch.sum(torch.ones(1, 1), 0, out=x)),
        lambda x: (torch.where, torch.where(condition=x > 0, input=x, other=x)),
        lambda x: (Tensor.size, x.size()),
        lambda x: (torch.einsum, torch.einsum("i->", x)),
        lambda x: (torch.tensordot, torch.tensordot(x, x, 1)),
        lambda x: (torch.ones_like, torch.ones_like(x)),
        lambda x: (F.relu, F.relu(x)),
        lambda x: (F.gelu, F.gelu(x)),
        lambda x: (F.dropout, F.dropout(x, 0.5, False)),
        lambda x: (F.mse_loss, F.mse_loss(x, x)),
        lambda x: (F.linear, F.linear(torch.ones(1), torch.ones(1, 1), x)),
        lambda x: (torch.special.erf, torch.special.erf(x)),
        lambda x: (torch.is_floating_point, torch.is_floating_point(x)),
        lambda x: (torch.numel, torch.numel(x)),
        lambda x: (Tensor.is_floating_point, x.is_floating_point()),
        lambda x: (Tensor.new_tensor, x.new_tensor([1.0])),
        lambda x: (torch.result_type, torch.result_type(x, 1)),
        lambda x: (torch.nn.init.uniform_, torch.nn.init.uniform_(x)),
        lambda x: (Tensor.__deepcopy__, x.__deepcopy__({})),
        lambda x: (Tensor.register_hook, x.requires_grad_().register_hook(abs)),
    ],
)
def test_the_function_is_the_public_object(run):
    LOG.clear()
    expected, _ = run(logged(1))
    assert LOG[-1][0] is expected


def test_backward_asks():
    x = logged(1).requires_grad_()
    loss = (x * 2).sum()
    assert called(loss.backward) == [Tensor.backward]
    assert x.grad.tolist() == [2.0]
    assert type(x.grad) is Tensor
    assert called(lambda: torch.autograd.backward((x * 3).sum()))[-1] is torch.autograd.backward
    assert called(lambda: torch.autograd.grad((x * 3).sum(), x))[-1] is torch.autograd.grad


def test_functions_and_methods_of_one_name_are_two_objects():
    for name in ("add", "sum", "is_floating_point", "norm", "exp_"):
        assert getattr(torch, name) is not getattr(Tensor, name)


def test_arguments_come_as_given_to_operators_and_named_to_functions_in_python():
    duck = Duck()
    assert torch.add(duck, 1) == (torch.add, (Duck,), (duck, 1), None)
    assert torch.add(duck, other=1, alpha=2) == (torch.add, (Duck,), (duck,), {"other": 1, "alpha": 2})
    assert F.relu(duck) == (F.relu, (Duck,), (duck,), {"inplace": False})
    assert F.relu(duck, True) == (F.relu, (Duck,), (duck,), {"inplace": True})


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: torch.cat([torch.ones(1), d]),
        lambda d: torch.ones(1) + d,
        lambda d: d + torch.ones(1),
        lambda d: torch.ones(1)[d],
        lambda d: torch.sum(torch.ones(1), out=d),
        lambda d: torch.ones(1).add(d),
        lambda d: torch.ones(1) < d,
        lambda d: F.linear(torch.ones(1, 1), torch.nn.Parameter(torch.ones(1, 1)), d),
        lambda d: torch.max(d),
        lambda d: torch.einsum("i,i", torch.ones(1), d),
        lambda d: torch.einsum("i,i", [torch.ones(1), d]),
        lambda d: torch.autograd.grad(d, d),
        lambda d: torch.ones(1).where(torch.ones(1) > 0, other=d),
    ],
)
def test_ducks_are_asked_wherever_they_stand(ask):
    assert ask(Duck())[1][-1] is Duck


def test_data_is_not_asked():
    with pytest.raises(RuntimeError, match="Could not infer dtype of Duck"):
        torch.tensor(Duck())
    assert type(torch.tensor(logged(1))) is Tensor
    assert torch.is_tensor(Duck()) is False
