"""Spectral normalisation by a hook."""

import ferrotorch as torch
import pytest
from ferrotorch import nn


def test_the_largest_singular_value_becomes_one() -> None:
    torch.manual_seed(0)
    layer = nn.utils.spectral_norm(nn.Linear(4, 3), n_power_iterations=30)
    assert set(layer.state_dict()) == {"bias", "weight_orig", "weight_u", "weight_v"}
    x = torch.ones(1, 4)
    layer(x).sum().backward()
    assert layer.weight_orig.grad.abs().sum() > 0
    # By power iteration of its own: the square of the largest singular value is the largest eigenvalue of the product.
    vector = torch.ones(4)
    for _ in range(200):
        vector = layer.weight.detach().t() @ (layer.weight.detach() @ vector)
        size = vector.norm()
        vector = vector / size
    assert size.item() == pytest.approx(1, rel=1e-4)


def test_vectors_move_in_training_alone() -> None:
    layer = nn.utils.spectral_norm(nn.ConvTranspose2d(2, 3, 2))
    assert layer.weight_u.shape == (3,)
    before = layer.weight_u.clone()
    layer.eval()(torch.ones(1, 2, 2, 2))
    assert torch.equal(layer.weight_u, before)
    layer.train()(torch.ones(1, 2, 2, 2))
    assert not torch.equal(layer.weight_u, before)


def test_it_can_be_removed() -> None:
    layer = nn.utils.spectral_norm(nn.Linear(4, 3))
    layer.eval()
    want = layer(torch.ones(1, 4))
    nn.utils.remove_spectral_norm(layer)
    assert isinstance(layer.weight, nn.Parameter)
    assert torch.allclose(layer(torch.ones(1, 4)), want)
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_spectral_norm(layer)


def test_what_is_refused() -> None:
    layer = nn.utils.spectral_norm(nn.Linear(4, 3))
    with pytest.raises(RuntimeError, match="two spectral_norm hooks"):
        nn.utils.spectral_norm(layer)
    with pytest.raises(ValueError, match="positive"):
        nn.utils.spectral_norm(nn.Linear(4, 3), n_power_iterations=0)
    with pytest.raises(ValueError, match="is None"):
        nn.utils.spectral_norm(nn.Linear(4, 3, bias=False), "bias")
    with pytest.raises(ValueError, match="uninitialized"):
        nn.utils.spectral_norm(nn.LazyLinear(3))
