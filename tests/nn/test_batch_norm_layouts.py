"""Batch normalisation gives the same wherever channels lie in memory."""

import ferrotorch as torch
import pytest
from ferrotorch import nn

SHAPES = {
    "rows": (nn.BatchNorm1d, (37, 19)),
    "many rows": (nn.BatchNorm1d, (3000, 3)),
    "sequences": (nn.BatchNorm1d, (6, 5, 1)),
    "images": (nn.BatchNorm2d, (5, 17, 6, 7)),
    "volumes": (nn.BatchNorm3d, (3, 9, 4, 3, 5)),
}


def elsewhere(x):
    """The same elements with channels next to one another, behind them a gap."""
    wide = torch.zeros(x.shape[0], *x.shape[2:], x.shape[1] + 3, dtype=x.dtype)
    view = wide[..., : x.shape[1]].movedim(-1, 1)
    return view.copy_(x.detach())


def result(layer, x, factors):
    x = x.detach().requires_grad_()
    y = layer(x)
    grads = torch.autograd.grad((y * factors).sum(), [x, layer.weight, layer.bias])
    return [y, *grads, layer.running_mean.clone(), layer.running_var.clone()]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", SHAPES)
def test_channels_may_lie_anywhere(name, dtype, training):
    torch.manual_seed(0)
    kind, shape = SHAPES[name]
    x, factors = (torch.randn(shape, dtype=torch.float64) * 3 + 5, torch.randn(shape, dtype=torch.float64))
    layers = [kind(shape[1], dtype=d).train(training) for d in (torch.float64, dtype)]
    nn.init.uniform_(layers[0].weight)
    layers[1].load_state_dict(layers[0].state_dict())
    rounded = x.to(dtype)
    # By ops, in double precision.
    dims = [d for d in range(len(shape)) if d != 1]
    wide = rounded.double().requires_grad_()
    mean, var = (wide.mean(dims, keepdim=True), wide.var(dims, keepdim=True, correction=0)) if training else (0.0, 1.0)
    along = (1, -1, *[1] * (len(shape) - 2))
    weight = layers[0].weight.detach().to(dtype).double()
    wanted = (wide - mean) / (var + 1e-5) ** 0.5 * weight.reshape(along)
    (of_x,) = torch.autograd.grad((wanted * factors.to(dtype).double()).sum(), wide)
    tolerance = {torch.float32: 2e-5, torch.float64: 1e-11, torch.bfloat16: 4e-2}[dtype]
    for given in (rounded, elsewhere(rounded)):
        layers[1].reset_running_stats()
        y, grad, of_weight, of_bias, running_mean, running_var = result(layers[1], given, factors.to(dtype))
        torch.testing.assert_close(y.double(), wanted, rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(grad.double(), of_x, rtol=tolerance, atol=tolerance)
        of_rows = factors.to(dtype).double()
        torch.testing.assert_close(of_bias.double(), of_rows.sum(dims), rtol=tolerance, atol=10 * tolerance)
        products = (of_rows * wanted.detach() / weight.reshape(along)).sum(dims)
        torch.testing.assert_close(of_weight.double(), products, rtol=tolerance, atol=50 * tolerance)
        if training and dtype is not torch.bfloat16:
            torch.testing.assert_close(running_mean.double(), 0.1 * wide.mean(dims).detach(), rtol=1e-5, atol=1e-5)
            unbiased = 0.9 + 0.1 * wide.var(dims).detach()
            torch.testing.assert_close(running_var.double(), unbiased, rtol=1e-5, atol=1e-5)


def test_small_variances_beside_large_means():
    torch.manual_seed(0)
    x = (torch.randn(500, 4, dtype=torch.float64) * 1e-2 + torch.tensor([0.0, 1e2, -1e3, 3.0])).float()
    found = nn.BatchNorm1d(4, eps=0.0)(x)
    wide = x.double()
    wanted = (wide - wide.mean(0)) / wide.var(0, correction=0).sqrt()
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=1e-3)
