"""Subclasses of tensors are kept through what is done to them."""

import copy
import io
import pickle

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import Tensor, nn
from ferrotorch.serialization import load, save


class Sub(Tensor):
    pass


class SubSub(Sub):
    pass


class Slotted(Tensor):
    __slots__ = ("unit",)


def sub(*shape, kind=Sub):
    return torch.arange(1.0, 1 + torch.Size(shape).numel()).reshape(shape).as_subclass(kind)


@pytest.mark.parametrize(
    "run",
    [
        lambda x: x + 1,
        lambda x: 1 - x,
        lambda x: x.exp(),
        lambda x: torch.exp(x),
        lambda x: x @ x,
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x[0],
        lambda x: x[:, 1],
        lambda x: x[[0, 1]],
        lambda x: x[x > 1],
        lambda x: x.view(-1),
        lambda x: x.detach(),
        lambda x: x.clone(),
        lambda x: x.data,
        lambda x: x.to(torch.float64),
        lambda x: x.sum(),
        lambda x: x == 1,
        lambda x: x.cpu(),
        lambda x: torch.zeros_like(x),
        lambda x: x.new_zeros(2),
        lambda x: x.new_tensor([1.0]),
        lambda x: torch.stack([x, x]),
        lambda x: torch.cat([torch.ones(2, 2), x]),
        lambda x: torch.ones(2, 2) + x,
        lambda x: F.relu(x),
        lambda x: F.gelu(x),
        lambda x: F.softmax(x, -1),
        lambda x: torch.einsum("ij,jk", x, x),
        lambda x: x.add_(1),
        lambda x: x.requires_grad_(),
        lambda x: x.real,
        lambda x: copy.copy(x),
        lambda x: copy.deepcopy(x),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: x.as_subclass(Sub),
        lambda x: x.contiguous(),
        lambda x: x.norm(),
        lambda x: x.__reversed__(),
        lambda x: x.expand(3, 2, 2),
        lambda x: F.linear(x, torch.ones(2, 2)),
        lambda x: nn.Linear(2, 2)(x),
        lambda x: torch.where(x > 1, x, 0.0),
        lambda x: -x,
    ],
)
@pytest.mark.parametrize("kind", [Sub, SubSub, Slotted])
def test_results_are_instances(run, kind):
    x = sub(2, 2, kind=kind)
    plain = x.as_subclass(Tensor).clone()
    result = run(x)
    if result.requires_grad:
        return
    assert isinstance(result, kind) or type(result) is Sub
    expected = run(plain)
    assert torch.equal(result.as_subclass(Tensor), expected.as_subclass(Tensor))


@pytest.mark.parametrize(
    "run",
    [lambda x: x.split(1), lambda x: x.unbind(), lambda x: x.max(0), lambda x: x.sort(), lambda x: torch.chunk(x, 2)],
)
def test_tensors_in_tuples_are_instances(run):
    x = sub(2, 2)
    result = run(x)
    assert type(result) is type(run(x.as_subclass(Tensor)))
    assert [type(part) for part in result] == [Sub] * len(result)


def test_the_lowest_class_wins():
    assert type(sub(1) + sub(1, kind=SubSub)) is SubSub
    assert type(torch.ones(1) + sub(1, kind=SubSub)) is SubSub

    class Other(Tensor):
        pass

    with pytest.raises(TypeError, match="unsupported operand"):
        sub(1) + sub(1, kind=Other)


def test_an_object_stays_itself():
    x = sub(2)
    assert x.add_(1) is x
    plain = torch.ones(2)
    result = plain.add_(x)
    assert type(plain) is Tensor
    assert type(result) is Sub
    assert plain.tolist() == [3.0, 4.0]
    assert result.data_ptr() == plain.data_ptr()
    y = torch.sum(x, 0, out=sub(1)[0])
    assert type(y) is Sub


def test_attributes_and_numbers_stay_what_they_are():
    x = sub(2, 3)
    assert type(x.shape) is torch.Size
    assert x.shape == (2, 3)
    assert x.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert type(x.sum().item()) is float
    assert x.numpy().tolist() == x.tolist()


def test_gradients_flow_and_are_plain():
    x = sub(3).requires_grad_()
    y = (x * x).sum()
    assert (type(y), y.requires_grad) == (Sub, True)
    y.backward()
    assert (type(x.grad), x.grad.tolist()) == (Tensor, [2.0, 4.0, 6.0])
    leaf = torch.ones(2, requires_grad=True)
    (leaf.as_subclass(Sub) * 3).sum().backward()
    assert leaf.grad.tolist() == [3.0, 3.0]


def test_a_view_of_a_subclass_is_a_view():
    x = sub(2, 2)
    x[0] = 0.0
    x.view(-1)[3].mul_(10)
    assert x.tolist() == [[0.0, 0.0], [3.0, 40.0]]
    y = sub(3).requires_grad_() * 1
    y[0].mul_(5)
    y.sum().backward()
    assert y.tolist() == [5.0, 2.0, 3.0]


def test_a_subclass_of_another_tensor_shares_it():
    base = torch.ones(2)
    alias = base.as_subclass(Sub)
    assert alias._is_view()
    assert alias._base is base
    alias.add_(1)
    assert base.tolist() == [2.0, 2.0]
    made = Sub(base)
    assert (type(made), made._base is base) == (Sub, True)
    with pytest.raises(RuntimeError, match="does not inherit from Tensor"):
        base.as_subclass(int)


def test_make_subclass_has_no_history():
    x = torch.ones(2, requires_grad=True) * 2
    made = Tensor._make_subclass(Sub, x)
    assert (type(made), made.requires_grad, made.is_leaf) == (Sub, False, True)
    assert Tensor._make_subclass(Sub, x, True).requires_grad
    assert made.data_ptr() == x.data_ptr()


def test_attributes_of_instances_stay_with_them():
    x = sub(2)
    x.unit = "m"
    assert copy.deepcopy(x).unit == "m"
    assert pickle.loads(pickle.dumps(x)).unit == "m"
    assert not hasattr(x + 1, "unit")
    s = sub(2, kind=Slotted)
    s.unit = "s"
    assert s.unit == "s"
    assert type(s * 2) is Slotted


def test_save_and_load():
    file = io.BytesIO()
    save(sub(2), file)
    file.seek(0)
    loaded = load(file, weights_only=False)
    assert (type(loaded), loaded.tolist()) == (Sub, [1.0, 2.0])


def test_parameters_compute_plain_tensors():
    weight = nn.Parameter(torch.ones(2))

    class Special(nn.Parameter):
        pass

    for p in (weight, Special(torch.ones(2))):
        assert [type(r) for r in (p + 1, p.data, p.detach(), p.clone(), p[0], F.relu(p))] == [Tensor] * 6
        assert p.add_ is not None
        assert type(p.requires_grad_()) is type(p)
    assert type(weight + sub(2)) is Sub


def test_repr_shows_the_class():
    assert repr(sub(2)) == "Sub([1., 2.])"
    assert repr(nn.Parameter(torch.ones(1))).startswith("Parameter containing:\ntensor([1.]")


def test_switched_off():
    x = sub(2)
    with torch._C.DisableTorchFunctionSubclass():
        assert type(x + 1) is Tensor
        assert type(x.detach()) is Tensor
        with torch.overrides._enable_torch_function():
            assert type(x + 1) is Sub
    with torch._C.DisableTorchFunction():
        assert type(x + 1) is Tensor
    assert type(x + 1) is Sub


def test_switched_off_by_the_class():
    class Off(Tensor):
        __torch_function__ = torch._C._disabled_torch_function_impl

    x = torch.ones(2).as_subclass(Off)
    assert type(x + 1) is Tensor
    assert type(x.add_(1)) is Off
    assert not torch.overrides.has_torch_function((x,))


def test_optimizers_take_subclasses():
    x = sub(3).requires_grad_()
    torch.optim.SGD([x], lr=0.5).step()
    loss = (x**2).sum()
    loss.backward()
    optimizer = torch.optim.SGD([x], lr=0.25)
    optimizer.step()
    assert type(x) is Sub
    assert x.tolist() == [0.5, 1.0, 1.5]
