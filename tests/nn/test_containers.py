"""Containers of modules and parameters."""

from collections import OrderedDict

import ferrotorch as torch
import pytest
from ferrotorch import nn


def kinds(container):
    return [type(m).__name__ for m in container]


def test_sequential_runs_in_order_and_slices():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = torch.ones(4, 2)
    assert torch.equal(net(x), net[2](torch.relu(net[0](x))))
    assert kinds(net[1:]) == ["ReLU", "Linear"]
    assert net[-1] is net[2]
    assert list(nn.Sequential(OrderedDict(a=nn.ReLU())).state_dict()) == []
    with pytest.raises(IndexError, match="index 3 is out of range"):
        net[3]


def test_sequential_edits_keep_numbers_in_order():
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    net.append(nn.Sigmoid()).insert(1, nn.GELU())
    assert kinds(net) == ["ReLU", "GELU", "Tanh", "Sigmoid"]
    assert list(net._modules) == ["0", "1", "2", "3"]
    del net[0]
    assert type(net.pop(-1)) is nn.Sigmoid
    assert kinds(net + net) == ["GELU", "Tanh"] * 2
    assert kinds(2 * net) == kinds(net * 2) == ["GELU", "Tanh"] * 2
    net[0] = nn.Identity()
    assert kinds(net) == ["Identity", "Tanh"]


def test_module_list():
    modules = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    modules += [nn.Sigmoid()]
    modules.insert(0, nn.GELU())
    assert kinds(modules) == ["GELU", "ReLU", "Tanh", "Sigmoid"]
    assert kinds(modules[1:3]) == ["ReLU", "Tanh"]
    assert type(modules.pop(0)) is nn.GELU
    assert kinds(modules + nn.ModuleList([nn.ELU()])) == ["ReLU", "Tanh", "Sigmoid", "ELU"]
    with pytest.raises(TypeError, match="should be called with an iterable"):
        modules.extend(3)
    with pytest.raises(NotImplementedError):
        modules(1)


def test_module_list_prints_equal_neighbours_once():
    modules = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])
    assert repr(modules) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.ReLU()})
    modules["b"] = nn.Tanh()
    modules.update([("c", nn.Sigmoid())])
    assert list(modules) == ["a", "b", "c"]
    assert "b" in modules
    assert type(modules.pop("b")) is nn.Tanh
    assert [type(m).__name__ for m in modules.values()] == ["ReLU", "Sigmoid"]
    with pytest.raises(ValueError, match="has length 3; 2 is required"):
        modules.update([("x", nn.ReLU(), 1)])
    modules.clear()
    assert len(modules) == 0


def test_parameter_list():
    parameters = nn.ParameterList([torch.zeros(2), nn.Parameter(torch.ones(1))])
    parameters.append(torch.zeros(3))
    assert [name for name, _ in parameters.named_parameters()] == ["0", "1", "2"]
    assert parameters[-1].shape == (3,)
    assert len(parameters[1:]) == 2
    assert "(1): Parameter containing: [torch.float32 of size 1]" in repr(parameters)
    with pytest.raises(RuntimeError, match="should not be called"):
        parameters(1)


def test_parameter_dict():
    parameters = nn.ParameterDict({"w": torch.zeros(2)})
    parameters["b"] = torch.ones(1)
    assert list(parameters.state_dict()) == ["w", "b"]
    assert list(parameters | nn.ParameterDict({"c": torch.zeros(1)})) == ["w", "b", "c"]
    assert parameters.get("none") is None
    assert parameters.setdefault("w") is parameters["w"]
    assert parameters.pop("w").shape == (2,)
    assert parameters.popitem()[0] == "b"
    with pytest.raises(AttributeError, match="'w'"):
        parameters["w"]
    for use in (lambda: parameters[3], lambda: parameters.update([(3, torch.ones(1))])):
        with pytest.raises(TypeError, match="must be a string, but got int"):
            use()


def test_parameter_dict_takes_a_plain_dict_in_the_order_of_its_keys():
    tensors = {"b": torch.ones(1), "a": torch.ones(2, dtype=torch.float64)}
    assert list(nn.ParameterDict(tensors)) == ["a", "b"]
    assert list(nn.ParameterDict(OrderedDict(tensors))) == list(nn.ParameterDict(tensors.items())) == ["b", "a"]
    assert "(a): Parameter containing: [torch.DoubleTensor of size 2]" in repr(nn.ParameterDict(tensors))
