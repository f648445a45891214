"""The functions of `torch.overrides`, and the objects that stand for functions written in Python."""

import copy
import functools
import inspect
import pickle

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import Tensor, overrides
from support.loggers import Duck, Logged, logged


def test_every_overridable_function_can_be_overridden():
    for functions in overrides.get_overridable_functions().values():
        for function in functions:
            assert eval(overrides.resolve_name(function)) == function
            assert function not in overrides.get_ignored_functions()


@pytest.mark.parametrize("place", ["torch", "torch.nn.functional", "torch.functional", "torch.special"])
def test_functions_that_take_ducks_hand_over_to_them(place):
    """Each with as many ducks as it has parameters without a default."""
    duck, stand_ins = Duck(), overrides.get_testing_overrides()
    for function in overrides.get_overridable_functions()[eval(place)]:
        parameters = inspect.signature(stand_ins[function]).parameters.values()
        needed = [duck for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        if not needed:
            continue
        answer = function(*needed)
        assert isinstance(answer, tuple), function
        assert answer[0] is function


def test_overridable_and_ignored():
    overridable = overrides.get_overridable_functions()
    assert {torch.add, torch.einsum, torch.cat} <= set(overridable[torch])
    assert {F.relu, F.linear, F.gelu} <= set(overridable[F])
    assert {Tensor.add, Tensor.__getitem__, Tensor.size, Tensor.new_tensor} <= set(overridable[Tensor])
    assert overridable[Tensor.shape] == [Tensor.shape.__get__]
    ignored = overrides.get_ignored_functions()
    assert {torch.ones, torch.rand, torch.tensor, torch.is_tensor, torch.set_num_threads, Tensor.as_subclass} <= ignored


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (torch.add, "torch.add"),
        (Tensor.add, "torch.Tensor.add"),
        (Tensor.shape.__get__, "torch.Tensor.shape.__get__"),
        (Tensor.grad.__set__, "torch.Tensor.grad.__set__"),
        (F.relu, "torch.nn.functional.relu"),
        (Tensor.dim, "torch.Tensor.dim"),
        (torch.einsum, "torch.functional.einsum"),
        (Tensor.__rtruediv__, "torch.Tensor.__rtruediv__"),
        (print, None),
    ],
)
def test_resolve_name(function, name):
    assert overrides.resolve_name(function) == name


def test_is_tensor_method_or_property():
    for function in (Tensor.add, Tensor.shape.__get__, Tensor.__len__, Tensor.new_tensor, Tensor.size):
        assert overrides.is_tensor_method_or_property(function)
    for function in (torch.add, F.relu, torch.einsum):
        assert not overrides.is_tensor_method_or_property(function)


def test_is_tensor_like():
    assert [overrides.is_tensor_like(x) for x in (torch.ones(1), logged(1), Duck(), 1, None)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_has_torch_function():
    plain, parameter, duck = torch.ones(1), torch.nn.Parameter(torch.ones(1)), Duck()
    assert not overrides.has_torch_function((plain, parameter, 1))
    assert overrides.has_torch_function([plain, duck])
    assert overrides.has_torch_function_unary(logged(1))
    assert not overrides.has_torch_function_unary(parameter)
    assert overrides.has_torch_function_variadic(plain, duck)
    assert not overrides.has_torch_function_variadic(plain, None)
    with overrides.BaseTorchFunctionMode():
        assert overrides.has_torch_function_unary(plain)
    with torch._C.DisableTorchFunctionSubclass():
        assert not overrides.has_torch_function_unary(duck)
    with pytest.raises(TypeError, match="expected a sequence"):
        overrides.has_torch_function(object())


def own(a, *, b=None):
    if overrides.has_torch_function((a, b)):
        return overrides.handle_torch_function(own, (a, b), a, b=b)
    return a + 1


def test_functions_of_ones_own():
    duck = Duck()
    assert own(duck) == (own, (Duck,), (duck,), {"b": None})
    assert own(torch.ones(1), b=duck)[1] == (torch.Tensor, Duck)
    assert own(torch.ones(1)).tolist() == [2.0]

    class Silent:
        __torch_function__ = classmethod(lambda cls, *args: NotImplemented)

    with pytest.raises(TypeError, match=rf"no implementation found for '{__name__}.own' on types .*Silent"):
        own(Silent())


def test_wrap_torch_function():
    @overrides.wrap_torch_function(lambda a, b=None: (a,))
    def double(a, b=None):
        """Doubles."""
        return a * 2

    assert double(Duck())[0] is double
    assert double(torch.ones(1)).tolist() == [2.0]
    assert double.__doc__ == "Doubles."


def test_redispatch_function():
    depths = []

    class Watching(Tensor):
        depth = 0

        @classmethod
        def __torch_function__(cls, func, types, args, kwargs=None):
            depths.append((cls.depth, func.__name__))
            cls.depth += 1
            result = overrides.redispatch_function(func, types, args, kwargs)
            cls.depth -= 1
            return result

    def scaled(a, b):
        if overrides.has_torch_function((a, b)):
            return overrides.handle_torch_function(scaled, (a, b), a, b)
        return a * b + 1

    result = scaled(torch.tensor([3.0]).as_subclass(Watching), torch.tensor([4.0]).as_subclass(Watching))
    assert depths == [(0, "scaled"), (1, "mul")]
    assert type(result) is Tensor
    assert result.tolist() == [13.0]


def test_nowrap_functions():
    assert {Tensor._base.__get__, Tensor.grad.__get__} <= overrides.get_default_nowrap_functions()
    x = torch.ones(2)
    assert type(x.as_subclass(Logged)._base) is Tensor


def test_a_function_in_python_is_seen_as_the_function():
    assert F.relu.__name__ == "relu"
    assert inspect.signature(F.relu) == inspect.signature(F.relu.__wrapped__)
    assert F.relu.__doc__ == F.relu.__wrapped__.__doc__
    assert inspect.getsource(F.relu).startswith("def relu(")
    assert F.relu.__module__ == "ferrotorch.nn.functional.activation"
    assert repr(F.relu) == repr(F.relu.__wrapped__)
    assert copy.deepcopy(F.relu) is F.relu
    assert pickle.loads(pickle.dumps(F.relu)) is F.relu
    assert pickle.loads(pickle.dumps(Tensor.new_tensor)) is Tensor.new_tensor
    assert pickle.loads(pickle.dumps(Tensor.add)) is Tensor.add
    assert pickle.loads(pickle.dumps(torch.add)) is torch.add
    assert functools.partial(F.leaky_relu, negative_slope=0.5)(torch.tensor([-1.0])).tolist() == [-0.5]
    assert inspect.isroutine(F.relu)
    with pytest.raises(AttributeError, match="nothing"):
        F.relu.nothing  # noqa: B018


def test_a_method_in_python_binds():
    x = torch.ones(2)
    method = x.new_tensor
    assert method.__self__ is x
    assert method([3.0]).tolist() == [3.0]
    assert Tensor.new_tensor(x, [3.0]).tolist() == [3.0]
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        x.new_tensor()


def test_attributes_that_are_written_to_a_function_stay():
    try:
        F.relu.note = 1
        assert F.relu.note == 1
    finally:
        del F.relu.note
    assert not hasattr(F.relu, "note")
