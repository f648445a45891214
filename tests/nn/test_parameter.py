"""Parameters and buffers as tensors."""

import copy
import pickle

import ferrotorch as torch
import pytest
from ferrotorch import nn


def test_a_parameter_is_a_tensor_that_requires_grad_and_shares_memory():
    data = torch.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    assert isinstance(parameter, torch.Tensor)
    assert parameter.requires_grad
    assert parameter.is_leaf
    data[0] = 5.0
    assert parameter.tolist() == [5.0, 2.0]


def test_requires_grad_holds_under_no_grad():
    with torch.no_grad():
        assert nn.Parameter(torch.zeros(2)).requires_grad
        assert not nn.Parameter(torch.zeros(2), requires_grad=False).requires_grad


def test_an_empty_parameter_needs_no_data():
    assert nn.Parameter().shape == (0,)


def test_results_of_operations_are_plain_tensors():
    assert type(nn.Parameter(torch.ones(2)) * 2) is torch.Tensor
    assert not isinstance(torch.ones(2), nn.Parameter)


def test_repr_names_the_parameter():
    assert repr(nn.Parameter(torch.tensor([1.0]))).startswith("Parameter containing:\n")


def test_deepcopy_keeps_type_values_and_identity_within_one_copy():
    parameter = nn.Parameter(torch.ones(2), requires_grad=False)
    first, second = copy.deepcopy([parameter, parameter])
    assert first is second
    assert type(first) is nn.Parameter
    assert not first.requires_grad
    first.data[0] = 3.0
    assert parameter.tolist() == [1.0, 1.0]


def test_pickle_keeps_type_and_values():
    restored = pickle.loads(pickle.dumps(nn.Parameter(torch.tensor([1.0, 2.0]))))
    assert type(restored) is nn.Parameter
    assert restored.requires_grad
    assert restored.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("persistent", [True, False])
def test_a_buffer_registers_itself(persistent):
    module = nn.Module()
    module.seen = nn.Buffer(torch.zeros(2), persistent=persistent)
    assert isinstance(module.seen, nn.Buffer)
    assert [name for name, _ in module.named_buffers()] == ["seen"]
    assert ("seen" in module.state_dict()) is persistent


def test_attributes_of_a_parameter_are_pickled():
    parameter = nn.Parameter(torch.ones(2))
    parameter.note = {"a": 1}
    again = pickle.loads(pickle.dumps(parameter))
    assert type(again) is nn.Parameter and again.note == {"a": 1}
    assert not hasattr(copy.deepcopy(parameter), "note")
