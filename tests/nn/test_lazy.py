"""Layers that infer sizes from their first input."""

import copy

import ferrotorch as torch
import pytest
from ferrotorch import nn

CASES = [
    (lambda: nn.LazyLinear(3), nn.Linear, (2, 5), (3, 5)),
    (lambda: nn.LazyConv1d(4, 3), nn.Conv1d, (2, 6, 7), (4, 6, 3)),
    (lambda: nn.LazyConv2d(4, 3, groups=2), nn.Conv2d, (2, 6, 7, 7), (4, 3, 3, 3)),
    (lambda: nn.LazyConv3d(4, 1), nn.Conv3d, (6, 2, 2, 2), (4, 6, 1, 1, 1)),
    (lambda: nn.LazyConvTranspose1d(4, 3), nn.ConvTranspose1d, (2, 6, 7), (6, 4, 3)),
    (lambda: nn.LazyConvTranspose2d(4, 3, bias=False), nn.ConvTranspose2d, (2, 6, 7, 7), (6, 4, 3, 3)),
    (lambda: nn.LazyConvTranspose3d(4, 1), nn.ConvTranspose3d, (2, 6, 2, 2, 2), (6, 4, 1, 1, 1)),
    (lambda: nn.LazyBatchNorm1d(), nn.BatchNorm1d, (4, 5), (5,)),
    (lambda: nn.LazyBatchNorm2d(), nn.BatchNorm2d, (4, 5, 2, 2), (5,)),
    (lambda: nn.LazyBatchNorm3d(), nn.BatchNorm3d, (4, 5, 2, 2, 2), (5,)),
    (lambda: nn.LazyInstanceNorm1d(), nn.InstanceNorm1d, (5, 4), (5,)),
    (lambda: nn.LazyInstanceNorm2d(), nn.InstanceNorm2d, (4, 5, 2, 2), (5,)),
    (lambda: nn.LazyInstanceNorm3d(), nn.InstanceNorm3d, (4, 5, 2, 2, 2), (5,)),
]


@pytest.mark.parametrize(("make", "becomes", "size", "weight"), CASES)
def test_the_first_input_decides(make, becomes, size, weight):
    layer = make()
    parameter = layer.weight
    assert isinstance(parameter, nn.UninitializedParameter)
    assert layer.has_uninitialized_params()
    output = layer(torch.randn(*size))
    assert type(layer) is becomes
    assert layer.weight is parameter
    assert type(parameter) is nn.Parameter
    assert tuple(parameter.shape) == weight
    assert torch.equal(layer(torch.zeros(*size)), layer(torch.zeros(*size)))
    assert output.shape[0] == size[0] or len(size) < 5


def test_the_same_numbers_are_drawn_as_by_the_plain_layer():
    torch.manual_seed(0)
    plain = nn.Linear(5, 3)
    torch.manual_seed(0)
    lazy = nn.LazyLinear(3)
    lazy(torch.zeros(1, 5))
    assert torch.equal(lazy.weight, plain.weight)
    assert torch.equal(lazy.bias, plain.bias)


def test_loading_materialises():
    lazy, plain = nn.LazyBatchNorm1d(), nn.BatchNorm1d(3)
    lazy.load_state_dict(plain.state_dict())
    assert not lazy.has_uninitialized_params()
    assert lazy.running_var.tolist() == [1.0, 1.0, 1.0]
    unknown = nn.LazyLinear(2)
    unknown.load_state_dict(nn.LazyLinear(2).state_dict())
    assert copy.deepcopy(unknown).has_uninitialized_params()


def test_the_shape_cannot_be_asked_for():
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        _ = nn.LazyLinear(2).weight.shape


def test_casts_apply_to_what_comes():
    layer = nn.LazyLinear(2).double()
    assert layer(torch.zeros(1, 3, dtype=torch.float64)).dtype == torch.float64
