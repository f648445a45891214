"""Weight normalisation by a hook, its removal, its state dicts; memory formats of convolutions."""

import copy

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn import utils
from ferrotorch.nn.utils import parametrizations

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")


def test_the_weight_follows_length_and_direction():
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 2)
    x, before = torch.randn(1, 2, 4, 4), layer.weight.detach().clone()
    want = layer(x)
    assert utils.weight_norm(layer) is layer
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_g", "weight_v"]
    assert layer.weight_g.shape == (3, 1, 1, 1)
    assert torch.allclose(layer(x), want, atol=1e-6) and torch.allclose(layer.weight, before, atol=1e-6)
    with torch.no_grad():
        layer.weight_g.mul_(2)
    assert torch.allclose(
        layer(x) - layer.bias.reshape(1, 3, 1, 1), 2 * (want - layer.bias.reshape(1, 3, 1, 1)), atol=1e-5
    )
    layer(x).sum().backward()
    # The loss does not change along the direction itself.
    along = (layer.weight_v.grad * layer.weight_v).sum((1, 2, 3))
    assert layer.weight_g.grad.abs().sum() > 0 and torch.allclose(along, torch.zeros(3), atol=1e-4)


@pytest.mark.parametrize(("dim", "shape"), [(0, (3, 1)), (1, (1, 2)), (-2, (3, 1)), (None, ())])
def test_dimensions(dim, shape):
    layer = utils.weight_norm(nn.Linear(2, 3), dim=dim)
    assert layer.weight_g.shape == shape
    others = [d for d in range(2) if dim is None or d != dim % 2]
    assert torch.allclose(layer.weight_g, torch.sqrt((layer.weight_v**2).sum(others, keepdim=dim is not None)))


def test_removal():
    layer = utils.weight_norm(nn.Linear(2, 3))
    with torch.no_grad():
        layer.weight_g.mul_(3)
    x = torch.randn(4, 2)
    want = layer(x)
    assert utils.remove_weight_norm(layer) is layer
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight"]
    assert isinstance(layer.weight, nn.Parameter) and torch.allclose(layer(x), want)
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found in Linear"):
        utils.remove_weight_norm(layer)


def test_one_hook_a_parameter():
    layer = utils.weight_norm(nn.LSTM(2, 3), "weight_ih_l0")
    utils.weight_norm(layer, "weight_hh_l0")
    with pytest.raises(RuntimeError, match="two weight_norm hooks on the same parameter weight_hh_l0"):
        utils.weight_norm(layer, "weight_hh_l0")
    assert layer(torch.ones(4, 2))[0].shape == (4, 3)
    with pytest.warns(FutureWarning, match="parametrizations"):
        utils.weight_norm(nn.Linear(2, 2))


def test_state_dicts():
    old = utils.weight_norm(nn.Linear(2, 3))
    again = utils.weight_norm(nn.Linear(2, 3))
    again.load_state_dict(old.state_dict())
    new = parametrizations.weight_norm(nn.Linear(2, 3))
    new.load_state_dict(copy.deepcopy(old.state_dict()))
    x = torch.randn(4, 2)
    assert torch.allclose(again(x), old(x)) and torch.allclose(new(x), old(x), atol=1e-6)
    outer = nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 3)))
    outer.load_state_dict(nn.Sequential(old).state_dict())
    assert torch.allclose(outer(x), old(x), atol=1e-6)
    assert set(new.state_dict()) == {"bias", "parametrizations.weight.original0", "parametrizations.weight.original1"}


def test_memory_formats():
    flat, solid = nn.Conv2d(2, 3, 2), nn.ConvTranspose3d(3, 2, 2)
    model = nn.Sequential(flat, nn.Linear(2, 2), nn.Sequential(solid))
    values = [p.detach().clone() for p in model.parameters()]
    assert utils.convert_conv2d_weight_memory_format(model, torch.channels_last) is model
    assert flat.weight.stride() == (8, 1, 4, 2) and solid.weight.is_contiguous()
    utils.convert_conv3d_weight_memory_format(model, torch.channels_last_3d)
    assert solid.weight.stride() == (16, 1, 8, 4, 2)
    assert all(torch.equal(p, value) for p, value in zip(model.parameters(), values, strict=True))
