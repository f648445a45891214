"""Registration, traversal, conversion and printing of modules."""

import copy

import ferrotorch as torch
import pytest
from ferrotorch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.inner = nn.Sequential(nn.ReLU(), nn.Linear(3, 1, bias=False))
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("cache", torch.zeros(2), persistent=False)

    def forward(self, x):
        return self.inner(self.first(x))


PARAMETERS = ["first.weight", "first.bias", "inner.1.weight"]


def test_names_follow_the_order_of_registration():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    assert [name for name, _ in net.named_buffers()] == ["steps", "cache"]
    assert [name for name, _ in net.named_children()] == ["first", "inner"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "inner", "inner.0", "inner.1"]
    assert [name for name, _ in net.named_parameters(prefix="net", recurse=False)] == []


def test_shared_members_are_met_once_unless_asked():
    net = nn.Module()
    net.a = nn.Linear(2, 2, bias=False)
    net.b = net.a
    assert [name for name, _ in net.named_parameters()] == ["a.weight"]
    assert [name for name, _ in net.named_parameters(remove_duplicate=False)] == ["a.weight", "b.weight"]
    assert len(list(net.children())) == 1


def test_assignment_moves_a_name_between_tables():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(torch.zeros(1))
    assert "x" in module._parameters
    assert "x" not in module.__dict__
    del module.x
    assert not hasattr(module, "x")
    module.x = nn.ReLU()
    assert "x" in module._modules
    module.x = nn.Parameter(torch.zeros(1))
    assert "x" not in module._modules


@pytest.mark.parametrize(
    ("assign", "error", "message"),
    [
        (lambda m: setattr(m, "weight", torch.zeros(2)), TypeError, r"cannot assign .* as parameter 'weight'"),
        (lambda m: setattr(m, "child", 3), TypeError, r"cannot assign 'int' as child module 'child'"),
        (lambda m: setattr(m, "seen", 3), TypeError, r"cannot assign 'int' as buffer 'seen'"),
        (lambda m: m.register_parameter("a.b", None), KeyError, "t contain"),
        (lambda m: m.register_parameter("", None), KeyError, "t be empty string"),
        (lambda m: m.register_buffer("forward", None), KeyError, "already exists"),
        (lambda m: m.register_buffer("x", 3), TypeError, "torch Tensor or None required"),
        (lambda m: m.add_module("x", 3), TypeError, "int is not a Module subclass"),
        (lambda m: m.register_parameter("x", torch.zeros(1)), TypeError, "torch.nn.Parameter or None required"),
    ],
)
def test_what_does_not_fit_is_refused(assign, error, message):
    module = nn.Module()
    module.weight = nn.Parameter(torch.zeros(1))
    module.child = nn.ReLU()
    module.register_buffer("seen", None)
    with pytest.raises(error, match=message):
        assign(module)


def test_assignment_before_init_says_so():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(torch.zeros(1))

    with pytest.raises(AttributeError, match=r"cannot assign parameters before Module.__init__\(\) call"):
        Early()


def test_missing_attribute_and_missing_forward():
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        _ = nn.Linear(1, 1).nothing
    with pytest.raises(NotImplementedError, match='missing the required "forward" function'):
        nn.Module()(1)


def test_members_by_path():
    net = Net()
    assert net.get_submodule("inner.1") is net.inner[1]
    assert net.get_submodule("") is net
    assert net.get_parameter("inner.1.weight") is net.inner[1].weight
    assert net.get_buffer("steps") is net.steps
    with pytest.raises(AttributeError, match="Net has no attribute `other`"):
        net.get_submodule("other")
    with pytest.raises(AttributeError, match="is not a buffer"):
        net.get_buffer("first.weight")
    net.set_submodule("inner.1", nn.Identity())
    assert isinstance(net.inner[1], nn.Identity)


def test_train_and_eval_reach_all_modules():
    net = Net()
    assert all(not m.training for m in net.eval().modules())
    assert all(m.training for m in net.train().modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train(1)


def test_apply_visits_children_first():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Linear", "Sequential", "Net"]


def test_casts_convert_floating_point_in_place():
    net = Net()
    weight = net.first.weight
    assert net.double() is net
    assert net.first.weight is weight
    assert weight.dtype == torch.float64
    assert net.steps.dtype == torch.int64
    assert net.to(torch.float32).cache.dtype == torch.float32
    assert net.half().first.weight.dtype == torch.float16
    assert net.to(torch.zeros(1, dtype=torch.float64)).first.bias.dtype == torch.float64
    assert net.to("cpu", dtype=torch.float32).first.bias.dtype == torch.float32


def test_casts_convert_gradients():
    layer = nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    layer.double()
    assert layer.weight.grad.dtype == torch.float64


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_to_refuses_dtypes_without_gradients(dtype):
    with pytest.raises(TypeError, match="only accepts floating point or complex dtypes"):
        nn.Linear(1, 1).to(getattr(torch, dtype))


def test_to_refuses_other_arguments():
    with pytest.raises(TypeError, match="invalid combination of arguments"):
        nn.Linear(1, 1).to("cpu", dtyp=torch.float64)


def test_zero_grad_and_requires_grad():
    layer = nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0, 0.0]]
    layer.zero_grad()
    assert layer.weight.grad is None
    assert not any(p.requires_grad for p in layer.requires_grad_(False).parameters())


def test_repr_nests():
    expected = (
        "Net(\n"
        "  (first): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (inner): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=3, out_features=1, bias=False)\n"
        "  )\n"
        ")"
    )
    assert repr(Net()) == expected


def test_deepcopy_is_independent():
    net = Net()
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.first.weight.fill_(7.0)
    assert not torch.equal(net.first.weight, other.first.weight)
    assert list(other.state_dict()) == list(net.state_dict())


def test_dir_lists_members():
    names = dir(Net())
    assert {"first", "steps", "forward"} <= set(names)


def test_modules_can_restore_a_state_as_their_base_does():
    class Layer(nn.Linear):
        def __setstate__(self, state):
            super().__setstate__(state)
            self.restored = True

    layer = copy.deepcopy(Layer(1, 1))
    assert layer.restored and layer(torch.ones(1)).shape == (1,)


def test_to_takes_no_copy():
    with pytest.raises(RuntimeError, match="does not accept copy argument"):
        nn.Linear(2, 2).to(copy=True)


@pytest.mark.parametrize("name", ["training", "k"])
def test_a_buffer_does_not_take_the_place_of_an_attribute(name):
    net = nn.Linear(2, 2)
    net.k = 3
    with pytest.raises(KeyError, match="already exists"):
        setattr(net, name, nn.Buffer(torch.ones(1)))
    assert net.k == 3
    assert net.training is True


def test_a_parameter_that_is_none_cannot_be_got():
    with pytest.raises(AttributeError, match="`bias` is not an nn"):
        nn.Linear(2, 2, bias=False).get_parameter("bias")


class Named:
    def __init__(self, name):
        self.name = name


class Mixed(nn.Module, Named):
    call_super_init = True


def test_a_module_may_pass_its_arguments_on():
    mixed = Mixed(name="x")
    mixed.layer = nn.ReLU()
    assert (mixed.name, [name for name, _ in mixed.named_children()]) == ("x", ["layer"])
