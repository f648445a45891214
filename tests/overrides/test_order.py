"""Who is asked first, and what happens when everyone declines."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest


def answering(name, *bases, answer=True):
    """A class that answers with its name, or declines."""

    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return (name, types) if answer else NotImplemented

    return type(name, bases or (torch.Tensor,), {"__torch_function__": classmethod(__torch_function__)})


A, B = answering("A"), answering("B")
A1 = answering("A1", A)
Declining = answering("Declining", answer=False)
Duck = answering("Duck", object)
Silent = answering("Silent", object, answer=False)


def of(kind):
    return kind() if kind in (Duck, Silent) else torch.ones(1).as_subclass(kind)


@pytest.mark.parametrize(
    ("kinds", "first", "types"),
    [
        ((A, B), "A", (A, B)),
        ((B, A), "B", (B, A)),
        ((A, A1), "A1", (A1, A)),
        ((A1, A), "A1", (A1, A)),
        ((B, A, A1), "B", (B, A1, A)),
        ((A, Duck), "A", (A, Duck)),
        ((Duck, A), "Duck", (Duck, A)),
        ((Declining, A), "A", (Declining, A)),
        ((A, A), "A", (A,)),
        ((Silent, Declining, B), "B", (Silent, Declining, B)),
    ],
)
def test_order_of_arguments_but_subclasses_first(kinds, first, types):
    objects = [of(kind) for kind in kinds]
    assert torch.cat(objects) == (first, types)
    assert torch.cat(tuple(objects)) == (first, types)
    assert torch.cat(tensors=objects) == (first, types)


def test_functions_in_python_name_the_class_tensor_too():
    assert F.mse_loss(of(A), torch.ones(1)) == ("A", (A, torch.Tensor))
    assert torch.add(of(A), torch.ones(1)) == ("A", (A,))


@pytest.mark.parametrize(
    ("run", "name"),
    [
        (lambda d: torch.add(d, 1), "torch.add"),
        (lambda d: torch.ones(1).add(d), "torch.Tensor.add"),
        (lambda d: torch.ones(1)[d], "torch.Tensor.__getitem__"),
        (lambda d: torch.ones_like(d), "torch.ones_like"),
        (lambda d: torch.special.erf(d), "torch.special.special_erf"),
    ],
)
def test_type_error_where_all_decline(run, name):
    with pytest.raises(TypeError) as caught:
        run(of(Silent))
    assert str(caught.value).startswith(
        f"Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned NotImplemented:\n\n"
        f"  - tensor subclass {Silent}"
    )


def test_type_error_of_a_function_in_python():
    text = "no implementation found for 'torch.nn.functional.dropout' on types that implement __torch_function__: "
    with pytest.raises(TypeError, match=text + rf"\[{Silent}\]"):
        F.dropout(of(Silent))


def test_declined_operators_are_unsupported():
    x = of(Declining)
    for run in (
        lambda: x + 1,
        lambda: 1 - x,
        lambda: x @ x,
        lambda: torch.ones(1) + of(Silent),
        lambda: x.__iadd__(1) + 1,
    ):
        with pytest.raises(TypeError, match="unsupported operand"):
            run()
    assert (torch.ones(1) == of(Silent)) is False
    with pytest.raises(TypeError, match="all __torch_function__ handlers returned NotImplemented"):
        x.shape  # noqa: B018


def test_the_right_operand_may_answer_with_its_reflected_form():
    class Reflected(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return -1 if func is torch.Tensor.__rpow__ else NotImplemented

    assert of(Declining) ** torch.ones(1).as_subclass(Reflected) == -1


def test_errors_of_overrides_come_through():
    class Failing(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise ZeroDivisionError(func.__name__)

    x = torch.ones(1).as_subclass(Failing)
    runs = {
        "add": lambda: x + 1,
        "exp": x.exp,
        "__get__": lambda: x.shape,
        "__len__": lambda: len(x),
        "__bool__": lambda: bool(x),
        "__set__": lambda: setattr(x, "grad", None),
        "__setitem__": lambda: x.__setitem__(0, 1),
        "relu": lambda: F.relu(x),
        "__contains__": lambda: 1 in x,
        "__pow__": lambda: x**2,
        "dim": lambda: iter(x),
        "size": lambda: x.size(0),
    }
    for name, run in runs.items():
        with pytest.raises(ZeroDivisionError, match=f"^{name}$"):
            run()


@pytest.mark.parametrize(("run", "category"), [(torch.exp, UserWarning), (F.dropout, DeprecationWarning)])
@pytest.mark.parametrize("base", [object, torch.Tensor])
def test_a_plain_method_is_deprecated(run, category, base):
    kind = type("Plain", (base,), {"__torch_function__": lambda self, *args, **kwargs: -1})
    with pytest.warns(category, match="as a plain method is deprecated"):
        assert run(kind()) == -1
