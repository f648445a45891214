"""Layers that infer sizes from their first input."""

import copy
import pickle

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


WITHOUT_VALUES = {
    "numel": lambda u: u.numel(), "add": lambda u: u + 1, "radd": lambda u: 1 + u, "sum": lambda u: u.sum(),
    "item": lambda u: u[0], "len": len, "iter": list, "eq": lambda u: u == 1, "bool": bool, "add_": lambda u: u.add_(1),
}  # fmt: skip


@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
@pytest.mark.parametrize("use", WITHOUT_VALUES.values(), ids=WITHOUT_VALUES)
def test_what_has_no_values_yet_says_so(kind, use):
    with pytest.raises(ValueError, match=f"uninitialized parameter.*{kind.__name__}.*dummy batch"):
        use(kind())


def test_parameters_of_a_lazy_model_cannot_be_counted():
    with pytest.raises(ValueError, match="uninitialized parameter"):
        sum(p.numel() for p in nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3)).parameters())


@pytest.mark.parametrize("shape", [10, (2, 5)])
def test_materialize(shape):
    parameter = nn.UninitializedParameter(dtype=torch.float64)
    parameter.materialize(shape)
    assert (type(parameter), parameter.numel(), parameter.dtype) == (nn.Parameter, 10, torch.float64)


@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
def test_what_has_no_values_can_be_converted_and_copied(kind):
    empty = kind()
    assert empty.double().dtype == torch.float64
    for other in (copy.deepcopy(empty), pickle.loads(pickle.dumps(empty))):
        assert type(other) is kind


def test_weight_norm_of_a_lazy_layer_is_refused():
    with pytest.warns(FutureWarning), pytest.raises(ValueError, match="can't have uninitialized parameters"):
        nn.utils.weight_norm(nn.LazyLinear(3))


@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
@pytest.mark.parametrize(
    "use",
    [
        lambda x: torch.add(x, 1),
        lambda x: x + x,
        lambda x: 1 - x,
        torch.empty_like,
        nn.functional.relu,
        lambda x: torch.stack([torch.ones(2), x]),
        lambda x: torch.add(torch.ones(2), 1, out=x),
        lambda x: x == x,
        lambda x: x[0],
        len,
    ],
)
def test_functions_refuse_what_has_no_shape(kind, use):
    with pytest.raises(
        ValueError, match=rf"Attempted to use an uninitialized parameter in .*parameter.{kind.__name__}"
    ):
        use(kind())


@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
def test_what_has_no_shape_can_be_asked_for_the_rest(kind):
    x = kind(dtype=torch.float64)
    assert (x.dtype, x.device.type, x.is_floating_point(), x.is_leaf, x.grad) == (
        torch.float64,
        "cpu",
        True,
        True,
        None,
    )
    assert x.half().dtype == torch.float16
    assert hash(x) == hash(x)
    with pytest.raises(RuntimeError, match="Can't share memory on an uninitialized parameter or buffer"):
        x.share_memory_()


def test_modules_share_no_memory_before_they_have_shapes():
    with pytest.raises(RuntimeError, match="Can't share memory on an uninitialized parameter or buffer"):
        nn.LazyLinear(2).share_memory()
